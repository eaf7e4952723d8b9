"""Chapter 5's frontier: the law is found where there is one, and what the chapter says of compute is what was measured."""

import numpy as np
import pytest

from minivid.chapters.ch05.experiments.frontier import (
    UNIT,
    curves_of,
    drawn_again,
    fitted,
    frontier,
    interval,
    law_table,
    runs_of,
)
from minivid.chapters.ch05.experiments.scaling import FRAMES, LOOKS, RATES, SIZES, config_of, curve, points_of, world_of
from minivid.course import receipt
from minivid.run import clip_of


def law_points(floor, scale, power, n=12):
    operations = UNIT * np.geomspace(1e-3, 10, n)
    return np.stack([operations, floor + scale * (operations / UNIT) ** -power])


@pytest.mark.parametrize(("floor", "power"), [(0.0, 0.3), (0.1, 0.4), (0.05, 0.2)])
def test_a_law_that_holds_is_found(floor, power):
    law = fitted(law_points(floor, 0.2, power))
    assert law.power == pytest.approx(power, abs=0.02) and law.floor == pytest.approx(floor, abs=0.01)


def test_a_law_of_three_numbers_is_not_fitted_to_three_points():
    with pytest.raises(ValueError, match="at least 4 points"):
        fitted(law_points(0.1, 0.2, 0.3, n=3))


def test_on_the_frontier_nothing_is_cheaper_and_as_good():
    cheap, dear = np.array([[1.0, 2.0, 4.0], [0.9, 0.6, 0.5]]), np.array([[2.0, 3.0, 8.0], [0.7, 0.55, 0.2]])
    np.testing.assert_array_equal(frontier([cheap, dear]), [[1, 2, 3, 4, 8], [0.9, 0.6, 0.55, 0.5, 0.2]])


def test_of_equal_runs_every_draw_finds_the_same_law():
    points = law_points(0.1, 0.2, 0.3)
    powers = [law.power for law in drawn_again([points, points], draws=5)]
    assert interval(powers) == pytest.approx((powers[0], powers[0]))


@pytest.mark.parametrize("frames", FRAMES)
def test_every_size_takes_the_clips(frames):
    for size in SIZES:
        config_of(size).check(clip_of(world_of(frames)))


def test_a_run_is_the_same_again_and_counts_its_work():
    once, again = (curve("16 × 2", 4, 10.0, 0, looks=(1, 3)) for _ in range(2))
    assert once == again and once[1].operations == 3 * once[0].operations


def test_the_receipt_has_five_sizes_two_lengths_and_two_seeds_with_a_factor_30_in_compute():
    found = receipt("05_scaling")
    for frames in FRAMES:
        runs = runs_of(found, frames)
        assert {(run["size"], run["seed"]) for run in runs} == {(size, seed) for size in SIZES for seed in (0, 1)}
        assert all(tuple(point.step for point in points_of(run)) == LOOKS for run in runs)
        points = frontier(curves_of(found, frames))
        assert points[0].max() / points[0].min() > 30
        assert all(run["tried"].keys() == {f"{rate:g}" for rate in RATES} for run in runs)
        assert all(run["tried"][f"{run['rate']:g}"] == min(run["tried"].values()) for run in runs)


def test_what_the_chapter_says_of_compute_is_what_was_measured():
    found = receipt("05_scaling")
    for run in found["runs"]:
        assert (run["rate"] == max(RATES)) == (run["size"] != list(SIZES)[-1])
        for point in points_of(run)[2:]:
            assert point.held_out == pytest.approx(point.trained, rel=0.03)
    for frames in FRAMES:
        for size in SIZES:  # held out a hair below, in every row of the table
            last = [points_of(run)[-1] for run in runs_of(found, frames) if run["size"] == size]
            assert sum(point.held_out for point in last) < sum(point.trained for point in last)
        low, high = interval([law.floor for law in drawn_again(curves_of(found, frames))])
        assert low < 0.01 < 0.1 < high
        last = {run["size"]: points_of(run)[-1].held_out for run in runs_of(found, frames) if run["seed"] == 0}
        assert list(last.values()) == sorted(last.values(), reverse=True)
    assert law_table(found).count("not to be told") == len(FRAMES)

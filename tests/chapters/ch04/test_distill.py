"""Quality against the number of steps: what the experiment counts, and that the chapter says what it counted."""

import numpy as np
import pytest
import torch

from minivid import zoo
from minivid.chapters.ch04.experiments import distill
from minivid.chapters.ch04.experiments.distill import (
    HALVED,
    RATES,
    SHORTER,
    STEPS,
    STUDENT,
    TEACHER,
    differences,
    differences_table,
    distill_table,
    drawn,
    next_run,
    off,
    paired_rates,
    share,
    show_steps,
)
from minivid.course import receipt


def test_the_next_student_differs_from_the_zoos_in_its_teacher_its_steps_and_its_training_alone():
    first, run = zoo.recipe(STUDENT), next_run(4, STUDENT)
    assert set(run.differences(first)) == {"guidance", "name", "steps", "student_steps", "teacher"}
    assert run.loss.guidance == 1.0 and run.training.steps * SHORTER == first.training.steps
    assert first.network == zoo.recipe(TEACHER).network and first.worlds == zoo.recipe(TEACHER).worlds


@pytest.mark.parametrize("first", [0.5, 0.9])
@pytest.mark.parametrize("changed", [0.0, 0.05, 0.3])
def test_the_interval_of_a_paired_difference_holds_the_truth_as_often_as_it_says(first, changed):
    chance, held = np.random.default_rng(0), []
    for _ in range(800):
        one = chance.random(100) < first
        two = np.where(chance.random(100) < changed, chance.random(100) < 0.3, one)
        low, high = paired_rates(one.astype(int).tolist(), two.astype(int).tolist())[1:]
        held.append(low <= changed * (0.3 - first) <= high)
    assert np.mean(held) > 0.93


def test_two_equal_lists_leave_something_open():
    middle, low, high = paired_rates([1] * 50, [1] * 50)
    assert middle == 0 and low == -high < -0.02
    assert paired_rates([0, 0, 1, 1], [1, 1, 1, 1])[0] == 0.5
    assert share([1] * 50)[0] == 1 > share([1] * 50)[1] > 0.9


def test_off_is_the_distance_of_clips_of_the_same_noise():
    clips = torch.rand(3, 1, 2, 4, 4)
    moved = clips + torch.tensor([0.0, 0.5, -1.0]).view(3, 1, 1, 1, 1)
    assert off(moved, clips)["off"] == pytest.approx([0, 0.5, 1], abs=1e-6)


def test_clips_are_drawn_once_and_again_where_anything_is_another(tmp_path, monkeypatch):
    model, captions = zoo.load("vdm-small"), ["a 3 moves right, slowly", "a 5 moves up, quickly", "a 1 moves left"]
    monkeypatch.setattr(distill, "TOGETHER", 2)
    first = drawn(model, 1, 3.0, captions, 0, tmp_path)
    assert torch.equal(first[:2], model.sample(captions[:2], seed=0, steps=1, guidance=3.0))
    monkeypatch.setattr(zoo.Model, "sample", lambda *_, **__: torch.zeros(1, 1, 1, 1, 1))
    assert torch.equal(drawn(model, 1, 3.0, captions, 0, tmp_path), first)
    for again in (
        drawn(model, 1, 2.0, captions, 0, tmp_path),
        drawn(model, 1, 3.0, captions, 1, tmp_path),
        drawn(model, 1, 3.0, captions[::-1], 1, tmp_path),
    ):
        assert not again.any()


def test_the_tables_have_a_line_for_each_way_and_each_pair_and_fit_on_a_page():
    found = receipt("04_distill")
    ways, pairs = distill_table(found).splitlines(), differences_table(found).splitlines()
    assert len(ways) == 1 + len(STEPS) + len(found["student"]) + 1 and "real clips" in ways[-1]
    assert [line.split()[:5] for line in pairs[1:4]] == [
        ["8", "steps", "−", steps, "steps"] for steps in ("16", "8", "4")
    ]
    assert len(pairs) == 1 + 3 + 3 + 2
    assert max(map(len, [*ways, *pairs])) <= 100


def test_a_star_stands_where_the_interval_leaves_out_0_and_nowhere_else():
    for (mine, theirs), rates in differences(receipt("04_distill")).items():
        line = next(
            row for row in differences_table(receipt("04_distill")).splitlines() if f"  {mine} steps − {theirs} " in row
        )
        assert line.count("*") == sum(low > 0 or high < 0 for _, low, high in rates.values())


def test_calls_are_those_that_the_network_gets():
    """The teacher, guided, is called twice a step, its student once."""
    found, captions = receipt("04_distill"), ["a 3 moves right, slowly"]
    for who, name in (("teacher", TEACHER), ("student", STUDENT)):
        model, calls = zoo.load(name), []
        model.network.register_forward_pre_hook(lambda *_, calls=calls: calls.append(1))
        steps, guidance = (2, found["guidance"]) if who == "teacher" else (8, model.usual.guidance)
        model.sample(captions, steps=steps, guidance=guidance)
        assert len(calls) == found[who][str(steps)]["calls"]


def test_the_receipt_is_of_the_weights_that_are_here():
    models = receipt("04_distill")["models"]
    assert models[STUDENT] == zoo.load(STUDENT).manifest["sha256"], "`minivid measure 04_distill`: trained again"


def test_the_curves_have_two_panels():
    picture = show_steps(receipt("04_distill"))
    assert [axes.get_title(loc="left") for axes in picture.axes] == list(RATES.values())


def test_what_the_chapter_says_of_students_is_what_was_measured():
    found = receipt("04_distill")
    digits = {pair: rates["digit_always"] for pair, rates in differences(found).items()}
    for equal_calls in (("8", "4"), ("4", "2")):
        middle, low, _ = digits[equal_calls]
        assert low > 0 and middle > 0.1  # far more
    assert all(digits[count, count][1] > 0 for count in ("8", "4", "2"))  # more, in as many steps
    for twice in (("4", "8"), ("2", "4")):
        _, low, high = digits[twice]
        assert low < 0 < high  # hardly told apart
    assert digits["8", "16"][2] < -0.05  # does not reach it
    assert np.mean(found["student"]["8"]["off"]) > np.mean(found["teacher"]["8"]["off"])  # another clip
    ways = [way for who in ("teacher", "student") for way in found[who].values()]
    assert all(np.mean(way["direction"]) > 0.9 for way in ways)
    assert found["training"]["8"]["steps"] == zoo.recipe(STUDENT).training.steps
    assert all(found["training"][str(count)]["steps"] * SHORTER == found["training"]["8"]["steps"] for count in HALVED)
    assert zoo.recipe(STUDENT).training.batch == 4

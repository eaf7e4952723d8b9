"""Long clips in segments: where the borders are, what is measured there, and what the receipt says."""

import pytest
import torch
import torch.nn.functional as F

from minivid import zoo
from minivid.chapters.ch06.experiments import long_clips, more_across, of_the_clips, seams_table, steps_of
from minivid.chapters.ch06.experiments.seams import MODEL, STRIDES, alike, borders, measure_seams
from minivid.course import receipt
from minivid.data import World
from minivid.metrics.distribution import paired_interval

WORLD = World(digit_size=10, frames=24)


def test_borders_are_where_a_segment_begins_or_has_ended():
    assert borders(8) == [8, 16]
    assert borders(6) == [6, 8, 12, 14, 16, 20]  # segments 0–7, 6–13, 12–19, 16–23


def test_a_digit_that_is_put_elsewhere_at_the_borders_steps_further_there_and_is_the_same_digit():
    video = F.pad(WORLD.sample(6, 0).video, (0, 6), value=-1.0)  # room for six pixels to the right
    spliced = torch.cat([video[:, :, :8], video.roll(6, -1)[:, :, 8:16], video[:, :, 16:]], dim=2)
    real, found = of_the_clips(video, 8, WORLD.side), of_the_clips(spliced, 8, WORLD.side)
    assert max(real["step across"]) < 2 < min(found["step across"])
    for what in ("step elsewhere", "alike elsewhere", "first and last alike"):
        assert found[what] == pytest.approx(real[what], abs=1e-3)


def test_another_digit_from_a_border_on_is_less_alike_across_it_and_at_the_end():
    video = WORLD.sample(6, 0).video
    other = torch.cat([video[:, :, :8], video[[1, 2, 3, 4, 5, 0], :, 8:]], dim=2)
    real, found = of_the_clips(video, 8, WORLD.side), of_the_clips(other, 8, WORLD.side)
    for what in ("alike across", "first and last alike"):
        assert sum(found[what]) < sum(real[what]) - 0.5
    assert alike(video, WORLD.side).min() > 0.8


def test_a_clip_of_one_segment_is_what_the_model_draws():
    model = zoo.load(MODEL)
    mine = long_clips(model, 8, 2, seed=3, steps=2, frames=8)
    torch.testing.assert_close(mine, model.sample(None, seed=3, steps=2, guidance=1.0, eta=zoo.ETA, n=2).clamp(-1, 1))


def test_the_receipt_is_of_the_model_that_stands_here_and_of_every_stride():
    found = receipt("06_seams")
    assert found["model"] == zoo.load(MODEL).manifest["sha256"] and list(found["strides"]) == list(
        map(str, sorted(STRIDES))
    )
    assert all(len(of["step across"]) == found["n"] for of in found["strides"].values())


def test_the_table_says_what_the_clips_do():
    found = receipt("06_seams")
    table = seams_table(found)
    for stride in map(str, STRIDES):
        assert f"{more_across(found, stride)[0]:+.2f}" in table


def test_side_by_side_the_digit_jumps_and_with_any_overlap_far_less():
    """What the chapter says of its receipt: most of the jump goes with one frame of overlap, a little stays, whatever the overlap."""
    found = receipt("06_seams")
    side_by_side, *overlapping = (more_across(found, str(stride)) for stride in STRIDES)
    assert all(low > 0 and high < 0.5 * side_by_side[1] for _, low, high in overlapping)
    rows = found["strides"]
    more = {
        n: [a - b for a, b in zip(row["step across"], row["step elsewhere"], strict=True)] for n, row in rows.items()
    }
    _, low, high = paired_interval(more["6"], more["7"])
    assert low < 0 < high  # two frames of overlap: not surely less than one
    assert paired_interval(more["4"], more["6"])[1] > 0  # four: surely more than two
    ends = "first and last alike"
    assert all(0 < paired_interval(rows[n][ends], rows["8"][ends])[0] < 0.1 for n in ("7", "6", "4"))  # only a little


def test_the_measurement_has_a_row_a_stride():
    rows = measure_seams(n=2, steps=1, strides=(8, 4))["strides"]
    assert list(rows) == ["8", "4"] and len(rows["8"]["by frame"]) == 23
    assert steps_of(torch.zeros(1, 1, 3, 8, 8)).shape == (1, 2)

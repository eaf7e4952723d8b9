"""What the chapter says of super-resolution stands in its receipt; and its measures measure."""

from dataclasses import replace

import pytest
import torch

from minivid.adapt.supers import enlarged, smaller
from minivid.chapters.ch06.experiments.supers import WORLDS, more, of_the_clips, shown_large, supers_table
from minivid.chapters.ch06.large import sharpness
from minivid.course.receipt import receipt
from minivid.metrics.reader import fit_reader

PAIRS = (("24", "SR_l^t"), ("48", "SR_h, one noise"))


@pytest.fixture(scope="module")
def found():
    return receipt("06_supers")


@pytest.mark.parametrize(("side", "way"), PAIRS)
def test_both_are_surely_nearer_and_sharper_than_interpolation_and_surely_flicker_more(found, side, way):
    assert more(found, side, way, "bicubic", "off")[2] < 0
    assert more(found, side, way, "bicubic", "sharp")[1] > 0
    assert more(found, side, way, "bicubic", "flicker")[1] > 0
    assert max(found["stages"][side]["rows"][way]["sharp"]) < 1


def test_one_noise_surely_flickers_less_than_a_noise_each_and_nothing_else_is_told_apart(found):
    names = ("48", "SR_h, one noise", "SR_h, a noise each")
    assert more(found, *names, "flicker")[2] < 0
    for what in ("off", "sharp"):
        _, low, high = more(found, *names, what)
        assert low < 0 < high


def test_the_digit_is_read_under_all_of_them(found):
    for stage in found["stages"].values():
        assert all(sum(row["read"]) / found["n"] > 0.98 for row in stage["rows"].values())


def test_the_table_has_a_row_a_way_and_the_clips_are_shown(found):
    assert sum(len(stage["rows"]) for stage in found["stages"].values()) == 9
    assert supers_table(found).count("\n") == 11
    assert {clip.shape for clip in shown_large(found).values()} == {(2, 3, 9, 48, 48)}


def test_blur_is_less_sharp_and_noise_in_each_frame_flickers():
    world = replace(WORLDS["24"], frames=3)
    real = world.sample(4, 0)
    reader = fit_reader(replace(world, split="train"), 0, clips=100)
    assert (sharpness(enlarged(smaller(real.video))) < 0.9 * sharpness(real.video)).all()
    noisy = real.video + 0.1 * torch.randn(real.video.shape, generator=torch.Generator().manual_seed(0))
    still, restless = (of_the_clips(video, real, reader) for video in (real.video, noisy))
    assert still["off"] == [0] * 4 and still["sharp"] == [1] * 4
    assert all(more > 4 * less for more, less in zip(restless["flicker"], still["flicker"], strict=True))

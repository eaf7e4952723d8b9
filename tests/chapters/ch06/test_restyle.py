"""The measurement of Gen-1: its measures on clips whose truth is known, and what the chapter says of its receipt."""

import pytest
import torch

from minivid.chapters.ch06.experiments.restyle import (
    IN_ORDER,
    KINDS,
    MEASURES,
    TRAINING,
    colours,
    covers,
    followed,
    joined,
    overlap,
    pairs,
    restyle_table,
    restyled_clips,
)
from minivid.course import receipt
from minivid.data.captions import COLOURS


@pytest.fixture(scope="module")
def found():
    return receipt("06_gen1")


def test_a_clip_follows_itself_in_all_measures():
    clips = KINDS["ink on a gradient"].sample(4, 0)
    of = followed(clips.video, clips.video, clips.video)
    assert of["overlap"] == [1.0] * 4 and max(of["path"]) < 1e-3 and max(of["ink"]) < 1e-6 and max(of["ground"]) < 1e-6


def test_what_is_taken_for_ink_is_where_ink_is_and_its_colour_the_captions():
    clips = KINDS["ink on black"].sample(16, 2)
    assert overlap(covers(clips.video), (clips.mask[:, 0] > 0.5).float()).min() > 0.8
    ink, ground = colours(clips.video)
    said = torch.tensor([COLOURS[caption.split()[1]] for caption in clips.caption])
    assert (ink - said).norm(dim=1).max() < 0.15 and ground.max() < 0.1


def test_a_shift_of_the_digit_is_its_path_and_no_other_colour():
    clips = KINDS["ink on black"].sample(4, 5)
    moved = followed(clips.video.roll(2, -1), clips.video, clips.video)
    assert max(moved["ink"]) < 1e-5 and max(moved["overlap"]) < 0.8 and min(moved["path"]) > 0.3


def test_content_is_of_another_kind_than_structure_and_both_in_new_handwriting():
    a, b = pairs(6, 1)
    assert joined(a, "video").shape == joined(b, "video").shape == (6, 3, 8, 24, 24)
    darkest = [(colours(joined(part, "video"))[1] > 0.02).any(1).tolist() for part in (a, b)]
    assert darkest[0] != darkest[1]


def test_the_receipt_is_of_the_training_that_stands_here(found):
    assert found["steps"] == TRAINING.steps and sorted(found["rows"]) == sorted(IN_ORDER)
    assert all(len(of[name]) == found["n"] >= 16 for of in found["rows"].values() for name in MEASURES)


def test_the_table_prints_the_receipt_and_its_clips_are_there(found):
    table = restyle_table(found)
    assert all(name in table for name in IN_ORDER)
    clips = restyled_clips(found)
    assert {clip.shape for clip in clips.values()} == {(3, 3, 8, 24, 24)}

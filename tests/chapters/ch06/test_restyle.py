"""The measurement of Gen-1: its measures on clips whose truth is known, and what the chapter says of its receipt."""

from itertools import pairwise
from statistics import mean

import pytest
import torch
import torch.nn.functional as F

from minivid.chapters.ch06.experiments.restyle import (
    BLANK,
    BY_PRIOR,
    BY_TEXT,
    EXCHANGED,
    GUIDED,
    IN_ORDER,
    KINDS,
    LEVELS,
    MEASURES,
    MOST,
    PLAIN,
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
from minivid.metrics.distribution import paired_interval


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
    words = F.normalize(
        torch.tensor(list(COLOURS.values())), dim=1
    )  # soft edges make the ink darker, and no other colour
    nearest = (F.normalize(ink, dim=1) @ words.T).argmax(1).tolist()
    assert [list(COLOURS)[i] for i in nearest] == [caption.split()[1] for caption in clips.caption]
    assert ground.max() < 0.1


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


def difference(found, one, other, measure):
    """The interval of the mean of their differences, pair by pair."""
    rows = {**found["rows"], "another's": found["another's"]}
    _, low, high = paired_interval(rows[one][measure], rows[other][measure])
    return low, high


def test_structure_is_the_clips_and_content_the_pictures(found):
    """Shape and path are A's and hardly hang on the content; ink is B's and does not hang on the blur."""
    rows = found["rows"]
    for other in ("another's", BLANK):
        assert difference(found, EXCHANGED, other, "overlap")[0] > 0.25
        assert difference(found, EXCHANGED, other, "path")[1] < -4
    assert difference(found, BLANK, "another's", "overlap")[1] < 0
    for other in (BY_PRIOR, BY_TEXT, PLAIN):
        assert abs(mean(rows[other]["overlap"]) - mean(rows[EXCHANGED]["overlap"])) < 0.05
        assert abs(mean(rows[other]["path"]) - mean(rows[EXCHANGED]["path"])) < 0.05
    assert difference(found, EXCHANGED, PLAIN, "ink")[1] < -0.15
    assert 0.2 < mean(rows[EXCHANGED]["ink"]) / mean(rows[PLAIN]["ink"]) < 0.3
    assert difference(found, EXCHANGED, PLAIN, "ground")[1] < 0
    assert mean(rows[EXCHANGED]["ground"]) / mean(rows[PLAIN]["ground"]) < 0.5
    low, high = difference(found, BLANK, PLAIN, "ink")
    assert low < 0 < high


def test_each_blur_leaves_less_of_the_shape_and_the_path_and_only_the_last_touches_the_ink(found):
    for one, other in pairwise(LEVELS):
        assert difference(found, one, other, "overlap")[0] > 0.02
        assert difference(found, one, other, "path")[1] < -0.01
        low, high = difference(found, other, one, "ink")
        assert (low > 0) == (other == MOST) and high > 0


def test_guidance_does_harm(found):
    assert difference(found, GUIDED, EXCHANGED, "ink")[0] > 0 and difference(found, GUIDED, EXCHANGED, "path")[0] > 0
    assert difference(found, GUIDED, EXCHANGED, "overlap")[1] < 0
    low, high = difference(found, GUIDED, EXCHANGED, "ground")
    assert low < 0 < high


def test_words_say_the_ink_and_a_gain_by_the_prior_is_not_seen(found):
    for words in (BY_PRIOR, BY_TEXT):
        assert difference(found, words, PLAIN, "ink")[1] < 0 < difference(found, words, EXCHANGED, "ink")[0]
        low, high = difference(found, words, PLAIN, "ground")
        assert low < 0 < high
        assert difference(found, words, EXCHANGED, "ground")[0] > 0
    for measure in ("ink", "ground"):
        low, high = difference(found, BY_PRIOR, BY_TEXT, measure)
        assert low < 0 < high
    assert difference(found, BY_PRIOR, BY_TEXT, "path")[0] > 0

"""What a metric refuses, each in a sentence of its own."""

import numpy as np
import pytest
import torch

from minivid.data import World
from minivid.data.video import from_uint8
from minivid.metrics import inputs

CLIPS = World().sample(2, seed=0).video


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ((CLIPS + 1) / 2, r"lies in \[0, 1\].*2 \* video - 1"),
        ((CLIPS + 1) * 127.5, r"reaches 255.*x / 127.5 - 1"),
        (((CLIPS + 1) * 127.5).byte(), "holds uint8.*from_uint8"),
        (CLIPS[0], "has 4 axes.*expected clips"),
        (CLIPS[:0], "is empty"),
        (torch.where(CLIPS > 0, torch.nan, CLIPS), "not finite"),
        (np.zeros((1, 1, 2, 4, 4)), "is a ndarray"),
    ],
    ids=["unit range", "levels", "bytes", "one clip", "no clip", "nan", "numpy"],
)
def test_what_is_no_video_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        inputs.video(wrong)


def test_a_video_passes_and_its_overshoot_is_cut_off():
    assert torch.equal(inputs.video(CLIPS), CLIPS)
    assert torch.equal(inputs.video(1.3 * CLIPS), (1.3 * CLIPS).clamp(-1, 1))


@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0])
def test_a_constant_video_is_a_video(level):
    assert (inputs.video(torch.full((1, 1, 2, 4, 4), level)) == level).all()


def test_a_pair_has_one_shape():
    with pytest.raises(ValueError, match=r"different shapes, \(2, 1, 8, 16, 16\) and \(2, 1, 7, 16, 16\)"):
        inputs.pair(CLIPS, CLIPS[:, :, 1:])


def test_the_second_of_a_pair_is_named_when_it_is_wrong():
    with pytest.raises(ValueError, match="The second video lies in"):
        inputs.pair(CLIPS, (CLIPS + 1) / 2)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (torch.zeros(1, 5), "those of 1 clip"),
        (torch.zeros(5), r"are \(5,\)"),
        (torch.full((4, 2), torch.nan), "not finite"),
    ],
    ids=["one clip", "no rows", "nan"],
)
def test_what_are_no_features_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        inputs.features(wrong)


def test_features_of_two_networks_are_refused():
    with pytest.raises(ValueError, match="4 and 5 numbers for a clip: they are of two networks"):
        inputs.feature_pair(torch.zeros(3, 4), torch.zeros(3, 5))


def test_bright_clips_made_of_bytes_are_known_by_their_levels():
    levels = torch.randint(140, 256, (2, 1, 8, 16, 16), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    bright = from_uint8(levels.movedim(1, -1).numpy())
    assert torch.equal(inputs.video(bright), bright)
    with pytest.raises(ValueError, match=r"lies in \[0, 1\]"):
        inputs.video(levels / 255)

"""The decoder: what it is at the start, and that its clips come without a word."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from minivid import zoo
from minivid.adapt.supers import smaller
from minivid.chapters.ch06 import decoder
from minivid.chapters.ch06.between import FRAMES, LONGER, given_at
from minivid.chapters.ch06.decoder import (
    FEW,
    SIDE,
    at_half_size,
    decoded,
    filled,
    filling_run,
    partly_shown,
    picture_run,
    pictures,
    unlabelled,
    video_run,
)
from minivid.nn.condition import Cond
from minivid.train import TrainConfig

DIM = 6
SHORT = TrainConfig(steps=1, batch=2, warmup=1)


def see(video):
    """An embedding of pictures that is easily told: the mean colour of each half."""
    assert video.shape[1:] == (3, 1, 24, 24)
    return F.normalize(torch.cat([half.mean((2, 3, 4)) for half in video.chunk(2, dim=3)], dim=1), dim=1)


@pytest.fixture(scope="module")
def image():
    return zoo.load("image-digits")


@pytest.fixture(scope="module")
def models(image):
    """D and the filler after a step each."""
    still_run, still = picture_run(image, see, DIM, SHORT)
    list(still.steps(progress=False))
    run, moving = video_run(still.ema, still_run, see, SHORT)
    list(moving.steps(progress=False))
    fill_run, filling = filling_run(moving.ema, run, see, SHORT)
    list(filling.steps(progress=False))
    return zoo.Model(run, moving.ema.eval()), zoo.Model(fill_run, filling.ema.eval())


@torch.no_grad()
def test_at_half_the_size_it_says_the_mean_of_what_the_image_model_says_of_each_pixel_four_times(image):
    z = torch.randn(2, 3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    level = torch.tensor([0.5, -2.0])
    small = at_half_size(image.network, DIM)
    theirs = image.network(z.repeat_interleave(2, 3).repeat_interleave(2, 4), level)
    torch.testing.assert_close(small(z, level), smaller(theirs), atol=1e-4, rtol=1e-4)
    told = small(z, level, Cond(content=torch.ones(2, DIM)))
    assert torch.equal(told, small(z, level))  # until it has learnt to read it


def test_no_batch_has_a_caption_and_the_embedding_is_of_the_middle_frame():
    clips = LONGER.sample(3, (0, 1)).video
    for draw in (pictures(see), unlabelled(see), partly_shown(see)):
        video, cond = draw(3, (0, 1))
        assert cond.tokens is None and cond.token_mask is None and video.shape[3:] == (SIDE, SIDE)
    video, cond = unlabelled(see)(3, (0, 1))
    assert torch.equal(video, smaller(clips[:, :, ::2])) and video.shape[2] == FEW
    assert torch.equal(cond.content, see(clips[:, :, 4:5]))


def test_the_layers_over_time_are_trained_on_clips_alone(image, monkeypatch):
    """A world whose clips have a video and nothing else: whatever asked for more, a caption or a digit, would fail."""
    only = SimpleNamespace(sample=lambda n, seed: SimpleNamespace(video=LONGER.sample(n, seed).video))
    monkeypatch.setattr(decoder, "LONGER", only)
    small = at_half_size(image.network, DIM)
    _, training = video_run(small, zoo.recipe("image-digits"), see, SHORT)
    before = {name: weight.clone() for name, weight in training.model.named_parameters()}
    list(training.steps(progress=False))
    changed = {name for name, weight in training.model.named_parameters() if not torch.equal(weight, before[name])}
    assert changed and changed <= set(training.model.trained())
    assert not any(name.startswith(("text.", "null_word", "text_to_embed.")) for name in changed)


def test_frames_between_frames_leave_those_that_are_there(models):
    few = decoded(models[0], torch.ones(2, DIM), steps=2)
    many = filled(models[1], few, torch.ones(2, DIM), steps=2)
    assert few.shape == (2, 3, FEW, SIDE, SIDE) and many.shape == (2, 3, FRAMES, SIDE, SIDE)
    assert torch.equal(many[:, :, given_at(2)], few) and few.abs().max() <= 1 and many.abs().max() <= 1

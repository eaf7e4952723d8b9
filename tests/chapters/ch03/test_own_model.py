"""The measure of the student's own model: real clips reach all its marks, still, flickering and disordered ones do not."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from minivid import zoo
from minivid.chapters.ch03.exercises.own_model import CLIPS, EXERCISE, measured


@dataclass(frozen=True)
class Draws(zoo.Model):
    """A model whose clips are real ones of the captions asked for, changed by `change`."""

    change: Callable = lambda video: video

    def sample(self, captions, seed, **_):
        clips = self.world.sample(len(captions), (seed, 1), caption=list(captions))
        return self.change(clips.video)


def points(change) -> dict[str, int]:
    found = measured(Draws(EXERCISE.recipe, nn.Identity(), {}, change), seed=3)
    return {mark.measure: mark.points(found[mark.measure]) for mark in EXERCISE.marks}


def test_real_clips_reach_every_mark():
    assert points(lambda video: video) == {mark.measure: mark.most for mark in EXERCISE.marks}


@pytest.mark.parametrize(
    "change",
    [
        lambda video: video[:, :, :1].expand_as(video),
        lambda video: torch.full_like(video, -1.0),
        lambda video: torch.randn(video.shape, generator=torch.Generator().manual_seed(0)),
    ],
    ids=["still", "black", "noise"],
)
def test_still_pictures_black_and_noise_earn_nothing(change):
    assert points(change) == {mark.measure: 0 for mark in EXERCISE.marks}


def test_each_mark_sees_its_own():
    of_other_captions = points(lambda video: video.roll(1, 0))
    assert of_other_captions == {"digit": 0, "direction": 0, "moving": 2}
    mirrored = points(lambda video: video.flip(4))
    assert mirrored["direction"] == 0 and mirrored["digit"] < 2
    scattered = points(lambda video: torch.cat([video[:, :, :4], video[:, :, 4:].roll(1, 0)], dim=2))
    assert scattered["direction"] == 2 and scattered["digit"] == scattered["moving"] == 0


def test_it_is_of_the_laptop_s_recipe_and_fits_into_its_minute():
    assert EXERCISE.recipe == zoo.recipe("vdm-laptop") and EXERCISE.points == 6 and CLIPS == 60
    assert EXERCISE.least_steps <= EXERCISE.recipe.training.steps

"""Gen-1's structure and content: what is told, what is not, and that a network is trained on both."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from minivid import zoo
from minivid.adapt.controlnet import edges
from minivid.chapters.ch06.structure import (
    BLURS,
    batches,
    embedded,
    nearness,
    restyled,
    restyler,
    structure,
    structure_of,
    told,
)
from minivid.data.world import World
from minivid.judges import FILMED
from minivid.nn.condition import Cond
from minivid.train import TrainConfig

TWO = replace(FILMED[3], background="black")


def test_the_nearer_digit_is_one_the_farther_a_half_and_the_ground_nothing():
    clips = TWO.sample(6, 0)
    near = nearness(clips)
    assert near.min() == 0 and near.max() <= 1 + 1e-6
    for clip in range(6):
        for digit in range(2):
            value = 1 - clips.depth[clip, digit].item() / 2
            covered = clips.mask[clip, digit] > 0.999
            torch.testing.assert_close(
                near[clip][covered], torch.full_like(near[clip][covered], value), atol=2e-3, rtol=0
            )
        ground = clips.mask[clip, -1] > 0.999
        assert near[clip][ground].max() < 2e-3


def test_structure_knows_nothing_of_colour_ground_or_glow():
    """The same motion and writing in other looks has the same structure."""
    plain = World(frames=4, size=24, digit_size=14, colour=True)
    levels = torch.tensor([0, 2, 5])
    same = [
        structure_of(world.sample(3, 7), levels)
        for world in (plain, replace(plain, neon=True), replace(plain, background="gradient"))
    ]
    torch.testing.assert_close(same[1], same[0])
    torch.testing.assert_close(same[2], same[0])
    torch.testing.assert_close(
        same[0][0], torch.stack([nearness(plain.sample(3, 7))[0], edges(nearness(plain.sample(3, 7)))[0]])
    )


def test_more_blur_leaves_less_of_the_edges():
    near = nearness(TWO.sample(4, 1))
    steep = [structure(near, edges(near), torch.full((4,), level)).diff(dim=-1).abs().mean() for level in BLURS]
    assert all(more > 1.2 * less for more, less in pairwise(steep))


def test_a_batch_tells_of_each_clip_its_structure_its_level_and_one_of_its_frames():
    video, cond = batches(8, (0, 0, 0))
    assert video.shape == (8, 3, 8, 24, 24) and cond.known.shape == (8, 2, 8, 24, 24)
    assert set(cond.numbers.flatten().tolist()) <= set(map(float, BLURS)) and cond.tokens is None
    frames = torch.stack([embedded(video[:, :, i]) for i in range(8)])
    off = (frames - cond.content).abs().amax(2)
    assert (off.min(0).values < 1e-5).all()


@pytest.fixture(scope="module")
def image():
    return zoo.load("image-digits")


def test_at_first_it_is_the_image_model_whatever_is_told(image):
    _, training = restyler(image, TrainConfig(steps=1, batch=2, warmup=1))
    (video, cond), level = batches(2, (0, 0, 0)), torch.zeros(2)
    with torch.no_grad():
        torch.testing.assert_close(training.model(video, level, cond), image.network(video, level))


def test_after_some_steps_both_are_heard_and_a_picture_that_is_dropped_is_not(image):
    run, training = restyler(image, TrainConfig(steps=3, batch=2, warmup=1))
    list(training.steps(progress=False))
    model = zoo.Model(run, training.model.eval())
    _, cond = batches(2, (0, 1, 0))
    drawn, other = (restyled(model, one, steps=2) for one in (cond, replace(cond, content=cond.content.flip(0))))
    assert drawn.shape == (2, *model.shape) and not torch.allclose(drawn, other)
    assert not torch.allclose(drawn, restyled(model, replace(cond, known=cond.known.flip(0)), steps=2))
    silent = told(cond.known, cond.numbers[:, 0].long(), torch.zeros_like(cond.content))
    dropped = cond.keep(torch.zeros(2, dtype=torch.bool))
    torch.testing.assert_close(restyled(model, silent, steps=2), restyled(model, dropped, steps=2))
    assert isinstance(silent, Cond)

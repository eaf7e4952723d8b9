"""Looks change what is seen and nothing else."""

import pytest
import torch

from minivid.data import World
from minivid.data.world import look
from minivid.tools.seeds import generator


@pytest.mark.parametrize("kind", ["gradient", "clouds", "checks"])
@pytest.mark.parametrize("coloured", [False, True])
def test_a_background_slides_by_whole_pixels_unchanged(kind, coloured):
    pan = torch.tensor([[2.0, -1.0], [-3.0, 0.0]])
    behind = look.background(kind, torch.arange(4.0), pan, 24, 20, coloured, generator(0, "background"))
    assert behind.shape == (2, 3 if coloured else 1, 4, 24, 20)
    # A camera that moves right and up sees the scene move left and down.
    assert torch.allclose(behind[0, :, 1:, 1:, :-2], behind[0, :, :-1, :-1, 2:], atol=1e-4)
    assert torch.allclose(behind[1, :, 1:, :, 3:], behind[1, :, :-1, :, :-3], atol=1e-4)
    assert behind.std((-1, -2)).amax(1).min() > 0.01, "and there is something to see"


@pytest.mark.parametrize("coloured", [False, True])
def test_backgrounds_are_darker_than_ink(coloured):
    for kind in ("gradient", "clouds", "checks"):
        behind = look.background(kind, torch.zeros(1), torch.zeros(64, 2), 16, 16, coloured, generator(1, "background"))
        assert behind.min() >= 0 and behind.max() < 0.4


def test_light_is_a_pool_that_moves():
    lit = look.light(torch.arange(8.0), 8, 32, 32, 16, generator(0, "light"))
    assert lit.min() >= 0.4 and lit.max() <= 1
    brightest = lit[:, 0].flatten(2).argmax(2)
    x, y = (brightest % 32).float(), (brightest // 32).float()
    gone = torch.hypot(x[:, -1] - x[:, 0], y[:, -1] - y[:, 0])
    assert (gone > 4).float().mean() > 0.7


def test_grey_ink_is_brighter_the_nearer_and_coloured_ink_has_its_colour():
    clips = World(digits=3).sample(8, seed=0)
    greys = look.ink(torch.zeros(8, 3, dtype=torch.long), clips.depth, coloured=False)[..., 0]
    assert torch.equal(greys.argsort(1, descending=True), clips.depth.argsort(1))
    red = World(colour=True).sample(1, seed=0, caption="a red 3 moves right").video[0, :, 0].amax((1, 2))
    assert red[0] > 0.5 and red[1] < -0.3 and red[2] < -0.3


DRESSES = {
    "texture": {"texture": True},
    "background": {"background": "checks"},
    "light": {"light": True},
    "pan": {"background": "clouds", "pan": 2.0},
    "colour": {"colour": True},
    "neon": {"neon": True},
}


@pytest.mark.parametrize("dress", DRESSES)
def test_the_same_seed_shows_the_same_motion_in_every_dress(dress):
    plain, dressed = World().sample(8, seed=5), World(**DRESSES[dress]).sample(8, seed=5)
    for truth in ("position", "velocity", "mask", "digit", "index"):
        assert torch.equal(getattr(plain, truth), getattr(dressed, truth))
    assert (dressed.video - plain.video).abs().max() > 0.1


def test_neon_is_white_where_the_ink_is_and_glows_in_its_colour_around():
    plain, neon = (
        World(size=24, digit_size=14, colour=True, neon=lit).sample(1, 0, "a red 1 moves right")
        for lit in (False, True)
    )
    ink, video = plain.mask[0, 0], (neon.video[0] + 1) / 2  # t h w, c t h w
    inside, outside = ink > 0.95, (ink == 0) & (video.amax(0) > 0.1)
    assert inside.any() and video[:, inside].min() > 0.9
    red, green, blue = video[:, outside]
    assert (red > 2 * green).all() and (red > 2 * blue).all()
    rows = ink.amax((0, 2)).nonzero(), video.amax((0, 1, 3)).nonzero()
    assert rows[0].min() - rows[1].min() <= 2 and rows[1].max() - rows[0].max() <= 2


def test_motion_blur_moves_nothing():
    plain, blurred = World().sample(8, seed=5), World(motion_blur=1.0).sample(8, seed=5)
    assert torch.equal(plain.position, blurred.position) and torch.equal(plain.velocity, blurred.velocity)
    assert (blurred.video - plain.video).abs().max() > 0.1


def test_texture_moves_with_its_digit():
    world = World(size=32, texture=True, slowly=(1, 1), quickly=(2, 2), frames=3)
    clips = world.sample(8, seed=0, caption="a 0 moves right, slowly")
    plain = World(size=32, slowly=(1, 1), quickly=(2, 2), frames=3).sample(8, seed=0, caption="a 0 moves right, slowly")
    assert torch.allclose(clips.video[..., 1:, :, 1:], clips.video[..., :-1, :, :-1], atol=1e-4)
    assert (clips.video - plain.video).abs().max() > 0.3


def test_motion_blur_is_the_mean_of_what_is_seen_while_the_shutter_is_open():
    slow = World(size=32, frames=3, slowly=(0.1, 0.1), quickly=(1.5, 1.5), motion_blur=1.0)
    blurred = slow.sample(8, seed=0, caption="a 4 moves right, quickly")
    shape, at = blurred.mask[:, 0, 1], torch.arange(32.0)
    spread = ((shape.sum(1) * (at - blurred.position[:, 1, 0, :1]) ** 2).sum(1) / shape.sum((1, 2))).mean()
    sharp = World(size=32, frames=3, slowly=(0.1, 0.1), quickly=(1.5, 1.5)).sample(8, 0, "a 4 moves right, quickly")
    assert torch.equal(sharp.velocity, blurred.velocity)
    shape = sharp.mask[:, 0, 1]
    before = ((shape.sum(1) * (at - sharp.position[:, 1, 0, :1]) ** 2).sum(1) / shape.sum((1, 2))).mean()
    # A uniform smear of length L adds L^2/12 to the variance along the motion.
    assert (spread - before).item() == pytest.approx(1.5**2 / 12, rel=0.1)
    tall = [((c.mask[:, 0, 1].sum(2) * (at - c.position[:, 1, 0, 1:]) ** 2).sum(1)).mean() for c in (blurred, sharp)]
    assert tall[0].item() == pytest.approx(tall[1].item(), rel=1e-2), "and nothing across it"

"""Films by a control and a motion module: what they equal where one of the two is missing, and what is counted of them."""

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch07.films import GUIDANCE, STEPS
from minivid.chapters.ch07.joined import WORLD, around_the_centre, joined, kept
from minivid.chapters.ch07.steered import edges_of, steered
from minivid.nn.attention import keys

CLIPS = WORLD.sample(12, seed=4)
ONE = CLIPS.caption[:1]
EDGES = edges_of(CLIPS)[:1, :, :2]


@pytest.fixture(scope="module")
def steerer():
    return zoo.load("control-digits")


@pytest.fixture(scope="module")
def module():
    return zoo.load("motion-digits")


def test_without_a_control_it_is_the_motion_model_s_own_film(steerer, module):
    z = torch.randn((1, 3, 2, 24, 24), generator=torch.Generator().manual_seed(6))
    *_, (film, _) = module.path(z, ONE, STEPS, GUIDANCE)
    made = joined(steerer, module, ONE, None, seed=6, frames=2)
    torch.testing.assert_close(made, film.clamp(-1, 1), atol=1e-3, rtol=0)


def test_without_a_module_from_one_noise_it_is_text2video_zero_s_film_under_a_control(steerer, monkeypatch):
    noise = torch.randn((1, 3, 2, 24, 24), generator=torch.Generator().manual_seed(6))[:, :, :1]
    monkeypatch.setattr(zoo.Model, "noise", lambda *_: noise)
    theirs = steered(steerer, ONE, EDGES)
    made = joined(steerer, None, ONE, EDGES, keys.first_frame, seed=6, one_noise=True, frames=2)
    torch.testing.assert_close(made, theirs, atol=1e-3, rtol=0)


def test_the_module_changes_what_each_frame_becomes_under_its_control(steerer, module):
    both, alone = (joined(steerer, which, ONE, EDGES, seed=6, frames=2) for which in (module, None))
    assert (both - alone).abs().amax((0, 1, 3, 4)).min() > 0.05


def test_a_digit_that_only_moves_is_one_thing():
    still = CLIPS.video[:, :, :1].expand(-1, -1, 2, -1, -1).clone()
    still[:, :, 1] = still[:, :, 1].roll((1, -1), (-2, -1))
    inside = (CLIPS.position[:, 0, 0] > 8).all(1) & (CLIPS.position[:, 0, 0] < 15).all(1)
    found = kept(still[inside])
    assert inside.sum() > 1 and found.same.all()
    assert found.alike.min() > 0.999 and found.flicker.max() < 1e-3
    world = kept(CLIPS.video)
    assert world.alike.min() > 0.97 and world.flicker.max() < 0.03


def test_another_light_flickers_and_is_alike_and_another_digit_is_not():
    dimmed = CLIPS.video.clone()
    dimmed[:, :, 1::2] = (dimmed[:, :, 1::2] + 1) * 0.9 - 1
    world, found = kept(CLIPS.video), kept(dimmed)
    assert (found.flicker > world.flicker + 0.004).all()
    torch.testing.assert_close(found.alike, world.alike, atol=0.01, rtol=0)
    other = CLIPS.video.clone()
    other[:, :, 1::2] = other.roll(1, 0)[:, :, 1::2]
    differs = CLIPS.digit[:, 0] != CLIPS.digit.roll(1, 0)[:, 0]
    found = kept(other[differs])
    assert found.alike.max() < 0.95 and not found.same.any()


def test_what_is_cut_out_is_around_the_ink_and_in_colour():
    cut = around_the_centre(CLIPS.video[:3])
    assert cut.shape == (3, 3, WORLD.frames, WORLD.digit_size, WORLD.digit_size)
    assert cut.min() >= 0 and cut.amax((1, 3, 4)).min() > 0.5

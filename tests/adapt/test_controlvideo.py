"""ControlVideo: whom a frame reaches, which frames are made anew, and what a long film costs."""

import pytest
import torch

from minivid.adapt.controlnet import controlled, copied
from minivid.adapt.controlvideo import (
    along_flow,
    control_video,
    first_and_last,
    hierarchical,
    interleaved,
    key_frames,
)
from minivid.adapt.zeroshot import looking_at
from minivid.data.world import World
from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import COSINE
from minivid.motion.interpolate import average
from minivid.nn import Cond
from minivid.nn.attention import keys
from minivid.nn.unet import UNet, UNetConfig

CONFIG = UNetConfig(channels=3, widths=(8, 16), heads=2, temporal=False)
LEVEL = torch.zeros(1)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def shaken(network):
    with torch.no_grad():
        for i, weight in enumerate(network.parameters()):
            weight.copy_(noise(*weight.shape, seed=i) / max(1, weight[0].numel()) ** 0.5)
    return network.eval()


@pytest.fixture
def image() -> UNet:
    return shaken(UNet(CONFIG)).requires_grad_(False)


def reached(model, frame: int, frames: int = 9) -> list[int]:
    """Which frames of the output change with this one of the input."""
    z = noise(1, 3, frames, 8, 8)
    other = z.clone()
    other[:, :, frame] += 1
    change = (model(other, LEVEL) - model(z, LEVEL)).abs().amax((0, 1, 3, 4))
    return change.gt(1e-6).nonzero().flatten().tolist()


def numbered(frames: int) -> torch.Tensor:
    """A clip whose frames are their numbers, squared."""
    return (torch.arange(frames).float() ** 2)[None, None, :, None, None].expand(2, 1, -1, 3, 3)


@pytest.mark.parametrize(
    ("frames", "parity", "anew"),
    [(7, 1, [1, 3, 5]), (7, 0, [2, 4]), (6, 1, [1, 3]), (6, 0, [2, 4]), (2, 1, []), (1, 0, [])],
)
def test_every_other_frame_is_made_anew_of_its_neighbours_and_the_ends_stand(frames, parity, anew):
    x = numbered(frames)
    out = interleaved(x, 1 - parity, average)
    changed = (out - x).abs().amax((0, 1, 3, 4)) > 0
    assert changed.nonzero().flatten().tolist() == anew
    assert all((out[:, :, k] == ((k - 1) ** 2 + (k + 1) ** 2) / 2).all() for k in anew)


def test_both_parities_meet_all_frames_between():
    x = numbered(8)
    out = interleaved(interleaved(x, 30, average), 31, average)
    assert ((out - x).abs().amax((0, 1, 3, 4)) > 0).tolist() == [False, *[True] * 6, False]


def test_a_frame_between_is_what_the_caller_says():
    out = interleaved(numbered(5), 2, lambda before, after: before - after)
    assert out[0, 0, :, 0, 0].tolist() == [0, -4, 4, 4 - 16, 16]


def test_along_its_flow_a_moving_digit_is_shown_once():
    clip = World(frames=3, size=24, digit_size=14, quickly=(1.4, 1.5), speeds=("quickly",)).sample(8, 0).video
    before, middle, after = clip.unbind(2)
    flow, mean = ((between(before, after) - middle).square().mean() for between in (along_flow, average))
    assert flow < 0.5 * mean
    torch.testing.assert_close(along_flow(before, before), before, atol=1e-4, rtol=0)


def test_without_smoothing_it_is_ddim_from_one_noise(image):
    network, z = looking_at(image, keys.all_frames), noise(1, 3, 1, 8, 8)
    film = sample(control_video(network, z, 3, COSINE, Objective.V, 4, smooth=()))
    plain = sample(ddim(network, z.expand(-1, -1, 3, -1, -1), COSINE, Objective.V, 4))
    torch.testing.assert_close(film, plain)


def test_of_one_noise_and_no_control_all_frames_are_one_picture(image):
    z = noise(1, 3, 1, 8, 8)
    film = sample(control_video(looking_at(image, keys.all_frames), z, 4, COSINE, Objective.V, 4, smooth=(1, 2)))
    plain = sample(ddim(image, z, COSINE, Objective.V, 4))
    torch.testing.assert_close(film, plain.expand_as(film), atol=1e-4, rtol=1e-4)


def test_smoothing_acts_on_the_guess_and_leaves_the_noise(image):
    """At the paper's steps: at an even one the odd frames, at an odd one the even frames."""
    model = controlled(image, shaken(copied(image)))
    cond = Cond(control=noise(1, 2, 6, 8, 8, seed=5).abs())
    for step, anew in ((2, [1, 3]), (3, [2, 4])):
        smooth, plain = (
            list(control_video(model, noise(1, 3, 1, 8, 8), 6, COSINE, Objective.V, 6, cond, steps))
            for steps in ((step,), ())
        )
        for i in range(step):
            assert torch.equal(smooth[i][0], plain[i][0])
        change = (smooth[step][1] - plain[step][1]).abs().amax((0, 1, 3, 4))
        assert change.gt(1e-6).nonzero().flatten().tolist() == anew
        alpha, _ = COSINE.alpha_sigma(COSINE.logsnr(torch.linspace(1, 0, 7))[step + 1])
        torch.testing.assert_close(smooth[step][0] - plain[step][0], alpha * (smooth[step][1] - plain[step][1]))


def test_a_step_that_there_is_not_is_refused(image):
    with pytest.raises(ValueError, match="from 0 to 3"):
        list(control_video(image, noise(1, 3, 1, 8, 8), 2, COSINE, Objective.V, 4, smooth=(4,)))


@pytest.mark.parametrize(
    ("frames", "every", "chosen"), [(9, 4, [0, 4, 8]), (10, 4, [0, 4, 8, 9]), (1, 4, [0]), (3, 1, [0, 1, 2])]
)
def test_the_last_frame_is_always_a_key(frames, every, chosen):
    assert key_frames(frames, every) == chosen
    with pytest.raises(ValueError, match="from 1 on"):
        key_frames(frames, 0)


def two_storeys(image, every: int):
    return hierarchical(looking_at(image, keys.all_frames), looking_at(image, first_and_last), every)


def test_a_key_frame_reaches_all_keys_and_the_frames_of_its_own_segments(image):
    model = two_storeys(image, 4)
    assert reached(model, 4) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert reached(model, 0) == [0, 1, 2, 3, 4, 8]
    assert reached(model, 8) == [0, 4, 5, 6, 7, 8]
    assert reached(model, 2) == [2] and reached(model, 5) == [5]


def test_with_every_frame_a_key_it_is_full_attention(image):
    z = noise(2, 3, 5, 8, 8)
    full = looking_at(image, keys.all_frames)(z, torch.zeros(2))
    torch.testing.assert_close(two_storeys(image, 1)(z, torch.zeros(2)), full)


def test_on_one_frame_it_is_the_image_model(image):
    z = noise(1, 3, 1, 8, 8)
    torch.testing.assert_close(two_storeys(image, 4)(z, LEVEL), image(z, LEVEL))


def test_it_never_sees_more_frames_than_keys_or_a_segment(image):
    seen = []

    def counting(z, t, cond=None):
        seen.append(z.shape[2])
        return torch.zeros_like(z)

    hierarchical(counting, counting, 8)(noise(1, 3, 64, 8, 8), LEVEL)
    assert max(seen) == 9 and len(seen) == 1 + 8


def test_a_frame_s_control_and_level_go_with_it(image):
    model = controlled(image, shaken(copied(image)))
    control, level = noise(1, 2, 7, 8, 8, seed=3).abs(), torch.linspace(-2, 2, 7)[None]
    z = noise(1, 3, 7, 8, 8)
    torch.testing.assert_close(
        hierarchical(model, model, 3)(z, level, Cond(control=control)), model(z, level, Cond(control=control))
    )

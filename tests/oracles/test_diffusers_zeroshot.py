"""Text2Video-Zero's pieces against those of diffusers' pipeline, and where we depart from it on purpose."""

import sys

import pytest
import torch

from minivid.adapt.zeroshot import motion_field, moved, noised_further
from minivid.diffusion.schedule import Schedule
from minivid.nn.attention import keys
from minivid.tools.compat import import_torchvision

pytest.importorskip("diffusers")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def theirs():
    import_torchvision()
    from diffusers import TextToVideoZeroPipeline

    return sys.modules[TextToVideoZeroPipeline.__module__]


def test_the_field_is_theirs(theirs):
    field = theirs.create_motion_field(3.0, -2.0, range(4), "cpu", torch.float32)
    assert torch.equal(field[:, :, 0, 0], motion_field((3.0, -2.0), 4))


def test_content_moves_against_their_flow_and_with_ours(theirs):
    """Their flow says where a pixel looks, in 512ths of the picture; away from the border ours looks at −δ."""
    z = torch.randn(1, 2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    pixel = 512 / 16
    flow = theirs.create_motion_field(2 * pixel, 0.0, [1], "cpu", torch.float32)
    found = theirs.warp_single_latent(z[:, :, 0], flow)
    ours = moved(z, torch.tensor([[-2.0, 0.0]]))[:, :, 0]
    assert torch.equal(found[..., 2:-3, 2:-3], ours[..., 2:-3, 2:-3])


def test_zero_flow_is_the_identity_in_ours_at_any_size_and_in_theirs_at_512_alone(theirs):
    """Their coordinates are x/W where the picture's centres are (x + ½)/W; averaged down from 512 the half is all but there."""
    z = torch.randn(1, 2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    drawn = theirs.create_motion_field(0.0, 0.0, [0], "cpu", torch.float32)
    assert torch.equal(theirs.warp_single_latent(z[:, :, 0], drawn), z[:, :, 0])
    assert not torch.equal(theirs.warp_single_latent(z[:, :, 0], torch.zeros(1, 2, 16, 16)), z[:, :, 0])
    assert torch.equal(moved(z, torch.zeros(1, 2)), z)


def test_noise_goes_forward_by_the_steps_between_and_theirs_begins_one_early():
    """From t₀ to t₁ the product of α runs over t₀ + 1 … t₁; `alphas[t0:t1]` runs over t₀ … t₁ − 1."""
    from diffusers import DDPMScheduler

    scheduler = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    bars, t0, t1 = scheduler.alphas_cumprod.double(), 200, 300
    kept = (bars[t1] / bars[t0]).sqrt()
    level = lambda t: torch.log(bars[t] / (1 - bars[t]))  # noqa: E731
    one, zero = torch.ones(1, 1, 1, 1, 1, dtype=torch.float64), torch.zeros(1, 1, 1, 1, 1, dtype=torch.float64)
    schedule = Schedule(lambda u: u)
    torch.testing.assert_close(noised_further(one, level(t0), level(t1), schedule, zero).squeeze(), kept)
    torch.testing.assert_close(
        noised_further(zero, level(t0), level(t1), schedule, one).squeeze(), (1 - kept**2).sqrt()
    )
    right, published = (scheduler.alphas[a:b].double().prod().sqrt() for a, b in ((t0 + 1, t1 + 1), (t0, t1)))
    torch.testing.assert_close(right, kept, rtol=1e-5, atol=0)
    assert (published - kept).abs() > 10 * (right - kept).abs()


def test_the_first_frames_keys_are_theirs(theirs):
    x = torch.randn(2 * 3, 5, 4, generator=torch.Generator().manual_seed(0))  # (b t) n c, as theirs folds them
    frames = theirs.rearrange_3(x, 3)
    expected = theirs.rearrange_4(frames[:, [0] * 3])
    assert torch.equal(keys.first_frame(x, 3), expected)

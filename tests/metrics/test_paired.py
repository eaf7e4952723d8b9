"""Paired metrics: what is known of them without anyone's code."""

import math

import pytest
import torch
from torch import nn

from minivid.data import World
from minivid.metrics.paired import from_package, lpips_distance, psnr, ssim, trunk_of

CLIPS = World(frames=4).sample(3, seed=0).video
PIXELS = lambda images: [images]  # noqa: E731, the least of all trunks


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3, 2), nn.ReLU(inplace=True)
    )


def test_an_error_of_a_hundredth_of_the_range_is_40_decibels():
    assert psnr(CLIPS * 0.5, CLIPS * 0.5 + 0.02).tolist() == pytest.approx([40.0] * 3, abs=1e-4)


def test_a_clips_psnr_is_the_mean_over_its_frames_and_not_that_of_the_pooled_error():
    a = torch.zeros(1, 1, 2, 16, 16)
    b = torch.stack([a[:, :, 0] + 0.2, a[:, :, 0] - 0.02], dim=2)  # 20 dB and 40 dB
    pooled = 10 * math.log10(4 / ((0.2**2 + 0.02**2) / 2))
    assert psnr(a, b).item() == pytest.approx(30, abs=1e-4) and pooled < 23.1


def test_equal_clips_are_as_near_as_can_be():
    assert psnr(CLIPS, CLIPS).isinf().all()
    assert torch.allclose(ssim(CLIPS, CLIPS), torch.ones(3))
    assert torch.equal(lpips_distance(CLIPS, CLIPS, trunk_of(network())), torch.zeros(3))


def test_ssim_of_two_constant_clips_is_its_luminance_term_of_brightness_above_black():
    a, b = torch.full((1, 1, 1, 16, 16), 0.5), torch.full((1, 1, 1, 16, 16), -0.25)
    x, y, c1 = 0.75, 0.375, 0.01**2
    assert ssim(a, b).item() == pytest.approx((2 * x * y + c1) / (x**2 + y**2 + c1), abs=1e-6)


def test_ssim_sees_structure_where_psnr_sees_none():
    """A shift of brightness and noise, of the same squared error."""
    clips = CLIPS * 0.7
    shifted, noisy = clips + 0.2, clips + 0.2 * torch.randn(CLIPS.shape).sign()
    assert torch.allclose(psnr(clips, shifted), psnr(clips, noisy), atol=0.01)
    assert (ssim(clips, shifted) > ssim(clips, noisy) + 0.05).all()


@pytest.mark.parametrize("metric", [psnr, ssim, lambda a, b: lpips_distance(a, b, trunk_of(network()))])
def test_each_clip_has_its_own_value(metric):
    noisy = CLIPS.clone()
    noisy[1] += 0.3 * torch.randn(noisy[1].shape)
    together = metric(CLIPS, noisy.clamp(-1, 1))
    alone = torch.cat([metric(CLIPS[i : i + 1], noisy[i : i + 1].clamp(-1, 1)) for i in range(3)])
    assert together.shape == (3,) and torch.allclose(together, alone, atol=1e-5)


def test_lpips_is_summed_over_layers_and_batches_do_not_matter():
    a, b = CLIPS, CLIPS.roll(1, 0)
    one = lpips_distance(a, b, PIXELS)
    assert torch.allclose(lpips_distance(a, b, lambda x: [x, x, x]), 3 * one)
    assert torch.equal(lpips_distance(a, b, PIXELS, batch=5), one)


def test_lpips_does_not_see_how_strong_a_feature_is():
    assert torch.allclose(lpips_distance(CLIPS, CLIPS * 0.3, PIXELS), torch.zeros(3), atol=1e-6)


def test_lpips_weights_its_channels():
    a, b = torch.zeros(1, 2, 1, 4, 4), torch.zeros(1, 2, 1, 4, 4)
    a[:, 0], b[:, 1] = -1.0, -0.5  # orthogonal unit vectors: each channel differs by one
    assert lpips_distance(a, b, PIXELS).item() == pytest.approx(2)
    assert lpips_distance(a, b, PIXELS, [torch.tensor([3.0, 0.5])]).item() == pytest.approx(3.5)
    with pytest.raises(ValueError, match="weights for 2 layers; the trunk shows 1"):
        lpips_distance(a, b, PIXELS, [torch.ones(2), torch.ones(2)])


def test_a_chain_of_layers_shows_each_activation_before_the_next_changes_it():
    chain = network()
    shown = trunk_of(chain)(CLIPS[:, :, 0])
    assert [maps.shape[1:] for maps in shown] == [(8, 16, 16), (8, 7, 7)]
    assert torch.equal(shown[0], chain[:2](CLIPS[:, :, 0]))


@pytest.mark.parametrize("metric", [psnr, ssim, lambda a, b: lpips_distance(a, b, PIXELS)])
def test_other_units_and_other_shapes_are_refused(metric):
    with pytest.raises(ValueError, match=r"The first video lies in \[0, 1\]"):
        metric((CLIPS + 1) / 2, CLIPS)
    with pytest.raises(ValueError, match="different shapes"):
        metric(CLIPS, CLIPS[:2])


def test_small_frames_are_refused_by_what_cannot_see_them():
    with pytest.raises(ValueError, match=r"window of 11×11 pixels; these frames are \(10, 16\)"):
        ssim(CLIPS[..., :10, :], CLIPS[..., :10, :])

    class Package(nn.Module):
        lins = ()

    with pytest.raises(ValueError, match=r"32×32 pixels; these frames are \(16, 16\)"):
        lpips_distance(CLIPS, CLIPS, *from_package(Package()))

"""Relative positions, masked temporal attention, the posterior and the cosine schedule against video-diffusion-pytorch."""

import pytest
import torch

from minivid.diffusion.bound import posterior
from minivid.diffusion.schedule import cosine_logsnr
from minivid.nn.attention.core import TIME, Attention
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias

video_diffusion_pytorch = pytest.importorskip("video_diffusion_pytorch.video_diffusion_pytorch")


@pytest.mark.parametrize("frames", [1, 5, 40, 200])
def test_relative_position_bias(frames):
    theirs = video_diffusion_pytorch.RelativePositionBias(heads=3, num_buckets=32, max_distance=128)
    ours = RelativePositionBias(3, buckets=32, farthest=128)
    ours.weight.load_state_dict(theirs.relative_attention_bias.state_dict())
    torch.testing.assert_close(ours(frames), theirs(frames, device="cpu"))


@pytest.mark.parametrize("joint", [False, True])
def test_temporal_attention_with_bias_and_the_mask_of_joint_training(joint):
    """Theirs switches a clip's temporal attention to the identity (`focus_present_mask`): all of its frames are images."""
    frames, dim, heads = 6, 32, 4
    theirs = video_diffusion_pytorch.Attention(dim, heads=heads, dim_head=dim // heads)
    ours = Attention(dim, heads, TIME)
    ours.norm = torch.nn.Identity()
    ours.to_qkv.load_state_dict(theirs.to_qkv.state_dict())
    with torch.no_grad():
        ours.to_out.weight.copy_(theirs.to_out.weight)
    x, bias = torch.randn(2, dim, frames, 3, 5), torch.randn(heads, frames, frames)
    visible = joint_image_mask(frames, frames) if joint else None
    tracks = x.movedim(1, -1).movedim(1, -2)  # b h w t c, as theirs wants it
    expected = theirs(tracks, pos_bias=bias, focus_present_mask=torch.full((2,), joint))
    expected = expected.movedim(-2, 1).movedim(-1, 1)
    torch.testing.assert_close(ours(x, bias, visible) - x, expected, atol=1e-5, rtol=1e-5)


def diffusion():
    return video_diffusion_pytorch.GaussianDiffusion(torch.nn.Identity(), image_size=4, num_frames=2, timesteps=1000)


@pytest.mark.parametrize("k", [900, 400, 60])  # below, 1 − ᾱ in their float32 has lost its digits
def test_posterior(k):
    theirs = diffusion()
    alphas = theirs.alphas_cumprod.double()
    logsnr = torch.log(alphas / (1 - alphas))
    x, z = torch.randn(2, 1, 2, 4, 4), torch.randn(2, 1, 2, 4, 4)
    mean, variance, _ = theirs.q_posterior(x, z, torch.tensor([k, k]))
    ours_mean, ours_variance = posterior(x.double(), z.double(), logsnr[k - 1], logsnr[k])
    torch.testing.assert_close(ours_mean.float(), mean, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours_variance.float(), variance[0].squeeze(), atol=1e-7, rtol=1e-3)


def test_cosine_schedule():
    """Theirs starts at a small offset s = 0.008 of time and clips β; between the ends ours agrees where the offset is undone."""
    alphas = diffusion().alphas_cumprod.double()
    u = (torch.arange(1000, dtype=torch.float64) + 1) / 1000
    shifted = (u + 0.008) / 1.008
    ours = torch.sigmoid(cosine_logsnr(shifted)) / torch.sigmoid(
        cosine_logsnr(torch.tensor(0.008 / 1.008, dtype=torch.float64))
    )
    torch.testing.assert_close(ours[:980], alphas[:980], atol=2e-4, rtol=0)

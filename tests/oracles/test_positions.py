"""Rotary and sinusoidal positions against diffusers' embeddings."""

import pytest
import torch

from minivid.nn.attention.positions import rotate, sinusoidal

pytest.importorskip("diffusers")
from diffusers.models.embeddings import (
    apply_rotary_emb,
    get_1d_rotary_pos_embed,
    get_1d_sincos_pos_embed_from_grid,
    get_3d_rotary_pos_embed,
)


def test_rotate_is_diffusers_rotary_embedding():
    x, position = torch.randn(2, 3, 7, 16), torch.tensor([0.0, 1.0, 2.0, 5.0, 9.0, 30.0, 31.0])
    theirs = apply_rotary_emb(x, get_1d_rotary_pos_embed(16, position, use_real=True))
    torch.testing.assert_close(rotate(x, position), theirs, atol=1e-5, rtol=1e-5)


def test_sinusoidal_is_diffusers_sincos_embedding():
    position = torch.arange(12.0, dtype=torch.float64)
    torch.testing.assert_close(sinusoidal(position, 32), get_1d_sincos_pos_embed_from_grid(32, position))


def test_three_axes_that_turn_their_own_share_of_the_channels_are_diffusers_3d_embedding():
    """CogVideoX's: a quarter of the channels for time, three eighths for each of height and width; time first."""
    t, h, w, d = 3, 2, 4, 16
    x = torch.randn(1, 2, t * h * w, d)
    embed = get_3d_rotary_pos_embed(d, ((0, 0), (h, w)), (h, w), t, grid_type="slice", max_size=(h, w))
    places = torch.meshgrid(torch.arange(t), torch.arange(h), torch.arange(w), indexing="ij")
    parts = zip(x.split([4, 6, 6], dim=-1), (axis.flatten().float() for axis in places), strict=True)
    ours = torch.cat([rotate(part, position) for part, position in parts], dim=-1)
    torch.testing.assert_close(ours, apply_rotary_emb(x, embed), atol=1e-5, rtol=1e-5)

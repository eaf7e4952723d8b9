"""Our transformer with the weights of diffusers' DiT and Latte, and its positions against theirs: 1e-5 in float32."""

import pytest
import torch
from einops import rearrange
from torch import nn

from minivid.nn.attention.places import grid, rotary_3d, sincos_2d, sincos_3d
from minivid.nn.attention.positions import turned
from minivid.nn.dit import DiT, DiTConfig

pytest.importorskip("diffusers")
from diffusers import DiTTransformer2DModel, LatteTransformer3DModel
from diffusers.models.embeddings import (
    apply_rotary_emb,
    get_2d_sincos_pos_embed,
    get_3d_rotary_pos_embed,
    get_3d_sincos_pos_embed,
)

DIM, HEADS, DEPTH, CHANNELS, SIDE, PATCH = 32, 2, 2, 3, 8, 2
CONFIG = DiTConfig(
    channels=CHANNELS,
    patch=(1, PATCH),
    dim=DIM,
    depth=DEPTH,
    heads=HEADS,
    attention="full",
    positions="latte",
    slowest=10_000.0,
    qk_norm=False,
)


class TheirLevel(nn.Module):
    """Their embedding of time step and label, in the place of ours of the noise level."""

    def __init__(self, embed):
        super().__init__()
        self.embed = embed

    def forward(self, t):
        return self.embed(t.flatten())[:, None]


def drawn(model: nn.Module) -> nn.Module:
    """Every weight at random: what starts at zero hides a wrong path."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return model.eval()


def copied(ours: nn.Linear, *theirs: nn.Linear) -> None:
    """One layer of ours is one of theirs, or several on top of each other."""
    ours.weight.copy_(torch.cat([layer.weight.flatten(1) for layer in theirs]))
    ours.bias.copy_(torch.cat([layer.bias for layer in theirs]))


def copied_block(ours: nn.Module, theirs: nn.Module) -> None:
    attention, mlp = theirs.attn1, theirs.ff.net
    copied(ours.attention.to_qkv, attention.to_q, attention.to_k, attention.to_v)
    copied(ours.attention.to_out, attention.to_out[0])
    copied(ours.mlp[0], mlp[0].proj)
    copied(ours.mlp[2], mlp[2])


def copied_last(ours: nn.Linear, theirs: nn.Linear) -> None:
    """In their tokens the channels lie innermost."""
    order = "(p q c) d -> (c p q) d"
    ours.weight.copy_(rearrange(theirs.weight, order, p=PATCH, q=PATCH))
    ours.bias.copy_(rearrange(theirs.bias[:, None], order, p=PATCH, q=PATCH)[:, 0])


@torch.no_grad()
def test_with_the_weights_of_a_dit_it_says_what_the_dit_says():
    theirs = drawn(
        DiTTransformer2DModel(
            num_attention_heads=HEADS, attention_head_dim=DIM // HEADS, in_channels=CHANNELS, num_layers=DEPTH, sample_size=SIDE,
            patch_size=PATCH, num_embeds_ada_norm=7, norm_eps=1e-6,
        )
    )  # fmt: skip
    embed = theirs.transformer_blocks[0].norm1.emb
    ours = DiT(CONFIG)
    copied(ours.patch_in, theirs.pos_embed.proj)
    for mine, block in zip(ours.blocks, theirs.transformer_blocks, strict=True):
        block.norm1.emb = embed  # theirs has an embedder in each block; those of the published weights are alike
        copied_block(mine, block)
        copied(mine.modulation[1], block.norm1.linear)
    copied(ours.modulation_out[1], theirs.proj_out_1)
    copied_last(ours.patch_out, theirs.proj_out_2)
    label, t, z = torch.tensor([3, 6]), torch.tensor([10.0, 900.0]), torch.randn(2, CHANNELS, SIDE, SIDE)
    ours.noise_level = TheirLevel(lambda steps: embed(steps, label))
    torch.testing.assert_close(ours(z[:, :, None], t)[:, :, 0], theirs(z, t, label).sample, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_with_the_weights_of_a_latte_it_says_what_the_latte_says():
    frames = 4
    theirs = LatteTransformer3DModel(
        num_attention_heads=HEADS, attention_head_dim=DIM // HEADS, in_channels=CHANNELS, num_layers=DEPTH, sample_size=SIDE,
        patch_size=PATCH, norm_type="ada_norm_single", norm_elementwise_affine=False, norm_eps=1e-6, attention_bias=True,
        activation_fn="gelu-approximate", video_length=frames, caption_channels=8,
    )  # fmt: skip
    drawn(theirs)
    ours = DiT(
        DiTConfig(
            **{**vars(CONFIG), "depth": 2 * DEPTH, "attention": "factorized", "modulation": "shared"},
        )
    )
    copied(ours.patch_in, theirs.pos_embed.proj)
    pairs = zip(theirs.transformer_blocks, theirs.temporal_transformer_blocks, strict=True)
    for mine, block in zip(ours.blocks, (block for pair in pairs for block in pair), strict=True):
        copied_block(mine, block)
        mine.modulation.weight.copy_(block.scale_shift_table.flatten())
    copied(ours.modulation[1], theirs.adaln_single.linear)
    ours.modulation_out.weight.copy_(theirs.scale_shift_table.flatten())
    copied_last(ours.patch_out, theirs.proj_out)
    t, z = torch.tensor([10.0, 900.0]), torch.randn(2, CHANNELS, frames, SIDE, SIDE)
    sizes = {"resolution": None, "aspect_ratio": None}
    ours.noise_level = TheirLevel(
        lambda steps: theirs.adaln_single.emb(steps, **sizes, batch_size=2, hidden_dtype=z.dtype)
    )
    words = torch.randn(2, 5, 8)  # it has no cross-attention; its captions are projected all the same
    torch.testing.assert_close(ours(z, t), theirs(z, t, words).sample, atol=1e-5, rtol=1e-5)


def test_three_axes_of_sines_are_diffusers_3d_embedding():
    """Theirs has the column before the row, and time first, as ours."""
    t, h, w = 3, 4, 2
    theirs = get_3d_sincos_pos_embed(DIM, (w, h), t, output_type="pt")
    place = grid(t, h, w)
    ours = sincos_3d(place[[0, 2, 1]], DIM).flatten(1, 2)
    torch.testing.assert_close(ours, theirs.float(), atol=1e-5, rtol=1e-5)


def test_two_axes_of_sines_are_diffusers_2d_embedding():
    theirs = get_2d_sincos_pos_embed(DIM, 4, base_size=4, output_type="pt")
    torch.testing.assert_close(sincos_2d(grid(1, 4, 4), DIM)[0].flatten(0, 1), theirs.float(), atol=1e-5, rtol=1e-5)


def test_rotary_positions_are_diffusers_3d_embedding():
    t, h, w = 3, 2, 4
    x = torch.randn(1, 2, t * h * w, 16)
    theirs = get_3d_rotary_pos_embed(16, ((0, 0), (h, w)), (h, w), t, grid_type="slice", max_size=(h, w))
    ours = turned(x, rotary_3d(grid(t, h, w).flatten(1), 16))
    torch.testing.assert_close(ours, apply_rotary_emb(x, theirs), atol=1e-5, rtol=1e-5)

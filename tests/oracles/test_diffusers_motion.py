"""The motion module and the mixing against diffusers', at random weights."""

import pytest
import torch
from torch import nn

from minivid.adapt.layers import MotionModule, blend

pytest.importorskip("diffusers")


def test_the_motion_module_is_diffusers_transformer_of_animatediff():
    """All but its norm, which pools over time: theirs stands in the place of ours."""
    from diffusers.models.unets.unet_motion_model import AnimateDiffTransformer3D

    theirs = AnimateDiffTransformer3D(
        num_attention_heads=2,
        attention_head_dim=4,
        in_channels=8,
        norm_num_groups=2,
        activation_fn="geglu",
        attention_bias=False,
        double_self_attention=True,
        positional_embeddings="sinusoidal",
        num_positional_embeddings=32,
    ).eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours, (block,) = MotionModule(8, 2), theirs.transformer_blocks
    ours.norm = theirs.norm
    both = [
        (ours.proj_in, theirs.proj_in),
        (ours.proj_out, theirs.proj_out),
        *zip(ours.norms, (block.norm1, block.norm2, block.norm3), strict=True),
        *zip(ours.to_out, (block.attn1.to_out[0], block.attn2.to_out[0]), strict=True),
        (ours.gated, block.ff.net[0].proj),
        (ours.narrow, block.ff.net[2]),
    ]
    for mine, other in both:
        mine.load_state_dict(other.state_dict())
    for mine, other in zip(ours.to_qkv, (block.attn1, block.attn2), strict=True):
        mine.load_state_dict({"weight": torch.cat([other.to_q.weight, other.to_k.weight, other.to_v.weight])})
    x = torch.randn(2, 8, 5, 4, 3)
    with torch.no_grad():
        out = theirs(x.transpose(1, 2).flatten(0, 1), num_frames=5).unflatten(0, (2, 5)).transpose(1, 2)
        torch.testing.assert_close(ours(x), out, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("logit", [0.5, -1.0])
def test_the_mixing_is_diffusers_alpha_blender(logit):
    """It too keeps a logit: one of 0.5 is α = 0.62, not half and half."""
    from diffusers.models.resnet import AlphaBlender

    theirs, mix = AlphaBlender(logit, merge_strategy="learned"), torch.tensor(logit)
    space, time = torch.randn(2, 8, 5, 4, 3), torch.randn(2, 8, 5, 4, 3)
    with torch.no_grad():
        torch.testing.assert_close(blend(space, time, mix.sigmoid()), theirs(space, time), atol=1e-6, rtol=1e-5)

"""Layers over time against diffusers' video models, at random weights."""

import pytest
import torch
from torch import nn

from minivid.nn.attention.core import TIME, attend, join_heads, split_heads
from minivid.nn.spacetime import TimeConv

diffusers = pytest.importorskip("diffusers")


def test_time_convolutions_stacked_are_diffusers_temporal_conv_layer():
    """Its four blocks are norm, SiLU, (dropout), time convolution, added to the clip; its convolutions are ours."""
    from diffusers.models.resnet import TemporalConvLayer

    theirs = TemporalConvLayer(8, 8, norm_num_groups=2).eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.2)
    blocks = []
    for block in (theirs.conv1, theirs.conv2, theirs.conv3, theirs.conv4):
        ours = TimeConv(8, 8)
        ours.conv.load_state_dict({"weight": block[-1].weight[..., 0], "bias": block[-1].bias})
        blocks.append(nn.Sequential(block[0], nn.SiLU(), ours))
    x = torch.randn(2, 8, 5, 4, 3)
    frames = x.transpose(1, 2).flatten(0, 1)
    with torch.no_grad():
        out = theirs(frames, num_frames=5).unflatten(0, (2, 5)).transpose(1, 2)
        torch.testing.assert_close(x + nn.Sequential(*blocks)(x), out, atol=1e-5, rtol=1e-5)


def test_attention_over_time_is_diffusers_transformer_temporal_model():
    """Its norm pools over time, and a feed-forward follows; its sequences and its attention are ours."""
    from diffusers.models.transformers.transformer_temporal import TransformerTemporalModel

    theirs = TransformerTemporalModel(2, 4, in_channels=8, norm_num_groups=2, double_self_attention=True).eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.3)
    x = torch.randn(2, 8, 5, 4, 3)
    (block,) = theirs.transformer_blocks
    with torch.no_grad():
        rows = theirs.proj_in(TIME.cut(theirs.norm(x)))
        for norm, part in ((block.norm1, block.attn1), (block.norm2, block.attn2)):
            normed = norm(rows)
            q, k, v = (split_heads(to(normed), 2) for to in (part.to_q, part.to_k, part.to_v))
            rows = rows + part.to_out[0](join_heads(attend(q, k, v)))
        rows = rows + block.ff(block.norm3(rows))
        ours = x + TIME.join(theirs.proj_out(rows), x)
        frames = x.transpose(1, 2).flatten(0, 1)
        out = theirs(frames, num_frames=5).sample.unflatten(0, (2, 5)).transpose(1, 2)
        torch.testing.assert_close(ours, out, atol=1e-5, rtol=1e-5)

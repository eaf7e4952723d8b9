"""Attention maps are those the layers used: times the values, they give back the layers' own output."""

import numpy as np
import pytest
import torch
from einops import rearrange
from torch import nn

from minivid.chapters.ch03.widgets import attention_viewer, attention_viewer_still, temporal_attention_maps
from minivid.nn.attention.core import TemporalAttention, join_heads, split_heads
from minivid.nn.unet import UNet, UNetConfig


class OneLayer(nn.Module):
    """A model that is nothing but a temporal attention layer which cannot see the future."""

    def __init__(self):
        super().__init__()
        self.attention = TemporalAttention(8, heads=2)
        nn.init.normal_(self.attention.to_out.weight)
        self.bias = torch.randn(2, 5, 5)

    def forward(self, z, t, cond=None):
        return self.attention(z, self.bias, torch.ones(5, 5, dtype=torch.bool).tril())


def test_maps_times_values_are_the_layer_s_output():
    model, z = OneLayer(), torch.randn(1, 8, 5, 3, 4)
    [maps] = temporal_attention_maps(model, z, torch.zeros(1)).values()
    layer = model.attention
    tracks = rearrange(layer.norm(z), "1 c t h w -> (h w) t c")
    values = split_heads(layer.to_qkv(tracks).chunk(3, dim=-1)[2], 2)
    out = layer.to_out(join_heads(rearrange(maps, "n h w i j -> (h w) n i j") @ values))
    expected = model(z, torch.zeros(1))
    torch.testing.assert_close(z + rearrange(out, "(h w) t c -> 1 c t h w", h=3), expected)


def test_rows_sum_to_one_and_the_future_is_dark():
    [maps] = temporal_attention_maps(OneLayer(), torch.randn(1, 8, 5, 3, 4), torch.zeros(1)).values()
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 3, 4, 5))
    assert (maps.triu(1) == 0).all()


def unet():
    return UNet(UNetConfig(widths=(16, 32), blocks=1, heads=2))


def test_every_temporal_layer_of_a_unet_is_read_and_none_is_changed():
    model, z, t = unet(), torch.randn(2, 1, 4, 8, 8), torch.zeros(2)
    before = model(z, t)
    maps = temporal_attention_maps(model, z, t)
    assert maps["down 0"].shape == (2, 4, 4, 4, 4) and maps["middle"].shape == (2, 2, 2, 4, 4)
    assert not any(module._forward_pre_hooks for module in model.modules())
    torch.testing.assert_close(model(z, t), before, rtol=0, atol=0)


def test_sliders_choose_the_map_and_keep_within_the_layer():
    model, z = unet(), torch.rand(1, 1, 4, 8, 8) * 2 - 1
    widget = attention_viewer(temporal_attention_maps(model, z, torch.zeros(1)), z)
    (layer, head, x, y, frame), image = widget.children[0].children, widget.children[1]
    x.value = y.value = 3
    before = bytes(image.value)
    frame.value = 2
    assert bytes(image.value) != before
    layer.value = "middle"
    assert (x.value, y.value, x.max, head.max) == (1, 1, 1, 1)
    layer.value = "down 0"
    assert x.max == 3


def test_the_twin_shows_each_head_of_a_few_layers():
    maps = {f"layer {i}": torch.softmax(torch.randn(3, 2, 2, 4, 4), -1) for i in range(6)}
    picture = attention_viewer_still(maps, layers=2)
    heads = [axes for axes in picture.axes if axes.get_title(loc="left").startswith("head")]
    assert len(heads) == 6 and [text.get_text() for text in picture.texts] == ["layer 0", "layer 5"]
    np.testing.assert_allclose(heads[4].images[0].get_array(), maps["layer 5"][1].mean((0, 1)))


def test_what_is_no_map_is_said():
    with pytest.raises(
        ValueError, match=r"attention has shape \(2, 3, 3\); expected attention weights 'heads h w t t'"
    ):
        attention_viewer_still(torch.zeros(2, 3, 3))
    with pytest.raises(ValueError, match="Linear has no TemporalAttention layer"):
        temporal_attention_maps(nn.Linear(1, 1), torch.zeros(1), torch.zeros(1))

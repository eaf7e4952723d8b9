"""The viewer shows the map that its sliders choose, and its twin those of a few layers."""

import numpy as np
import pytest
import torch

from minivid.course.widgets import attention_viewer, attention_viewer_still
from minivid.nn.attention.maps import temporal_attention_maps
from minivid.nn.unet import UNet, UNetConfig


def unet():
    return UNet(UNetConfig(widths=(16, 32), blocks=1, heads=2))


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

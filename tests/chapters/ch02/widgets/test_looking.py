"""The looking glass shows the weights of the place that it is pointed at."""

import numpy as np
import pytest
import torch
from torch import nn

from minivid.chapters.ch02.widgets import looking_glass, looking_glass_still
from minivid.nn.attention.core import SPACE, TIME, Attention
from minivid.nn.attention.maps import place_attention_maps


@pytest.fixture
def maps():
    layers = nn.Sequential(Attention(8, 2, SPACE), Attention(8, 2, TIME))
    return place_attention_maps(layers, torch.randn(1, 8, 3, 4, 5))


CLIP = torch.rand(1, 1, 3, 8, 10) * 2 - 1


def test_each_head_s_row_is_its_weights_in_every_frame(maps):
    picture = looking_glass_still(maps, CLIP, "1", (2, 1, 3))
    shown = [axes.images[0].get_array() for axes in picture.axes]
    assert len(shown) == 3 * 3  # the clip and two heads, three frames each
    for head in range(2):
        for frame in range(3):
            np.testing.assert_allclose(shown[3 * (head + 1) + frame], maps["1"][head, 2, 1, 3, frame])


def test_sliders_choose_the_place_and_keep_within_the_layer(maps):
    small = {"small": torch.full((1, 2, 2, 2, 2, 2, 2), 1 / 8)}
    widget = looking_glass(maps | small, CLIP)
    (layer, frame, _row, column), image = widget.children[0].children, widget.children[1]
    before = bytes(image.value)
    column.value = 4
    assert bytes(image.value) != before
    layer.value = "small"
    assert (frame.max, column.max, column.value) == (1, 1, 1)


def test_what_is_not_there_is_said(maps):
    with pytest.raises(ValueError, match="there is no layer 'x'; there are 0, 1"):
        looking_glass_still(maps, CLIP, "x", (0, 0, 0))
    with pytest.raises(ValueError, match=r"no place \(0, 4, 0\) .* in 3 × 4 × 5"):
        looking_glass_still(maps, CLIP, "0", (0, 4, 0))
    with pytest.raises(ValueError, match="expected attention weights"):
        looking_glass({"a": torch.zeros(2, 3)}, CLIP)
    with pytest.raises(ValueError, match="no maps"):
        looking_glass({}, CLIP)

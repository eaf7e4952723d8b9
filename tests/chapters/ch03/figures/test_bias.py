"""The heat maps show the numbers, on one scale."""

import numpy as np
import torch

from minivid.chapters.ch03.figures import show_bias
from minivid.show.style import PAGE


def test_a_panel_a_head_on_one_scale():
    bias = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(0))
    picture = show_bias(bias)
    images = [axes.images[0] for axes in picture.axes if axes.images]
    assert picture.pixels[0] <= PAGE and len(images) == 4
    np.testing.assert_array_equal(images[2].get_array(), bias[2])
    assert {image.get_clim() for image in images} == {(-bias.abs().max().item(), bias.abs().max().item())}


def test_a_bias_that_has_learnt_nothing_is_drawn_as_well():
    assert show_bias(torch.zeros(2, 4, 4)).png()

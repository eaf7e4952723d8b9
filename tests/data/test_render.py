"""A pixel sees the mean of the ink above it; nearer digits hide farther ones."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from minivid.data.digits import load
from minivid.data.glyphs import glyphs
from minivid.data.world.render import coverage, layers, turned_coverage, unhidden

place = st.floats(9, 22, width=32)


def draw(which, x, y, size=8.0, angle=None, height=32, width=32):
    """One glyph of the training split, centred at (x, y), on one frame: h w."""
    shapes, at = glyphs("train"), slice(which, which + 1)
    where = (torch.tensor([[[x, y]]]), torch.tensor([[size]]))
    if angle is None:
        return coverage(shapes.bitmap[at], shapes.centre[at], *where, height, width)[0, 0]
    return turned_coverage(shapes.bitmap[at], shapes.centre[at], *where, torch.tensor([[angle]]), height, width)[0, 0]


@given(which=st.integers(0, 1414), x=place, y=place, size=st.floats(8, 14, width=32))
def test_no_ink_is_lost_or_made_wherever_a_digit_stands(which, x, y, size):
    assert draw(which, x, y, size).sum().item() == pytest.approx(
        glyphs("train").bitmap[which].mean().item() * size**2, rel=1e-4
    )


@given(which=st.integers(0, 1414), x=place, y=place, size=st.floats(8, 14, width=32))
def test_the_pictures_centre_of_mass_is_the_position_to_a_thirtieth_of_a_pixel(which, x, y, size):
    ink = draw(which, x, y, size)
    here = torch.arange(32.0)
    assert (ink.sum(0) @ here / ink.sum()).item() == pytest.approx(x, abs=1 / 30)
    assert (ink.sum(1) @ here / ink.sum()).item() == pytest.approx(y, abs=1 / 30)


@given(which=st.integers(0, 1414), x=place, y=place)
def test_coverage_is_the_mean_over_the_pixel_of_a_much_finer_picture(which, x, y):
    fine = 16  # a digit 16 times as large on 16 times as many pixels, then averaged
    large = draw(which, x * fine + (fine - 1) / 2, y * fine + (fine - 1) / 2, 8.0 * fine, None, 32 * fine, 32 * fine)
    assert torch.allclose(draw(which, x, y), F.avg_pool2d(large[None], fine)[0], atol=1e-3)


def test_a_digit_of_eight_pixels_on_the_grid_is_the_scanned_digit():
    shapes, digits = glyphs("train"), load("train")
    for which in range(0, 1415, 71):
        x, y = (8 * shapes.centre[which] - 0.5).tolist()  # its box then begins at the corner of the upper left pixel
        scanned = digits.images[shapes.index[which]]
        assert torch.allclose(draw(which, x, y, 8.0, None, 8, 8), scanned, atol=0.05)


@given(which=st.integers(0, 1414), dx=st.integers(-3, 3), dy=st.integers(-3, 3))
def test_a_digit_that_moves_by_whole_pixels_looks_the_same(which, dx, dy):
    still, moved = draw(which, 15.3, 15.8), draw(which, 15.3 + dx, 15.8 + dy)
    assert torch.allclose(moved, still.roll((dy, dx), (0, 1)), atol=1e-4)


@given(which=st.integers(0, 1414), x=place, y=place)
def test_a_digit_turned_by_nothing_is_nearly_the_upright_one(which, x, y):
    assert (draw(which, x, y, 10.0, 0.0) - draw(which, x, y, 10.0)).abs().max() < 0.03


@given(which=st.integers(0, 1414))
def test_a_quarter_turn_is_clockwise(which):
    shown = draw(which, 15.0, 15.0, 12.0, 0.0, 31, 31)
    turned = draw(which, 15.0, 15.0, 12.0, math.pi / 2, 31, 31)
    assert torch.allclose(turned, shown.rot90(-1), atol=1e-3)  # rot90(-1) turns the picture clockwise


@given(which=st.integers(0, 1414), angle=st.floats(-3, 3, width=32))
def test_turning_keeps_the_ink_to_a_hundredth_and_the_centre_to_a_tenth_of_a_pixel(which, angle):
    ink = draw(which, 15.5, 14.5, 12.0, angle)
    here = torch.arange(32.0)
    assert ink.sum().item() == pytest.approx(glyphs("train").bitmap[which].mean().item() * 144, rel=0.01)
    assert (ink.sum(0) @ here / ink.sum()).item() == pytest.approx(15.5, abs=0.1)
    assert (ink.sum(1) @ here / ink.sum()).item() == pytest.approx(14.5, abs=0.1)


@given(st.integers(0, 2**31), st.integers(1, 3))
def test_layers_sum_to_one_and_the_nearest_is_seen_whole(seed, k):
    generator = torch.Generator().manual_seed(seed)
    alpha = torch.rand(2, k, 3, 4, 4, generator=generator)
    depth = torch.stack([torch.randperm(k, generator=generator) for _ in range(2)])
    seen = layers(alpha, unhidden(alpha, (depth[:, None] < depth[:, :, None]).float()))
    assert torch.allclose(seen.sum(1), torch.ones(2, 3, 4, 4), atol=1e-6)
    assert seen.min() >= 0
    for clip, order in enumerate(depth.argsort(1).tolist()):
        free = torch.ones(3, 4, 4)
        for digit in order:  # from the nearest to the farthest, each takes its share of what is left
            assert torch.allclose(seen[clip, digit], free * alpha[clip, digit], atol=1e-6)
            free = free * (1 - alpha[clip, digit])

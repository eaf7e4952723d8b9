"""Factorized convolutions: what they equal, what they reach, what they weigh."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from minivid.nn.conv import SpatialConv
from minivid.nn.spacetime import Conv2Plus1d, PseudoConv3d, SeparableConv3d, TimeConv, full_conv, matched_width

SHAPE = (5, 7, 9)  # frames, rows, columns
PLACE = (2, 3, 4)


def weights(layer: nn.Module) -> int:
    """Without biases."""
    return sum(p.numel() for name, p in layer.named_parameters() if not name.endswith("bias"))


def reached(layer: nn.Module, place: tuple[int, int, int] = PLACE) -> set[tuple[int, ...]]:
    """Which places of the output change, to the bit, when one of the input does; ReLUs are kept open by a bias."""
    x = torch.randn(1, 4, *SHAPE)
    moved = x.clone()
    moved[:, :, *place] += 1
    with torch.no_grad():
        return {tuple(p) for p in (layer(moved) != layer(x)).any(1)[0].nonzero().tolist()}


def box(frames: int, rows: int, columns: int) -> set[tuple[int, ...]]:
    """The places within so many of PLACE."""
    t, y, x = PLACE
    return {
        (i, j, k)
        for i in range(t - frames, t + frames + 1)
        for j in range(y - rows, y + rows + 1)
        for k in range(x - columns, x + columns + 1)
    }


def test_time_convolution_is_conv3d_with_kernel_3_1_1():
    ours, theirs = TimeConv(3, 5), nn.Conv3d(3, 5, (3, 1, 1), padding=(1, 0, 0))
    theirs.load_state_dict({"weight": ours.conv.weight[..., None], "bias": ours.conv.bias})
    x = torch.randn(2, 3, 4, 6, 6)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


def test_without_nonlinearity_and_inner_bias_2plus1d_is_the_full_convolution_with_the_composed_kernel(monkeypatch):
    ours, full = Conv2Plus1d(3, 4).double(), full_conv(3, 4).double()
    nn.init.zeros_(ours.space.bias)
    time = ours.time.conv.weight[..., 0]  # out inner k
    full.load_state_dict(
        {"weight": torch.einsum("dit,icyx->dctyx", time, ours.space.kernel), "bias": ours.time.conv.bias}
    )
    x = torch.randn(2, 3, 5, 6, 7, dtype=torch.float64)
    assert (ours(x) - full(x)).abs().max() > 0.01  # the ReLU is there
    monkeypatch.setattr(F, "relu", lambda x: x)
    torch.testing.assert_close(ours(x), full(x), atol=1e-12, rtol=1e-12)


def test_pseudo_3d_begins_as_its_space_convolution_on_any_clip():
    layer, x = PseudoConv3d(3, 5), torch.randn(2, 3, 4, 6, 6)
    assert torch.equal(layer(x), layer.space(x))


def test_separable_is_one_kernel_a_channel_and_then_a_matrix():
    layer = SeparableConv3d(3, 5)
    x = torch.randn(2, 3, 4, 6, 6)
    each = [F.conv3d(x[:, i : i + 1], layer.depthwise.weight[i : i + 1], padding=1) for i in range(3)]
    expected = torch.einsum("bcthw,dc->bdthw", torch.cat(each, 1), layer.pointwise.weight[..., 0, 0, 0])
    expected = expected + layer.pointwise.bias[:, None, None, None]
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("layer", "where"),
    [
        (full_conv(4, 4), box(1, 1, 1)),
        (Conv2Plus1d(4, 4), box(1, 1, 1)),
        (SeparableConv3d(4, 4), box(1, 1, 1)),
        (SpatialConv(4, 4), box(0, 1, 1)),
        (PseudoConv3d(4, 4), box(0, 1, 1)),  # as it begins
        (TimeConv(4, 4), box(1, 0, 0)),
        (TimeConv(4, 4, kernel=5), box(2, 0, 0)),
    ],
    ids=["full", "(2+1)D", "separable", "space", "pseudo", "time", "time 5"],
)
def test_each_reaches_exactly_the_frames_and_pixels_of_its_kernel(layer, where):
    if isinstance(layer, Conv2Plus1d):
        nn.init.constant_(layer.space.bias, 50.0)  # no ReLU is shut
    assert reached(layer) == where


def test_pseudo_3d_reaches_the_other_frames_once_its_time_convolution_has_moved():
    layer = PseudoConv3d(4, 4)
    nn.init.normal_(layer.time.conv.weight)
    assert reached(layer) == box(1, 1, 1)


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5, 7]))
def test_the_matched_width_is_the_largest_that_has_no_more_weights(dim_in, dim_out, frames, side):
    full, each = frames * side**2 * dim_in * dim_out, side**2 * dim_in + frames * dim_out
    width = matched_width(dim_in, dim_out, frames, side)
    assert width * each <= full or width == 1
    assert (width + 1) * each > full


def test_matched_2plus1d_weighs_as_much_as_the_full_one():
    assert matched_width(64, 64) == 144  # the first residual blocks of R(2+1)D
    assert weights(Conv2Plus1d(64, 64)) == weights(full_conv(64, 64)) == 27 * 64 * 64
    assert weights(PseudoConv3d(64, 64)) == 12 * 64 * 64
    assert weights(SeparableConv3d(64, 64)) == 27 * 64 + 64 * 64


def test_what_makes_no_convolution_is_a_sentence():
    with pytest.raises(ValueError, match="a kernel of 4 has no middle"):
        full_conv(3, 3, kernel=4)
    with pytest.raises(ValueError, match="no identity leads from 3 channels to 4"):
        TimeConv(3, 4, identity=True)

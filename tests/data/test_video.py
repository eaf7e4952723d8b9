"""Bytes and tensors hold the same video."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minivid.data.video import from_uint8, to_uint8


@given(arrays(np.uint8, array_shapes(min_dims=5, max_dims=5, max_side=4)))
def test_bytes_survive_the_way_to_a_tensor_and_back(array):
    assert np.array_equal(to_uint8(from_uint8(array)), array)


@given(st.integers(0, 2**31))
def test_a_video_comes_back_to_within_half_a_grey_level(seed):
    video = 2 * torch.rand(2, 3, 2, 4, 5, generator=torch.Generator().manual_seed(seed)) - 1
    assert (from_uint8(to_uint8(video)) - video).abs().max() <= 1 / 255 + 1e-6


def test_axes_go_where_files_have_them():
    video = torch.full((2, 3, 4, 5, 6), -1.0)
    video[1, 2, 3, 4, 5] = 1.0
    array = to_uint8(video)
    assert array.shape == (2, 4, 5, 6, 3)
    assert array[1, 3, 4, 5, 2] == 255 and array.sum() == 255


def test_overshoot_goes_to_the_nearer_end():
    video = torch.tensor([-1.5, 1.5]).reshape(1, 1, 1, 1, 2)
    assert to_uint8(video).ravel().tolist() == [0, 255]


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite numbers"):
        to_uint8(torch.full((1, 1, 1, 1, 1), torch.nan))

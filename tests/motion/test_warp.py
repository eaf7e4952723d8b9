"""Warping agrees with scipy, and moves whole pixels when told to."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from minivid.motion import backward_warp


@given(st.integers(0, 2**31), st.integers(2, 7), st.integers(2, 7))
def test_a_warped_frame_is_what_scipy_finds_at_the_moved_places(seed, h, w):
    generator = torch.Generator().manual_seed(seed)
    frame = torch.randn(2, 3, h, w, generator=generator, dtype=torch.float64)
    flow = 3 * torch.randn(2, 2, h, w, generator=generator, dtype=torch.float64)
    warped = backward_warp(frame, flow)
    y, x = np.mgrid[:h, :w]
    for b in range(2):
        places = [y + flow[b, 1].numpy(), x + flow[b, 0].numpy()]
        for c in range(3):
            expected = map_coordinates(frame[b, c].numpy(), places, order=1, mode="nearest")
            assert np.allclose(warped[b, c].numpy(), expected, atol=1e-12)


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_flow_of_whole_pixels_looks_up_whole_pixels(dx, dy):
    frame = torch.arange(7 * 9.0).reshape(1, 1, 7, 9)
    flow = torch.tensor([float(dx), float(dy)]).reshape(1, 2, 1, 1).expand(1, 2, 7, 9)
    rows, columns = (torch.arange(7) + dy).clamp(0, 6), (torch.arange(9) + dx).clamp(0, 8)
    assert torch.allclose(backward_warp(frame, flow)[0, 0], frame[0, 0][rows][:, columns], atol=1e-4)


def test_what_moved_right_is_brought_back_by_its_own_flow():
    before, after = torch.zeros(1, 1, 5, 8), torch.zeros(1, 1, 5, 8)
    before[..., 2, 3] = after[..., 2, 5] = 1.0
    flow = torch.zeros(1, 2, 5, 8)
    flow[:, 0] = 2.0
    assert torch.allclose(backward_warp(after, flow), before, atol=1e-6)


@pytest.mark.parametrize("flow", [(2, 2, 4, 4), (1, 2, 4, 5), (2, 3, 4, 5), (2, 4, 5, 2)])
def test_a_flow_of_another_size_is_refused(flow):
    plain = inspect.unwrap(backward_warp)  # as it is outside of tests, where nobody checks the shapes of its signature
    with pytest.raises(ValueError, match="The flow has shape"):
        plain(torch.zeros(2, 1, 4, 5), torch.zeros(flow))

"""The affine fit is numpy's least squares, and finds the camera beside what moves by itself."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data import World
from minivid.motion.affine import affine_motion, camera_motion


def affine_field(numbers: torch.Tensor, h: int, w: int) -> torch.Tensor:
    """The field a + b x + c y, from numbers 2 3, in pixels."""
    y, x = torch.meshgrid(torch.arange(h).double(), torch.arange(w).double(), indexing="ij")
    return torch.einsum("kn,nhw->khw", numbers, torch.stack([torch.ones_like(x), x, y]))[None]


@given(st.integers(0, 2**31), st.integers(3, 9), st.integers(3, 9))
def test_the_fit_is_numpys_weighted_least_squares(seed, h, w):
    generator = torch.Generator().manual_seed(seed)
    flow = torch.randn(1, 2, h, w, generator=generator, dtype=torch.float64)
    weight = torch.rand(1, h, w, generator=generator, dtype=torch.float64) + 0.01
    y, x = np.mgrid[:h, :w]
    columns, root = np.stack([np.ones(h * w), x.ravel(), y.ravel()], 1), np.sqrt(weight.numpy().reshape(-1, 1))
    numbers = np.linalg.lstsq(root * columns, root * flow.numpy().reshape(2, -1).T, rcond=None)[0]
    assert np.allclose(affine_motion(flow, weight).numpy(), (columns @ numbers).T.reshape(1, 2, h, w), atol=1e-8)


@given(st.integers(0, 2**31))
def test_an_affine_flow_leaves_nothing_and_a_fit_fitted_again_is_itself(seed):
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(2, 3, generator=generator, dtype=torch.float64)
    field = affine_field(numbers, 7, 9)
    assert torch.allclose(affine_motion(field), field)
    noisy = field + torch.randn(field.shape, generator=generator, dtype=torch.float64)
    assert torch.allclose(affine_motion(affine_motion(noisy)), affine_motion(noisy))


def test_the_camera_is_found_beside_moving_digits_and_the_plain_fit_is_pulled():
    clips = World(frames=4, size=32, background="clouds", pan=0.8, digits=2).sample(8, seed=0)
    flow, pan = clips.flow[:, 0], -clips.pan[:, :, None, None]
    plain, (robust, weight) = affine_motion(flow), camera_motion(flow)
    assert (robust - pan).norm(dim=1).amax((1, 2)).max() < 0.05
    assert (plain - pan).norm(dim=1).mean() > 10 * (robust - pan).norm(dim=1).mean()
    on_digit = clips.layer[:, 0] < 2
    assert weight[~on_digit].min() > 0.9 > 0.3 > weight[on_digit].mean()


def test_weights_of_another_size_and_too_few_pixels_are_refused():
    flow = torch.zeros(1, 2, 4, 4)
    with pytest.raises(ValueError, match=r"weight has shape \(1, 4, 5\)"):
        affine_motion(flow, torch.ones(1, 4, 5))
    with pytest.raises(ValueError, match="at least 3 pixels"):
        affine_motion(flow, torch.zeros(1, 4, 4))

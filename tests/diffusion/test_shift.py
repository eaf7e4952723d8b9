"""Shifted times: the ends stay, 1 is nothing, shifts follow one another, and λ moves by as much everywhere."""

import math

import pytest
import torch

from minivid.diffusion.schedule import RECTIFIED, shifted
from minivid.diffusion.shift import shift_time, shifted_flow

T = torch.linspace(0, 1, 11, dtype=torch.float64)


@pytest.mark.parametrize("shift", [0.5, 1.0, 3.0, 7.0])
def test_the_ends_stay_and_time_still_runs_forward(shift):
    moved = shift_time(T, shift)
    assert moved[0] == 0 and moved[-1] == 1 and (moved.diff() > 0).all()
    assert ((moved > T)[1:-1] == (shift > 1)).all()


def test_one_changes_nothing_and_two_shifts_are_their_product():
    assert torch.equal(shift_time(T, 1.0), T)
    torch.testing.assert_close(shift_time(shift_time(T, 2.0), 3.0), shift_time(T, 6.0))


def test_shifting_the_time_is_shifting_lambda():
    inside = T[1:-1]
    torch.testing.assert_close(shifted_flow(3.0).logsnr(inside), RECTIFIED.logsnr(shift_time(inside, 3.0)))


def test_it_is_the_shift_for_a_picture_s_size():
    """Tokens grow with the square of the side: a side twice as long is a shift by 2."""
    inside = T[1:-1]
    torch.testing.assert_close(shifted_flow(2.0).logsnr(inside), shifted(RECTIFIED, 32, 64).logsnr(inside))


def test_the_sum_of_the_weights_stays_one():
    alpha, sigma = shifted_flow(3.0).alpha_sigma(shifted_flow(3.0).logsnr(T))
    torch.testing.assert_close(alpha + sigma, torch.ones_like(T))


@pytest.mark.parametrize("shift", [0.0, -1.0, math.nan])
def test_a_shift_that_is_none_is_refused(shift):
    with pytest.raises(ValueError, match="above 0"):
        shift_time(T, shift)

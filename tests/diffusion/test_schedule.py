"""Schedules: λ falls from clean to noise, (α, σ) keep the variance, and the closed forms hold."""

import math

import pytest
import torch

from minivid.diffusion.schedule import COSINE, LINEAR, cosine_logsnr, like, linear_logsnr, shifted, variance_preserving

U = torch.linspace(0, 1, 101, dtype=torch.float64)


@pytest.mark.parametrize("schedule", [COSINE, LINEAR], ids=["cosine", "linear"])
def test_logsnr_falls_and_stays_within_twenty(schedule):
    logsnr = schedule.logsnr(U)
    assert (logsnr.diff() <= 0).all() and logsnr.diff().min() < 0
    assert logsnr.abs().max() <= 20 + 1e-6


def test_variance_is_preserved():
    alpha, sigma = variance_preserving(torch.linspace(-20, 20, 81, dtype=torch.float64))
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones_like(alpha))
    torch.testing.assert_close(torch.log(alpha**2 / sigma**2), torch.linspace(-20, 20, 81, dtype=torch.float64))


def test_cosine_schedule_is_a_cosine():
    alpha, _ = variance_preserving(cosine_logsnr(U))
    torch.testing.assert_close(alpha, torch.cos(math.pi / 2 * U), atol=1e-4, rtol=0)  # the ends are cut at ±20


def test_linear_schedule_integrates_linear_beta():
    beta = 0.1 + (20.0 - 0.1) * U
    integral = torch.cumulative_trapezoid(beta, U)  # exact for a linear integrand
    alpha, _ = variance_preserving(linear_logsnr(U[1:]))
    torch.testing.assert_close(alpha**2, torch.exp(-integral), atol=1e-8, rtol=1e-6)


def test_a_shift_moves_every_level_by_twice_the_log_ratio():
    moved = shifted(COSINE, 16, 64).logsnr(U[10:-10]) - COSINE.logsnr(U[10:-10])
    torch.testing.assert_close(moved, torch.full_like(moved, 2 * math.log(16 / 64)))


def test_a_level_scales_clips_and_never_columns():
    """`alpha * x` with alpha of shape (b,) is silently wrong when b equals the width."""
    alpha, x = torch.tensor([1.0, 2.0, 3.0]), torch.ones(3, 1, 2, 3, 3)
    assert (like(alpha, x) * x)[1].unique().item() == 2.0
    assert not torch.equal(alpha * x, like(alpha, x) * x)

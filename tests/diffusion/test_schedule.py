"""Schedules: λ falls from clean to noise, (α, σ) keep the variance, and the closed forms hold."""

import math

import pytest
import torch

from minivid.diffusion.schedule import (
    COSINE,
    LINEAR,
    SCALED_LINEAR,
    ZERO_TERMINAL,
    cosine_logsnr,
    like,
    linear_logsnr,
    shifted,
    tabled,
    variance_preserving,
)
from minivid.diffusion.zero_terminal import linear_alphas, rescale_zero_terminal_snr, scaled_linear_alphas

U = torch.linspace(0, 1, 101, dtype=torch.float64)


@pytest.mark.parametrize("schedule", [COSINE, LINEAR, SCALED_LINEAR, ZERO_TERMINAL])
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


@pytest.mark.parametrize("rescaled", [False, True])
def test_a_tabled_schedule_goes_through_every_entry_of_its_table(rescaled):
    alphas = rescale_zero_terminal_snr(scaled_linear_alphas()) if rescaled else scaled_linear_alphas()
    u = torch.arange(1000, dtype=torch.float64) / 999
    alpha, _ = variance_preserving(tabled(alphas).logsnr(u))
    torch.testing.assert_close(alpha, alphas.sqrt(), atol=5e-5, rtol=1e-9)  # λ is cut at −20, where α is 4.5e-5
    half, _ = variance_preserving(tabled(alphas).logsnr((u[:-1] + u[1:]) / 2))
    torch.testing.assert_close(half, (alphas[:-1].sqrt() + alphas[1:].sqrt()) / 2, atol=5e-5, rtol=1e-9)


def test_only_the_rescaled_table_ends_in_noise():
    last = torch.ones(())
    assert ZERO_TERMINAL.logsnr(last) == -20 < -6 < SCALED_LINEAR.logsnr(last) < -5


@pytest.mark.parametrize("alphas", [[0.5], [0.5, 0.6], [0.9, 0.9], [1.2, 0.5], [0.5, -0.1]])
def test_what_is_no_table_of_levels_is_refused(alphas):
    with pytest.raises(ValueError, match="falls from entry to entry"):
        tabled(torch.tensor(alphas))


def test_animatediffs_table_has_stable_diffusions_ends_and_more_noise_between():
    linear, scaled = linear_alphas(), scaled_linear_alphas()
    assert linear[0] == pytest.approx(1 - 0.00085) and linear[0] == pytest.approx(scaled[0].item())
    assert (1 - linear[-1] / linear[-2]).item() == pytest.approx(0.012)
    assert (linear[1:] < scaled[1:]).all()

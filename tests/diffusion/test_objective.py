"""Objectives: each output means the same clip, and the loss sees what it should."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.diffusion.objective import Objective, diffuse, from_x, per_clip_loss, stratified_times, target, to_x_eps
from minivid.diffusion.schedule import COSINE, variance_preserving

CLIP = (2, 1, 3, 4, 4)


def pair(seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(CLIP, generator=generator, dtype=torch.float64), torch.randn(
        CLIP, generator=generator, dtype=torch.float64
    )


@given(logsnr=st.floats(-12, 12), seed=st.integers(0, 999))
@pytest.mark.parametrize("objective", Objective)
def test_a_perfect_output_gives_back_clip_and_noise(objective, logsnr, seed):
    x, eps = pair(seed)
    alpha, sigma = variance_preserving(torch.tensor(logsnr, dtype=torch.float64))
    z = diffuse(x, eps, alpha, sigma)
    x_hat, eps_hat = to_x_eps(objective, target(objective, x, eps, alpha, sigma), z, alpha, sigma)
    torch.testing.assert_close(x_hat, x, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(eps_hat, eps, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("objective", Objective)
def test_from_x_undoes_to_x_eps(objective):
    output, z = pair(1)
    alpha, sigma = variance_preserving(torch.tensor(0.7, dtype=torch.float64))
    x_hat, _ = to_x_eps(objective, output, z, alpha, sigma)
    torch.testing.assert_close(from_x(objective, x_hat, z, alpha, sigma), output)


@pytest.mark.parametrize("objective", Objective)
def test_the_loss_of_the_all_knowing_model_is_zero(objective):
    x, eps = (tensor.float() for tensor in pair(2))
    u = torch.tensor([0.3, 0.8])

    def knows(z, logsnr, cond):
        alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(logsnr))
        return target(objective, x, eps, alpha, sigma)

    loss = per_clip_loss(knows, x, eps, u, None, COSINE, objective)
    torch.testing.assert_close(loss, torch.zeros(2))


def test_a_network_that_says_zero_loses_one_in_v_on_data_of_unit_variance():
    """The curve band 'flat at 1.0: the network predicts zero'."""
    generator = torch.Generator().manual_seed(0)
    x, eps = torch.randn(64, 1, 8, 8, 8, generator=generator), torch.randn(64, 1, 8, 8, 8, generator=generator)
    loss = per_clip_loss(
        lambda z, t, cond: torch.zeros_like(z), x, eps, stratified_times(64, generator), None, COSINE, Objective.V
    )
    assert abs(loss.mean() - 1) < 0.02


def test_stratified_times_visit_every_stratum_once():
    times = stratified_times(32, torch.Generator().manual_seed(0))
    assert (times * 32).floor().long().sort().values.tolist() == list(range(32))
    assert not torch.equal(times, times.sort().values)

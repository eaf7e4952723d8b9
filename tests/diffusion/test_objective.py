"""Objectives: each output means the same clip, and the loss sees what it should."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.diffusion.objective import (
    SIGMA_DATA,
    Objective,
    diffuse,
    from_x,
    per_clip_loss,
    scaled,
    stratified_times,
    target,
    to_x_eps,
)
from minivid.diffusion.schedule import COSINE, RECTIFIED, interpolating, variance_preserving

CLIP = (2, 1, 3, 4, 4)


def pair(seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(CLIP, generator=generator, dtype=torch.float64), torch.randn(
        CLIP, generator=generator, dtype=torch.float64
    )


@given(logsnr=st.floats(-12, 12), seed=st.integers(0, 999))
@pytest.mark.parametrize("alpha_sigma", [variance_preserving, interpolating])
@pytest.mark.parametrize("objective", Objective)
def test_a_perfect_output_gives_back_clip_and_noise(objective, alpha_sigma, logsnr, seed):
    x, eps = pair(seed)
    alpha, sigma = alpha_sigma(torch.tensor(logsnr, dtype=torch.float64))
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


def test_an_output_is_two_coefficients():
    """a x + b ε: written out once more, for each."""
    x, eps = pair()
    alpha, sigma = variance_preserving(torch.tensor(0.3, dtype=torch.float64))
    said = {
        Objective.EPS: eps,
        Objective.X: x,
        Objective.V: alpha * eps - sigma * x,
        Objective.FLOW: eps - x,
    }
    for objective, expected in said.items():
        torch.testing.assert_close(target(objective, x, eps, alpha, sigma), expected)


def test_the_flow_is_the_velocity_of_the_straight_path():
    """dz/du on the rectified schedule, by a finite difference."""
    x, eps = pair()
    levels = [interpolating(RECTIFIED.logsnr(torch.tensor(u, dtype=torch.float64))) for u in (0.4 - 1e-6, 0.4 + 1e-6)]
    before, after = (diffuse(x, eps, *level) for level in levels)
    torch.testing.assert_close(
        (after - before) / 2e-6, target(Objective.FLOW, x, eps, *levels[0]), atol=1e-6, rtol=1e-6
    )


def test_edm_asks_for_unit_variance_and_is_given_it():
    """Inputs and targets of Karras et al. 2022 have variance one at every level, if the data's deviation is SIGMA_DATA."""
    generator = torch.Generator().manual_seed(0)
    x, eps = (torch.randn(200, 1, 4, 8, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    x = x * SIGMA_DATA
    for logsnr in torch.tensor([-8.0, 0.0, 8.0], dtype=torch.float64):
        alpha, sigma = variance_preserving(logsnr)
        assert target(Objective.EDM, x, eps, alpha, sigma).std() == pytest.approx(1, abs=0.02)
        given = scaled(lambda z, t, cond: z, COSINE, Objective.EDM)(diffuse(x, eps, alpha, sigma), logsnr.expand(200))
        assert given.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("objective", "logsnr", "sentence"),
    [
        (Objective.EPS, -torch.inf, "zero terminal SNR"),
        (Objective.X, torch.inf, "z is the clip itself"),
    ],
)
def test_what_cannot_be_known_is_a_sentence_and_no_nan(objective, logsnr, sentence):
    x, eps = pair()
    levels = variance_preserving(torch.tensor(logsnr, dtype=torch.float64))
    with pytest.raises(ValueError, match=sentence):
        to_x_eps(objective, x, eps, *levels)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("logsnr", [-torch.inf, torch.inf])
def test_where_it_can_be_known_the_ends_give_finite_numbers(objective, logsnr):
    x, eps = pair()
    alpha, sigma = variance_preserving(torch.tensor(logsnr, dtype=torch.float64))
    if (objective, logsnr) in ((Objective.EPS, -torch.inf), (Objective.X, torch.inf)):
        return
    z, output = diffuse(x, eps, alpha, sigma), target(objective, x, eps, alpha, sigma)
    for found, expected in zip(to_x_eps(objective, output, z, alpha, sigma), (x, eps), strict=True):
        torch.testing.assert_close(found, expected)


def test_a_time_for_each_frame_weighs_each_frame_at_its_own_level():
    x, eps = (tensor.float() for tensor in pair(2))
    each, alike = torch.tensor([[0.1, 0.5, 0.9], [0.3, 0.3, 0.3]]), torch.tensor([0.5, 0.3])
    answer = lambda z, t, cond: 0.5 * z  # noqa: E731
    by_frame = per_clip_loss(answer, x, eps, each, None, COSINE, Objective.V)
    by_clip = per_clip_loss(answer, x, eps, alike, None, COSINE, Objective.V)
    torch.testing.assert_close(by_frame[1], by_clip[1])
    assert abs(by_frame[0] - by_clip[0]) > 1e-3

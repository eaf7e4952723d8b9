"""Samplers in the one-Gaussian world, where the best denoiser is known: x ~ N(m, s²), so x̂ = E[x | z] in closed form."""

import itertools

import pytest
import torch

from minivid.diffusion.objective import Objective, from_x
from minivid.diffusion.samplers import ancestral, ancestral_step, ddim, sample
from minivid.diffusion.schedule import COSINE, LINEAR, variance_preserving

MEAN, STD = 0.3, 0.4


def gaussian_denoiser(objective):
    """E[x | z] = m + (α s² / (α² s² + σ²)) (z − α m), said in the objective's words."""

    def model(z, t, cond=None):
        alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(t))
        x_hat = MEAN + alpha * STD**2 / (alpha**2 * STD**2 + sigma**2) * (z - alpha * MEAN)
        return from_x(objective, x_hat, z, alpha, sigma)

    return model


def noise(n: int = 10_000, seed: int = 0):
    return torch.randn(n, 1, 1, 1, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("schedule", [COSINE, LINEAR], ids=["cosine", "linear"])
@pytest.mark.parametrize("sampler", [ancestral, ddim])
def test_samplers_recover_the_gaussian_world(sampler, schedule, objective):
    generator = torch.Generator().manual_seed(1)
    x = sample(
        sampler(gaussian_denoiser(objective), noise(), schedule, steps=1000, objective=objective, generator=generator)
    )
    # four standard errors of the estimates, and what discretisation at 1000 steps still costs (3.6 % at 200, falling as 1/steps)
    assert abs(x.mean() - MEAN) < 4 * STD / 10_000**0.5
    assert abs(x.std() / STD - 1) < 4 / (2 * 10_000) ** 0.5 + 0.008


def test_ddim_converges_with_order_one():
    """The error halves when the steps double (a first-order solver of the probability-flow equation)."""
    z = noise(64)
    fine = sample(ddim(gaussian_denoiser(Objective.V), z, COSINE, steps=4096))
    errors = [
        (sample(ddim(gaussian_denoiser(Objective.V), z, COSINE, steps=n)) - fine).abs().mean() for n in (32, 64, 128)
    ]
    for coarse, finer in itertools.pairwise(errors):
        assert 1.6 < coarse / finer < 2.4


def test_ddim_with_eta_one_has_the_ancestral_steps_distribution():
    """One update from the same z: the same mean and the same standard deviation."""
    z = torch.full((40_000, 1, 1, 1, 1), 0.7, dtype=torch.float64)
    model = gaussian_denoiser(Objective.V)
    draws = []
    for sampler, kwargs in ((ancestral, {}), (ddim, {"eta": 1.0})):
        path = sampler(model, z, COSINE, steps=4, generator=torch.Generator().manual_seed(2), **kwargs)
        next(path)
        draws.append(next(path)[0])
    assert abs(draws[0].mean() - draws[1].mean()) < 0.02
    assert abs(draws[0].std() / draws[1].std() - 1) < 0.02


def test_the_last_step_adds_no_noise():
    model = gaussian_denoiser(Objective.V)
    *_, (z, x_hat) = ancestral(model, noise(8), COSINE, steps=5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(z, x_hat)


def test_gamma_moves_the_noise_from_the_posteriors_to_the_forward_one():
    x_hat, z_t, one = torch.zeros(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1, 1), torch.ones(1, 1, 1, 1, 1)
    s, t = torch.tensor(1.0), torch.tensor(-1.0)
    low, high = (ancestral_step(x_hat, z_t, s, t, one, gamma).item() for gamma in (0.0, 1.0))
    kept = torch.exp(t - s)
    assert low == pytest.approx(((1 - kept) * torch.sigmoid(-s)).sqrt().item())
    assert high == pytest.approx(((1 - kept) * torch.sigmoid(-t)).sqrt().item())


def test_clipping_is_off_unless_asked_for():
    far = lambda z, t, cond: torch.full_like(z, 3.0)  # noqa: E731
    z = noise(2)
    assert sample(ddim(far, z, steps=4, objective=Objective.X)).max() == 3
    assert sample(ddim(far, z, steps=4, objective=Objective.X, clip=True)).max() == 1


def test_a_sampler_without_steps_says_so():
    with pytest.raises(ValueError, match="at least one"):
        sample(iter(()))

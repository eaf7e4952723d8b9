"""Points in a plane: the closed forms against autograd and against counting, and the way back to the moons."""

import pytest
import torch

from minivid.chapters.ch03.experiments.points import backwards, spread, two_moons
from minivid.diffusion import COSINE, guided, variance_preserving

MOONS = two_moons()
LEVELS = COSINE.logsnr(torch.linspace(1, 0, 61))


def noise(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def nearest(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Distance to the nearest of the moons' points, and the moon that it belongs to."""
    distance, which = torch.cdist(z, MOONS.x).min(1)
    return distance, MOONS.group[which]


@pytest.mark.parametrize("level", [-5.0, 0.0, 4.0])
@pytest.mark.parametrize("group", [None, 0, 1])
def test_the_score_is_the_gradient_of_the_log_density(level, group):
    z, logsnr = noise(20).requires_grad_(), torch.tensor(level)
    gradient = torch.autograd.grad(MOONS.log_density(z, logsnr, group).sum(), z)[0]
    torch.testing.assert_close(MOONS.score(z.detach(), logsnr, group), gradient, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("group", [None, 0])
def test_the_density_sums_to_one(group):
    axis = torch.linspace(-6, 6, 241)
    density = MOONS.log_density(torch.cartesian_prod(axis, axis), torch.tensor(0.0), group).exp()
    assert density.sum().item() * (12 / 240) ** 2 == pytest.approx(1, abs=1e-3)


def test_the_guess_is_the_mean_of_the_points_that_were_noised_to_here():
    logsnr, here = torch.tensor(0.0), torch.tensor([[-0.9, -0.4]])
    many = MOONS.x.repeat(2000, 1)
    alpha, sigma = variance_preserving(logsnr)
    near = (alpha * many + sigma * noise(len(many)) - here).norm(dim=1) < 0.1
    torch.testing.assert_close(many[near].mean(0), MOONS.x_hat(here, logsnr)[0], atol=0.05, rtol=0)


def test_v_is_that_of_the_guess():
    z, logsnr = noise(5), torch.full((5,), 1.0)
    alpha, sigma = variance_preserving(torch.tensor(1.0))
    torch.testing.assert_close(alpha * z - sigma * MOONS.v(z, logsnr), MOONS.x_hat(z, logsnr), atol=1e-5, rtol=1e-5)


def test_the_way_back_ends_on_both_moons():
    distance, moon = nearest(backwards(noise(200), MOONS.x_hat, LEVELS)[-1])
    assert distance.max() < 0.1
    assert 0.4 < moon.float().mean() < 0.6


def test_guidance_leads_to_one_moon_and_costs_spread():
    spreads = []
    for scale in (1.0, 3.0):
        strong = guided(MOONS.v, scale)

        def guess(z, level, strong=strong):
            alpha, sigma = variance_preserving(level)
            return alpha * z - sigma * strong(z, level.expand(len(z)), 0)

        ends = backwards(noise(200), guess, LEVELS)[-1]
        distance, moon = nearest(ends)
        assert distance.max() < 0.1 and (moon == 0).float().mean() > 0.98
        spreads.append(spread(ends))
    assert spreads[1] < 0.85 * spreads[0]

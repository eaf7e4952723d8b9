"""The world with one Gaussian: its network is the mean that belongs to z, its path is where a fine sampler goes."""

import torch

from minivid.chapters.ch04.gaussian import LADDER, Gaussian
from minivid.diffusion import Objective, ddim, diffuse, dpm_solver_2m, variance_preserving

WORLD = Gaussian()


def test_its_network_says_the_mean_of_the_clips_that_belong_to_a_z():
    generator = torch.Generator().manual_seed(0)
    x = WORLD.mean + WORLD.std * torch.randn(400_000, 1, 1, 1, 1, generator=generator, dtype=torch.float64)
    level = torch.tensor(-0.5, dtype=torch.float64)
    alpha, sigma = variance_preserving(level)
    z = diffuse(x, torch.randn(x.shape, generator=generator, dtype=torch.float64), alpha, sigma)
    near = ((z - 0.8).abs() < 0.02).flatten()
    said = WORLD.network(Objective.X)(torch.full((1, 1, 1, 1, 1), 0.8, dtype=torch.float64), level.expand(1))
    assert abs(x[near].mean() - said) < 4 * WORLD.std / near.sum() ** 0.5 + 0.005


def test_its_density_is_the_normal_of_z():
    alpha, sigma = variance_preserving(torch.tensor(0.3))
    z = torch.randn(3, 1, 2, 1, 1)
    normal = torch.distributions.Normal(alpha * WORLD.mean, WORLD.spread(alpha, sigma))
    apart = WORLD.log_density(z, alpha, sigma) - WORLD.log_density(0 * z, alpha, sigma)
    torch.testing.assert_close(apart, (normal.log_prob(z) - normal.log_prob(0 * z)).sum())


def test_a_fine_sampler_arrives_where_the_path_leads():
    errors = [WORLD.error_half_way(dpm_solver_2m, steps) for steps in (16, 256)]
    assert errors[1] < 1e-5 < errors[0]
    assert WORLD.error_half_way(ddim, 16) > 5 * errors[0]


def test_half_of_the_ladder_is_two():
    assert LADDER.logsnr(torch.tensor([1.0, 0.5])).tolist() == [-4, 2]

"""The world with one Gaussian: its network is the mean that belongs to z, its path is where a fine sampler goes."""

import torch

from minivid.chapters.ch04.gaussian import LADDER, Gaussian
from minivid.diffusion import Objective, ddim, diffuse, dpm_solver_2m, euler_maruyama, variance_preserving

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


def test_a_fine_sampler_keeps_the_moments_and_one_that_holds_its_guess_loses_some():
    mean, deviation = WORLD.moments_half_way(dpm_solver_2m, 64)
    assert abs(mean - 1) < 0.03 and abs(deviation - 1) < 0.01
    coarse = [WORLD.moments_half_way(ddim, steps)[1] for steps in (2, 8)]
    assert coarse[0] < coarse[1] < 0.97


def test_what_the_chapter_says_of_chance_and_moments():
    """With few steps chance makes the deviation smaller, the SDE makes it larger, and with many all come to 1."""

    def deviation(sampler, steps, **options):
        given = options if options.get("eta") == 0 else options | {"generator": torch.Generator().manual_seed(11)}
        return WORLD.moments_half_way(sampler, steps, **given)[1]

    for steps in (2, 4, 8):
        without, half, whole = (deviation(ddim, steps, eta=eta) for eta in (0.0, 0.5, 1.0))
        assert whole < half < without < 1 < deviation(euler_maruyama, steps)
    for sampler, options in ((ddim, {"eta": 0.0}), (ddim, {"eta": 1.0}), (euler_maruyama, {})):
        assert abs(deviation(sampler, 64, **options) - 1) < 0.03

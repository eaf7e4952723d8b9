"""Second-order samplers, the SDE, inversion, loss weights and distillation targets, in the one-Gaussian world with its exact path."""

import math
from itertools import islice

import pytest
import torch

from minivid.diffusion import (
    COSINE,
    RECTIFIED,
    Objective,
    ancestral,
    angle,
    ddim,
    ddim_inversion,
    diffuse,
    dpm_solver_2m,
    euler_maruyama,
    heun,
    logsnr_of,
    min_snr,
    rotate,
    sample,
    score,
    target,
    x_weight,
)
from minivid.diffusion.distill import mean_flow_target, progressive_target
from minivid.diffusion.objective import from_x, to_x_eps
from minivid.diffusion.samplers import predict
from minivid.diffusion.schedule import Schedule, like, variance_preserving
from minivid.diffusion.solvers import step_with

MEAN, STD = 0.3, 0.4
FALLING = Schedule(lambda u: 8 - 12 * u)  # half of its steps lead from λ = −4 to λ = 2
PLAIN = tuple(objective for objective in Objective if objective is not Objective.EDM)


def world(objective, schedule=FALLING):
    """E[x | z], said in the objective's words."""

    def model(z, t, cond=None):
        alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(t))
        x_hat = MEAN + alpha * STD**2 / (alpha**2 * STD**2 + sigma**2) * (z - alpha * MEAN)
        return from_x(objective, x_hat, z, alpha, sigma)

    return model


def spread_at(logsnr):
    alpha, sigma = variance_preserving(logsnr)
    return (alpha**2 * STD**2 + sigma**2).sqrt()


def exact(z, logsnr_t, logsnr_s):
    """Where the deterministic path from z leads."""
    (alpha_t, _), (alpha_s, _) = variance_preserving(logsnr_t), variance_preserving(logsnr_s)
    return alpha_s * MEAN + spread_at(logsnr_s) / spread_at(logsnr_t) * (z - alpha_t * MEAN)


def double(value):
    return torch.tensor(value, dtype=torch.float64)


def clips(n=64, seed=0):
    return torch.randn(n, 1, 2, 1, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def half_way(sampler, z, steps, **options):
    """z at λ = 2, after half of the steps."""
    *_, (z, _) = islice(sampler(world(Objective.V), z, FALLING, Objective.V, steps=2 * steps, **options), steps)
    return z


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (heun, 2), (dpm_solver_2m, 2)])
def test_a_samplers_error_falls_with_its_order(sampler, order):
    z, truth = clips(), exact(clips(), double(-4.0), double(2.0))
    errors = [(half_way(sampler, z, n) - truth).abs().mean().item() for n in (64, 128)]
    assert abs(math.log2(errors[0] / errors[1]) - order) < 0.2


@pytest.mark.parametrize("sampler", [ancestral, euler_maruyama])
def test_a_random_sampler_has_the_worlds_moments(sampler):
    n, (alpha, _) = 10_000, variance_preserving(double(-4.0))
    z = alpha * MEAN + spread_at(double(-4.0)) * clips(n)
    z = half_way(sampler, z, 200, generator=torch.Generator().manual_seed(1))
    alpha, _ = variance_preserving(double(2.0))
    spread = spread_at(double(2.0))
    # 2 n values; four standard errors, and 2 % for the steps' size
    assert abs(z.mean() - alpha * MEAN) < 4 * spread / (2 * n) ** 0.5 + 0.005
    assert abs(z.std() / spread - 1) < 4 / (4 * n) ** 0.5 + 0.02


@pytest.mark.parametrize("sampler", [heun, dpm_solver_2m])
@pytest.mark.parametrize("objective", [Objective.V, Objective.X, Objective.FLOW])
def test_second_order_samplers_begin_where_nothing_of_the_clip_is_left(sampler, objective):
    schedule = Schedule(lambda u: 2 * (torch.log1p(-u) - torch.log(u)))
    x = sample(sampler(world(objective, schedule), clips(5000), schedule, objective, steps=100))
    assert abs(x.mean() - MEAN) < 4 * STD / 10_000**0.5
    assert abs(x.std() / STD - 1) < 4 / 20_000**0.5 + 0.01


def test_inversion_and_back_is_the_clip_and_better_with_more_steps():
    x, model = MEAN + STD * clips(), world(Objective.V, COSINE)
    lost = []
    for steps in (50, 100, 200):
        noise = sample(ddim_inversion(model, x, COSINE, Objective.V, steps))
        back = sample(ddim(model, noise, COSINE, Objective.V, steps))
        lost.append((back - x).abs().mean().item())
    assert lost[0] > 1.5 * lost[1] > 2.25 * lost[2] and lost[2] < 0.02


def test_inversion_asks_at_the_level_that_z_has():
    asked = []

    def model(z, t, cond=None):
        asked.append(t[0])
        return torch.zeros_like(z)

    sample(ddim_inversion(model, clips(2), COSINE, Objective.V, steps=4))
    torch.testing.assert_close(torch.stack(asked), COSINE.logsnr(torch.linspace(0, 1, 5))[:-1])


@pytest.mark.parametrize("schedule", [COSINE, RECTIFIED], ids=["cosine", "rectified"])
@pytest.mark.parametrize("objective", PLAIN)
def test_the_score_is_the_densitys_gradient(objective, schedule):
    logsnr = double(0.7)
    alpha, sigma = schedule.alpha_sigma(logsnr)
    z = clips().requires_grad_()
    variance = alpha**2 * STD**2 + sigma**2
    gradient = torch.autograd.grad(-((z - alpha * MEAN) ** 2 / (2 * variance)).sum(), z)[0]
    output = world(objective, schedule)(z.detach(), logsnr)
    torch.testing.assert_close(score(objective, output, z.detach(), alpha, sigma), gradient)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("other", Objective)
def test_any_output_says_any_other_in_float64(objective, other):
    x, eps = clips(seed=1), clips(seed=2)
    for logsnr in (-8.0, 0.0, 8.0):
        alpha, sigma = variance_preserving(double(logsnr))
        z = diffuse(x, eps, alpha, sigma)
        said = to_x_eps(objective, target(objective, x, eps, alpha, sigma), z, alpha, sigma)
        torch.testing.assert_close(
            target(other, *said, alpha, sigma), target(other, x, eps, alpha, sigma), rtol=0, atol=1e-11
        )


def test_ddim_is_a_rotation():
    z, v = clips(seed=1), clips(seed=2)
    t, s = double(-1.0), double(1.5)
    ends = *variance_preserving(t), *variance_preserving(s)
    x_hat, _ = to_x_eps(Objective.V, v, z, *ends[:2])
    torch.testing.assert_close(rotate(z, v, angle(s) - angle(t)), step_with(x_hat, z, *ends))
    torch.testing.assert_close(logsnr_of(angle(t)), t)


@pytest.mark.parametrize("objective", Objective)
def test_a_weight_is_what_an_error_of_x_costs(objective):
    logsnr = double([-3.0, 0.0, 4.0])
    for level, weight in zip(logsnr, x_weight(objective, logsnr), strict=True):
        alpha, sigma = variance_preserving(level)
        z, x_hat, off = clips(seed=1), clips(seed=2), clips(seed=3)
        outputs = [from_x(objective, guess, z, alpha, sigma) for guess in (x_hat, x_hat + off)]
        torch.testing.assert_close((outputs[1] - outputs[0]).square().sum(), weight * off.square().sum())


def test_min_snr_is_the_published_one_for_noise_and_for_v():
    logsnr = torch.linspace(-6, 6, 25, dtype=torch.float64)
    snr = torch.exp(logsnr)
    torch.testing.assert_close(min_snr(Objective.EPS, logsnr), snr.clamp(max=5) / snr)
    torch.testing.assert_close(min_snr(Objective.V, logsnr), snr.clamp(max=5) / (snr + 1))


@pytest.mark.parametrize("objective", [Objective.V, Objective.EPS])
def test_one_step_of_the_students_is_two_of_the_teachers(objective):
    levels = [double([level] * 8) for level in (-2.0, -0.5, 1.0)]
    z, teacher = clips(8), world(objective)
    x = progressive_target(teacher, z, *levels, FALLING, objective)
    t, mid, s = (variance_preserving(level[0]) for level in levels)
    first, _ = predict(teacher, z, levels[0], FALLING, objective)
    z_mid = step_with(first, z, *t, *mid)
    second, _ = predict(teacher, z_mid, levels[1], FALLING, objective)
    torch.testing.assert_close(step_with(x, z, *t, *s), step_with(second, z_mid, *mid, *s))


def test_mean_flow_at_r_equal_t_is_flow_matching_exactly():
    z, v, t = clips(4, 1), clips(4, 2), torch.rand(4, dtype=torch.float64)
    assert torch.equal(mean_flow_target(lambda z, r, t: z * like(t * r, z), z, v, t, t), v)


def test_the_average_velocity_of_a_straight_path_is_its_own_target():
    """z = x + t v with x known: the average velocity (z − x)/t is v at every r, and its target says so."""
    x, v = clips(4, 1), clips(4, 2)
    r, t = torch.full((4,), 0.2, dtype=torch.float64), torch.full((4,), 0.7, dtype=torch.float64)
    found = mean_flow_target(lambda z, r, t: (z - x) / like(t, z), x + like(t, x) * v, v, r, t)
    torch.testing.assert_close(found, v)


def test_the_average_velocity_along_a_curve():
    """dz/dt = 2 t: from r to t the average is t + r, and the target with the true u is the true u."""
    z, r, t = clips(4), torch.full((4,), 0.2, dtype=torch.float64), torch.full((4,), 0.7, dtype=torch.float64)
    average = lambda z, r, t: like(r + t, z) * torch.ones_like(z)  # noqa: E731
    torch.testing.assert_close(mean_flow_target(average, z, like(2 * t, z).expand_as(z), r, t), average(z, r, t))

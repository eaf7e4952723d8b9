"""Samplers in the one-Gaussian world, where the best denoiser is known: x ~ N(m, s²), so x̂ = E[x | z] in closed form."""

import itertools

import pytest
import torch

from minivid.diffusion.objective import Objective, from_x
from minivid.diffusion.samplers import ancestral, ancestral_step, ddim, predict, sample
from minivid.diffusion.schedule import COSINE, SCHEDULES, Schedule, interpolating, like, variance_preserving

MEAN, STD = 0.3, 0.4


def gaussian_denoiser(objective, schedule=COSINE):
    """E[x | z] = m + (α s² / (α² s² + σ²)) (z − α m), said in the objective's words."""

    def model(z, t, cond=None):
        alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(t))
        x_hat = MEAN + alpha * STD**2 / (alpha**2 * STD**2 + sigma**2) * (z - alpha * MEAN)
        return from_x(objective, x_hat, z, alpha, sigma)

    return model


def last_level(schedule):
    """α at the schedule's end, and the deviation of z there."""
    alpha, sigma = schedule.alpha_sigma(schedule.logsnr(torch.ones((), dtype=torch.float64)))
    return alpha, (alpha**2 * STD**2 + sigma**2).sqrt()


def noise(n: int = 10_000, seed: int = 0):
    return torch.randn(n, 1, 1, 1, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("sampler", [ancestral, ddim])
def test_samplers_recover_the_gaussian_world(sampler, schedule, objective):
    generator = torch.Generator().manual_seed(1)
    model, (alpha, spread) = gaussian_denoiser(objective, schedule), last_level(schedule)
    z = alpha * MEAN + spread * noise()  # as the schedule ends, which is noise alone in all but one
    x = sample(sampler(model, z, schedule, objective, steps=1000, generator=generator))
    # four standard errors of the estimates, and what discretisation at 1000 steps still costs (3.6 % at 200, falling as 1/steps)
    assert abs(x.mean() - MEAN) < 4 * STD / 10_000**0.5
    assert abs(x.std() / STD - 1) < 4 / (2 * 10_000) ** 0.5 + 0.008


def test_from_noise_alone_a_table_that_ends_above_it_misses_the_mean_by_what_it_left():
    schedule, z = SCHEDULES["scaled-linear"], noise()
    alpha, spread = last_level(schedule)
    x = sample(ddim(gaussian_denoiser(Objective.V, schedule), z, schedule, Objective.V, steps=1000))
    arrives = MEAN + STD / spread * (z.mean() - alpha * MEAN)
    assert abs(x.mean() - arrives) < 1e-3 < MEAN + STD / spread * z.mean() - arrives


def test_ddim_converges_with_order_one():
    """The error halves when the steps double (a first-order solver of the probability-flow equation)."""
    z = noise(64)
    fine = sample(ddim(gaussian_denoiser(Objective.V), z, COSINE, Objective.V, steps=4096))
    errors = [
        (sample(ddim(gaussian_denoiser(Objective.V), z, COSINE, Objective.V, steps=n)) - fine).abs().mean()
        for n in (32, 64, 128)
    ]
    for coarse, finer in itertools.pairwise(errors):
        assert 1.6 < coarse / finer < 2.4


def test_ddim_with_eta_one_has_the_ancestral_steps_distribution():
    """One update from the same z: the same mean and the same standard deviation."""
    z = torch.full((40_000, 1, 1, 1, 1), 0.7, dtype=torch.float64)
    model = gaussian_denoiser(Objective.V)
    draws = []
    for sampler, kwargs in ((ancestral, {}), (ddim, {"eta": 1.0})):
        path = sampler(model, z, COSINE, Objective.V, steps=4, generator=torch.Generator().manual_seed(2), **kwargs)
        next(path)
        draws.append(next(path)[0])
    assert abs(draws[0].mean() - draws[1].mean()) < 0.02
    assert abs(draws[0].std() / draws[1].std() - 1) < 0.02


def test_the_last_step_adds_no_noise():
    model = gaussian_denoiser(Objective.V)
    *_, (z, x_hat) = ancestral(
        model, noise(8), COSINE, Objective.V, steps=5, generator=torch.Generator().manual_seed(0)
    )
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
    assert sample(ddim(far, z, COSINE, Objective.X, steps=4)).max() == 3
    assert sample(ddim(far, z, COSINE, Objective.X, steps=4, clip=True)).max() == 1


def test_a_sampler_without_steps_says_so():
    with pytest.raises(ValueError, match="at least one"):
        sample(iter(()))


def unbounded(alpha_sigma=variance_preserving) -> Schedule:
    """From λ = +∞ to λ = −∞: at u = 1 there is no clip left at all (zero terminal SNR)."""
    return Schedule(lambda u: 2 * (torch.log1p(-u) - torch.log(u)), alpha_sigma)


@pytest.mark.parametrize("alpha_sigma", [variance_preserving, interpolating])
@pytest.mark.parametrize("objective", [o for o in Objective if o is not Objective.EPS])
@pytest.mark.parametrize("sampler", [ancestral, ddim])
def test_at_zero_terminal_snr_samplers_still_recover_the_gaussian_world(sampler, objective, alpha_sigma):
    schedule, generator = unbounded(alpha_sigma), torch.Generator().manual_seed(1)
    model = gaussian_denoiser(objective, schedule)
    levels = []

    def heard(z, t, cond=None):
        levels.append(t)
        return model(z, t, cond)

    path = sampler(heard, noise(), schedule, objective, steps=1000, generator=generator)
    x = sample(path)
    assert abs(x.mean() - MEAN) < 4 * STD / 10_000**0.5
    assert abs(x.std() / STD - 1) < 4 / (2 * 10_000) ** 0.5 + 0.008
    assert torch.stack(levels).abs().max() == 20  # what a network is told is finite


@pytest.mark.parametrize("sampler", [ancestral, ddim])
def test_at_zero_terminal_snr_a_noise_predicting_network_is_refused_in_a_sentence(sampler):
    with pytest.raises(ValueError, match=r"zero terminal SNR.* train one that predicts v, x or the flow"):
        next(sampler(lambda z, t, cond: z, noise(2), unbounded(), Objective.EPS))


def test_a_level_for_each_frame_is_a_level_for_each_clip_where_they_are_equal():
    z, level = torch.randn(3, 1, 4, 2, 2), torch.tensor([-1.0, 0.0, 2.0])
    for objective in Objective:
        model = gaussian_denoiser(objective)
        each = predict(model, z, level[:, None].expand(-1, 4), COSINE, objective)
        for mine, theirs in zip(each, predict(model, z, level, COSINE, objective), strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)


def test_frames_at_levels_of_their_own_are_denoised_each_at_its_own():
    z, levels = torch.randn(2, 1, 4, 2, 2), torch.linspace(-2, 2, 8).reshape(2, 4)
    model = gaussian_denoiser(Objective.V)
    together, _ = predict(model, z, levels, COSINE, Objective.V)
    for frame in range(4):
        alone, _ = predict(model, z[:, :, frame : frame + 1], levels[:, frame], COSINE, Objective.V)
        torch.testing.assert_close(together[:, :, frame : frame + 1], alone)


@pytest.mark.parametrize("eta", [-0.1, 1.5, float("nan")])
def test_an_eta_that_would_give_no_numbers_is_refused(eta):
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        next(ddim(gaussian_denoiser(Objective.V), noise(2), COSINE, Objective.V, eta=eta))


def test_a_clipped_guess_at_a_clean_level_is_a_sentence_and_no_nan():
    with pytest.raises(ValueError, match="z is the clip itself"):
        predict(lambda z, t, cond: z, noise(2), torch.tensor(torch.inf), COSINE, Objective.V, clip=True)

"""Schedule, conversions and steps against diffusers' schedulers, at diffusers' own discrete noise levels."""

import pytest
import torch

from minivid.diffusion import (
    Objective,
    ancestral_step,
    ddim,
    diffuse,
    dpm_solver_2m,
    rescale_zero_terminal_snr,
    scaled,
    scaled_linear_alphas,
    target,
    to_x_eps,
)
from minivid.diffusion.objective import SIGMA_DATA
from minivid.diffusion.schedule import Schedule, linear_logsnr, variance_preserving

diffusers = pytest.importorskip("diffusers")
STEPS = 1000
CLIP = (2, 1, 3, 4, 4)
NAMES = {Objective.EPS: "epsilon", Objective.X: "sample", Objective.V: "v_prediction"}


def logsnr_table(scheduler) -> torch.Tensor:
    """log-SNR of diffusers' step k = 0 … T − 1."""
    alphas = scheduler.alphas_cumprod.double()
    return torch.log(alphas / (1 - alphas))


def random(seed: int):
    return torch.randn(CLIP, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def ddim_scheduler(objective: Objective):
    scheduler = diffusers.DDIMScheduler(
        STEPS, prediction_type=NAMES[objective], clip_sample=False, set_alpha_to_one=False, timestep_spacing="trailing"
    )
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    scheduler.final_alpha_cumprod = scheduler.alphas_cumprod[0]
    return scheduler


def test_diffuse_is_add_noise():
    scheduler = diffusers.DDPMScheduler(STEPS)
    x, eps, k = random(0), random(1), torch.tensor([30, 700])
    alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(logsnr_table(scheduler)[k]))
    torch.testing.assert_close(diffuse(x, eps, alpha, sigma), scheduler.add_noise(x, eps, k), atol=1e-6, rtol=1e-6)


def test_v_is_diffusers_velocity():
    scheduler = diffusers.DDPMScheduler(STEPS)
    x, eps, k = random(0), random(1), torch.tensor([30, 700])
    alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(logsnr_table(scheduler)[k]))
    torch.testing.assert_close(
        target(Objective.V, x, eps, alpha, sigma), scheduler.get_velocity(x, eps, k), atol=1e-6, rtol=1e-6
    )


def test_linear_schedule_in_log_snr_is_ddpms_betas_in_continuous_time():
    """T betas from 0.1/T to 20/T become Song et al.'s continuous β from 0.1 to 20: the difference falls as 1/T."""

    def difference(steps: int) -> float:
        table = logsnr_table(diffusers.DDPMScheduler(steps, beta_start=0.1 / steps, beta_end=20.0 / steps))
        u = (torch.arange(steps, dtype=torch.float64) + 1) / steps
        return (linear_logsnr(u) - table)[steps // 50 :].abs().max().item()

    assert difference(1000) < 0.1
    assert 3.5 < difference(1000) / difference(4000) < 4.5


@pytest.mark.parametrize("objective", NAMES)
@pytest.mark.parametrize("k", [999, 500, 20])
def test_ancestral_step_is_ddpms(objective, k):
    scheduler = diffusers.DDPMScheduler(
        STEPS, prediction_type=NAMES[objective], clip_sample=False, variance_type="fixed_small"
    )
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    output, z = random(2), random(3)
    table = logsnr_table(scheduler)
    x_hat, _ = to_x_eps(objective, output, z, *variance_preserving(table[k]))
    seeded = lambda: torch.Generator().manual_seed(4)  # noqa: E731
    theirs = scheduler.step(output, k, z, generator=seeded())
    noise = torch.randn(CLIP, generator=seeded(), dtype=torch.float64)
    torch.testing.assert_close(x_hat, theirs.pred_original_sample, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(
        ancestral_step(x_hat, z, table[k - 1], table[k], noise), theirs.prev_sample, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("objective", NAMES)
@pytest.mark.parametrize("eta", [0.0, 0.6])
def test_ddim_walks_diffusers_path(objective, eta, monkeypatch):
    """Ten updates of a network-like function, ours in log-SNR and theirs over their trailing timesteps, with the same fresh noise."""
    scheduler = ddim_scheduler(objective)
    scheduler.set_timesteps(10)
    table = logsnr_table(scheduler)
    levels = torch.cat([table[scheduler.timesteps], table[:1]])  # theirs end at ᾱ_0
    model = lambda z, t, cond=None: torch.tanh(z.flip(2)) * 0.5  # noqa: E731

    random_start = random(5)
    theirs, generator = random_start, torch.Generator().manual_seed(6)
    fresh = []
    for k in scheduler.timesteps:
        noise = torch.randn(CLIP, generator=generator, dtype=torch.float64)
        fresh.append(noise)
        theirs = scheduler.step(
            model(theirs, None), k, theirs, eta=eta, variance_noise=noise if eta else None
        ).prev_sample
        if k == scheduler.timesteps[-2]:
            before_last = theirs

    # our grid of u is these ten levels, one after another
    schedule = Schedule(lambda u: levels[(10 * (1 - u)).round().long()])
    replay = iter(fresh)
    monkeypatch.setattr(torch, "randn", lambda *shape, generator: next(replay))
    path = list(ddim(model, random_start, schedule, objective, steps=10, eta=eta))
    torch.testing.assert_close(path[-2][0], before_last, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.02, 0.7, 40.0])
def test_edm_is_karras_preconditioning(sigma):
    """Theirs has z = x + σ ε; ours the same divided by √(1 + σ²)."""
    theirs = diffusers.EDMEulerScheduler(sigma_data=SIGMA_DATA, prediction_type="epsilon")
    output, theirs_z, sigma = random(7), random(8), torch.tensor(sigma, dtype=torch.float64)
    logsnr = -2 * sigma.log()
    alpha, spread = variance_preserving(logsnr)
    x_hat, _ = to_x_eps(Objective.EDM, output, alpha * theirs_z, alpha, spread)
    torch.testing.assert_close(x_hat, theirs.precondition_outputs(theirs_z, output, sigma), atol=1e-6, rtol=1e-6)
    schedule = Schedule(lambda u: u)
    given = scaled(lambda z, t, cond: z, schedule, Objective.EDM)(alpha * theirs_z, logsnr.expand(2))
    torch.testing.assert_close(given, theirs.precondition_inputs(theirs_z, sigma), atol=1e-6, rtol=1e-6)


def test_ddim_over_edm_s_mixture_is_their_euler_sampler():
    """Karras et al.'s Euler step is DDIM's: theirs in z = x + σ ε, ours in the same divided by √(1 + σ²), to their float32."""
    scheduler = diffusers.EDMEulerScheduler(sigma_data=SIGMA_DATA, prediction_type="epsilon")
    scheduler.set_timesteps(6)
    network = lambda z, t=None, cond=None: torch.tanh(z.flip(2)) * 0.5  # noqa: E731
    levels = torch.cat([-2 * scheduler.sigmas[:-1].double().log(), torch.tensor([40.0], dtype=torch.float64)])
    schedule = Schedule(lambda u: levels.flip(0)[(u * 6).round().long()])
    theirs = random(11) * scheduler.sigmas[0].double()
    ours = scaled(network, schedule, Objective.EDM)
    path = ddim(ours, theirs * variance_preserving(levels[0])[0], schedule, Objective.EDM, steps=6)
    for k, level, (z, x_hat) in zip(scheduler.timesteps, levels[1:], path, strict=True):
        told = scheduler.step(network(scheduler.scale_model_input(theirs, k)), k, theirs)
        theirs = told.prev_sample.double()
        torch.testing.assert_close(x_hat, told.pred_original_sample.double(), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(z, theirs * variance_preserving(level)[0], atol=1e-4, rtol=1e-4)


def test_the_flow_walks_diffusers_straight_path():
    """One Euler step of the rectified flow is one DDIM step of ours."""
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=[0.8, 0.5])
    z, output = random(9).float(), random(10).float()
    theirs = scheduler.step(output, scheduler.timesteps[0], z).prev_sample
    x_hat, eps_hat = to_x_eps(Objective.FLOW, output, z, torch.tensor(0.2), torch.tensor(0.8))
    torch.testing.assert_close(0.5 * x_hat + 0.5 * eps_hat, theirs, atol=1e-6, rtol=1e-6)


def test_zero_terminal_snr_is_diffusers():
    from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr as theirs

    scheduler = diffusers.DDIMScheduler(STEPS, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    torch.testing.assert_close(scaled_linear_alphas(STEPS), scheduler.alphas_cumprod.double(), atol=1e-6, rtol=1e-5)
    alphas = torch.cumprod(1 - theirs(scheduler.betas.double()), 0)
    ours = rescale_zero_terminal_snr(scaled_linear_alphas(STEPS))
    assert ours[-1] == 0
    torch.testing.assert_close(ours, alphas, atol=1e-6, rtol=1e-4)


def test_dpm_solver_2m_is_diffusers():
    """Our sampler on the very levels that theirs walks, its last update, which is x̂ in both, included."""
    scheduler = diffusers.DPMSolverMultistepScheduler(
        STEPS, prediction_type="v_prediction", algorithm_type="dpmsolver++", solver_order=2, final_sigmas_type="zero"
    )
    scheduler.set_timesteps(10)
    scheduler.sigmas = scheduler.sigmas.double()
    levels = torch.cat([-2 * torch.log(scheduler.sigmas[:-1]), torch.tensor([40.0], dtype=torch.float64)])
    schedule = Schedule(lambda u: levels.flip(0)[(u * 10).round().long()])
    model = lambda z, t, cond=None: torch.tanh(z)  # noqa: E731  one that no level changes
    z = theirs = random(5)
    path = dpm_solver_2m(model, z, schedule, Objective.V, steps=10)
    for k, (ours, _) in zip(scheduler.timesteps, path, strict=True):
        theirs = scheduler.step(model(theirs, None), k, theirs).prev_sample
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)

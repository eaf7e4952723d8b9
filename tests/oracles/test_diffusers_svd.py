"""Stable Video Diffusion's preconditioning, sampler and guidance against diffusers."""

import pytest
import torch

from minivid.adapt.svd import preconditioning, ramp
from minivid.diffusion.objective import Objective, to_x_eps
from minivid.diffusion.samplers import ddim
from minivid.diffusion.schedule import Schedule, variance_preserving

diffusers = pytest.importorskip("diffusers")
SIGMAS = torch.tensor([0.002, 0.05, 0.5, 1.0, 7.0, 700.0], dtype=torch.float64)


def random(seed):
    return torch.randn(2, 3, 4, 5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_svd_s_preconditioning_is_the_v_objective(sigma):
    """`EDMEulerScheduler` with σ_data = 1 and v-prediction is what SVD samples by; SVD's own names are c_skip, c_out, c_in, c_noise."""
    theirs = diffusers.EDMEulerScheduler(sigma_data=1.0, prediction_type="v_prediction")
    y, output = random(0), random(1)
    c_skip, c_out, c_in, c_noise = preconditioning(sigma, Objective.V)
    torch.testing.assert_close(c_in * y, theirs.precondition_inputs(y, sigma))
    torch.testing.assert_close(c_noise, theirs.precondition_noise(sigma))
    # their v has the other sign: x̂ = c_skip y − c_out F is how EDMEulerScheduler writes it
    torch.testing.assert_close(c_skip * y + c_out * output, theirs.precondition_outputs(y, output, sigma))
    alpha, spread = variance_preserving(-2 * sigma.log())
    torch.testing.assert_close(to_x_eps(Objective.V, output, c_in * y, alpha, spread)[0], c_skip * y + c_out * output)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_edm_s_own_preconditioning_is_the_edm_objective(sigma):
    theirs = diffusers.EDMEulerScheduler(sigma_data=0.5, prediction_type="epsilon")
    y, output = random(2), random(3)
    c_skip, c_out, c_in, c_noise = preconditioning(sigma, Objective.EDM)
    torch.testing.assert_close(c_in * y, theirs.precondition_inputs(y, sigma))
    torch.testing.assert_close(c_skip * y + c_out * output, theirs.precondition_outputs(y, output, sigma))
    torch.testing.assert_close(c_noise, theirs.precondition_noise(sigma))


def test_svd_s_sampler_is_ddim_over_v():
    """`EulerDiscreteScheduler` as SVD's model card configures it: Karras's σ from 700 to .002, v-prediction, continuous time."""
    scheduler = diffusers.EulerDiscreteScheduler(
        prediction_type="v_prediction",
        timestep_type="continuous",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
        timestep_spacing="leading",
        final_sigmas_type="zero",
    )
    scheduler.set_timesteps(6)
    network = lambda z, t=None, cond=None: torch.tanh(z.flip(2)) * 0.5  # noqa: E731
    levels = torch.cat([-2 * scheduler.sigmas[:-1].double().log(), torch.tensor([40.0], dtype=torch.float64)])
    schedule = Schedule(lambda u: levels.flip(0)[(u * 6).round().long()])
    theirs = random(4) * scheduler.sigmas[0].double()
    path = ddim(network, theirs * variance_preserving(levels[0])[0], schedule, Objective.V, steps=6)
    for k, (_, x_hat) in zip(scheduler.timesteps, path, strict=True):
        torch.testing.assert_close(
            k.double(), scheduler.sigmas[scheduler.step_index or 0].double().log() / 4, rtol=1e-5, atol=1e-5
        )
        told = scheduler.step(network(scheduler.scale_model_input(theirs, k)), k, theirs)
        theirs = told.prev_sample.double()
        torch.testing.assert_close(x_hat, told.pred_original_sample.double(), atol=1e-3, rtol=1e-3)


def test_the_guidance_of_each_frame_is_their_pipeline_s():
    """`StableVideoDiffusionPipeline`: torch.linspace(min_guidance_scale, max_guidance_scale, num_frames), defaults 1 and 3."""
    import inspect

    pipeline = pytest.importorskip("diffusers.pipelines.stable_video_diffusion.pipeline_stable_video_diffusion")
    defaults = inspect.signature(pipeline.StableVideoDiffusionPipeline.__call__).parameters
    low, high = (defaults[f"{end}_guidance_scale"].default for end in ("min", "max"))
    torch.testing.assert_close(ramp(14), torch.linspace(low, high, 14))

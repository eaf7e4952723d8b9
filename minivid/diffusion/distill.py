"""What a student of fewer steps is trained on: targets only, the loop is train's (chapter 4)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from minivid.diffusion.objective import Level, Objective, Video
from minivid.diffusion.samplers import predict
from minivid.diffusion.schedule import Schedule, like
from minivid.diffusion.solvers import step_with

Times = Float[Tensor, "b"]
Numbers = Float[Tensor, "b ..."]


def progressive_target(
    teacher,
    z: Video,
    logsnr_t: Times,
    logsnr_mid: Times,
    logsnr_s: Times,
    schedule: Schedule,
    objective: Objective,
    cond=None,
) -> Video:
    """The x̂ with which *one* DDIM step from t to s ends where the teacher's two, over `mid`, end (Salimans & Ho 2022, alg. 2).

    logsnr_t < logsnr_mid < logsnr_s, a level for each clip. Computed in x: said in ε it would be divided by a σ that is almost 0 at
    the last step. A guided teacher is distilled with its guidance.
    """
    (t, mid, s) = (
        tuple(like(level, z) for level in schedule.alpha_sigma(at)) for at in (logsnr_t, logsnr_mid, logsnr_s)
    )
    x_hat, _ = predict(teacher, z, logsnr_t, schedule, objective, cond)
    z_mid = step_with(x_hat, z, *t, *mid)
    x_hat, _ = predict(teacher, z_mid, logsnr_mid, schedule, objective, cond)
    return x_of_step(z, step_with(x_hat, z_mid, *mid, *s), *t, *s)


def x_of_step(z_t: Video, z_s: Video, alpha_t: Level, sigma_t: Level, alpha_s: Level, sigma_s: Level) -> Video:
    """The x̂ that takes DDIM from z_t to z_s: `step_with` solved for x̂."""
    kept = sigma_s / sigma_t
    return (z_s - kept * z_t) / (alpha_s - kept * alpha_t)


def mean_flow_target(
    u: Callable[[Numbers, Times, Times], Numbers], z: Numbers, v: Numbers, r: Times, t: Times
) -> Numbers:
    """What the average velocity u(z, r, t) from r to t should be: v − (t − r) du/dt (Geng et al. 2025, eq. 6), held fixed.

    v is the velocity at z, ε − x; du/dt follows it, by a Jacobian-vector product with (v, 0, 1). At r = t it is v: flow matching.
    The fused kernels of attention have no such product; the plain one, which is taken here, has.
    """
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        _, derivative = torch.func.jvp(u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))
        return v - like(t - r, z) * derivative

"""Super-resolution by diffusion: beside a small clip, made large and a little noisy, is drawn what it lacks (chapter 6).

Li et al. 2021, "SRDiff", for drawing the difference to what interpolation makes: a network that says nothing makes just that. Ho et al. 2021, "Cascaded Diffusion Models", sec. 4.2, for the noise on what is given; Singer et al. 2022, "Make-A-Video", sec. 3.2, for layers
over space and time at the first enlargement, and for one noise in all frames at the second. Checked by tests/adapt/test_supers.py.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import Schedule
from minivid.nn.condition import Cond
from minivid.tools.seeds import generator, plain_generator

MOST = 0.5
"""The most noise, as a share σ, that is put on a small clip in training."""
USUAL = 0.1
"""How much of it in sampling."""
SCALE = 4.0
"""By how much the difference is made larger, so that it is not small beside the noise."""


def smaller(video: Float[Tensor, "b c t h w"], times: int = 2) -> Float[Tensor, "b c t h2 w2"]:
    """Each pixel the mean of times × times."""
    return F.avg_pool3d(video, (1, times, times))


def enlarged(video: Float[Tensor, "b c t h w"], times: int = 2) -> Float[Tensor, "b c t h2 w2"]:
    """Bicubic, frame by frame, cut to [−1, 1]: what super-resolution begins with, and has to beat."""
    frames = rearrange(video, "b c t h w -> (b t) c h w")
    large = F.interpolate(frames, scale_factor=times, mode="bicubic", align_corners=False).clamp(-1, 1)
    return rearrange(large, "(b t) c h w -> b c t h w", t=video.shape[2])


def missing(large: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
    """What is drawn: SCALE times what a clip has more than its small one, enlarged."""
    return SCALE * (large - enlarged(smaller(large)))


def completed(low: Float[Tensor, "b c t h w"], drawn: Float[Tensor, "b c t h2 w2"]) -> Float[Tensor, "b c t h2 w2"]:
    """The large clip, in [−1, 1]: the small one enlarged, and what it lacked."""
    return (enlarged(low) + drawn / SCALE).clamp(-1, 1)


def augmented(
    low: Float[Tensor, "b c t h w"], level: Float[Tensor, "b"], noise: Float[Tensor, "b c t h w"]
) -> Float[Tensor, "b c t h w"]:
    """√(1 − s²) low + s noise, for a level s of each clip in [0, 1): as deep in noise as diffusion itself would bring it."""
    s = level[:, None, None, None, None]
    return (1 - s**2).sqrt() * low + s * noise


def shown_small(
    low: Float[Tensor, "b c t h w"], level: Float[Tensor, "b"], noise: Float[Tensor, "b c t2 h2 w2"]
) -> Cond:
    """The condition: the small clip, enlarged and with that much noise, and how much as a number. A noise of one frame is in all of them."""
    large = enlarged(low)
    return Cond(known=augmented(large, level, noise.expand_as(large)), numbers=level[:, None])


def larger(
    model,
    low: Float[Tensor, "b c t h w"],
    schedule: Schedule,
    objective: Objective,
    steps: int = 20,
    level: float | int = USUAL,
    seed: int = 0,
    same_noise: bool = False,
) -> Float[Tensor, "b c t h2 w2"]:
    """Clips twice as large, by DDIM, in [−1, 1].

    same_noise: all frames of a clip begin from one noise, and bear one noise on what they are shown: a model of single frames then adds to
    like frames like details. Of `level`, 0 trusts every pixel of `low`.
    """
    b, c, t, h, w = low.shape
    one = (b, c, 1 if same_noise else t, 2 * h, 2 * w)
    z = torch.randn(one, generator=plain_generator(seed)).expand(b, c, t, 2 * h, 2 * w)
    noise = torch.randn(one, generator=generator((seed, 0), "shown"))
    cond = shown_small(low, torch.full((b,), float(level)), noise)
    return completed(low, sample(ddim(model, z, schedule, objective, steps, cond)))

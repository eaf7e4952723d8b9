"""The same network, sampled rightly and with one mistake in the code around it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from minivid.chapters.ch03.experiments.following import GUIDANCE
from minivid.data.captions import tokenize
from minivid.diffusion import COSINE, Objective, guided, to_x_eps, variance_preserving
from minivid.diffusion.objective import Video
from minivid.metrics.reader import DigitReader
from minivid.motion.trajectories import centroid
from minivid.nn.condition import Cond
from minivid.tools.seeds import plain_generator
from minivid.zoo import Model


def clinic(model: Model, captions: list[str], seed: int, steps: int) -> dict[str, Video]:
    """The sampler as it should be, and five times with one mistake in the code around the same network: the same captions and noise."""
    cond, world, chance = Cond(*tokenize(captions)), model.world, plain_generator(seed)
    start = torch.randn(len(captions), 1, world.frames, world.height, world.width, generator=chance)
    levels = COSINE.logsnr(torch.linspace(1, 0, steps + 1))
    strong = guided(model.network, GUIDANCE)

    def alone(z: Tensor, t: Tensor, cond: Cond | None) -> Tensor:
        """Every frame an image: temporal attention joins nothing."""
        return model.network(z, t, replace(cond or Cond(), images=z.shape[2]))

    def told_time(z: Tensor, t: Tensor, cond: Cond | None) -> Tensor:
        """The network is given u in [0, 1] for λ."""
        return strong(z, torch.atan(torch.exp(-t / 2)) * 2 / torch.pi, cond)

    @torch.no_grad()
    def run(
        denoiser: Callable, noise_at_the_end: bool = False, left_out: int = 0, objective: Objective = Objective.V
    ) -> Video:
        x, fresh = start, plain_generator(seed)
        for t, s in list(pairwise(levels))[: steps - left_out]:
            (alpha, sigma), (alpha_s, sigma_s) = variance_preserving(t), variance_preserving(s)
            x_hat, eps_hat = to_x_eps(objective, denoiser(x, t.expand(len(x)), cond), x, alpha, sigma)
            x = alpha_s * x_hat + sigma_s * eps_hat
        if noise_at_the_end:
            x = x + sigma * torch.randn(x.shape, generator=fresh)
        return x.clamp(-1, 1)

    return {
        "healthy": run(strong),
        "patient 1": run(strong, noise_at_the_end=True),
        "patient 2": run(strong, left_out=max(1, steps // 6)),
        "patient 3": run(guided(alone, GUIDANCE)),
        "patient 4": run(strong, objective=Objective.EPS),
        "patient 5": run(told_time),
    }


def clinic_table(clips: dict[str, Video], reader: DigitReader) -> str:
    """What can be measured on each patient without looking: grain of the background, frame-to-frame shift, digits read."""
    lines = [f"{'':12}{'background grain':>20}{'step of the centre, px':>26}   digits read, first clip"]
    for name, video in clips.items():
        shade = video.flatten(3).sort(-1).values  # the darkest three quarters of each frame are background
        grain = (shade[..., : 3 * shade.shape[-1] // 4] + 1).square().mean().sqrt().item()
        step = centroid(video).diff(dim=1).norm(dim=-1).mean().item()
        digits = " ".join(str(digit) if digit >= 0 else "-" for digit in reader.read(video)[0].tolist())
        lines.append(f"{name:12}{grain:>20.3f}{step:>26.2f}   {digits}")
    return "\n".join(lines)

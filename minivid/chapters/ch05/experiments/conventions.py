"""Three well-known codebases and their flows: which end is noise, and which way the network's arrow points."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from minivid.evaluation.report import aligned

Mixed = Callable[[Tensor, Tensor, float], Tensor]


@dataclass(frozen=True)
class Convention:
    """z at a time, and what the network is asked for, from clip, noise and time."""

    name: str
    where: str
    z: Mixed
    says: Callable[[Tensor, Tensor], Tensor]


CONVENTIONS = (
    Convention(
        "Stable Diffusion 3, in diffusers",
        "FlowMatchEulerDiscreteScheduler",
        lambda x, e, t: (1 - t) * x + t * e,
        lambda x, e: e - x,
    ),
    Convention("Open-Sora", "RFlowScheduler", lambda x, e, t: (1 - t) * x + t * e, lambda x, e: x - e),
    Convention("flow_matching, by Meta", "CondOTProbPath", lambda x, e, t: t * x + (1 - t) * e, lambda x, e: x - e),
)


def conventions_table(seed: int = 0) -> str:
    """What each is at t = 0, and whether its network says dz/dt or its opposite: found by asking its two functions."""
    x, e = torch.randn(2, 64, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    rows = [("", "t = 0 is", "the network says", "so a step back to the clip is")]
    for each in CONVENTIONS:
        slope = (each.z(x, e, 0.6) - each.z(x, e, 0.4)) / 0.2
        along = torch.allclose(each.says(x, e), slope)
        noise_first = torch.equal(each.z(x, e, 0.0), e)
        step = "t grows" if noise_first else "t falls"
        sign = "+" if along == noise_first else "−"
        rows.append(
            (
                each.name,
                "noise" if noise_first else "the clip",
                "dz/dt" if along else "−dz/dt",
                f"{step}, z {sign} |Δt| · output",
            )
        )
    return "\n".join(aligned(rows))

"""A flow network learns the simulator's exact flow; beside it stand the classical methods, in worlds known to it and in others."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.batches import in_turns
from minivid.data.world import World
from minivid.motion.network import FlowNet, FlowNetConfig
from minivid.run import Run
from minivid.train import Step, TrainConfig, Training

LOOKS = (
    {},
    {"texture": True},
    {"texture": True, "background": "clouds", "pan": 0.6},
    {"background": "checks", "pan": 0.6, "digits": 2},
)
"""Flat digits on black, textured ones, and two worlds with a moving camera."""
WORLDS = tuple(World(frames=2, size=32, **look) for look in LOOKS)


@dataclass(frozen=True)
class EndpointError:
    """The distance of the flow from the true one, in pixels, averaged over the pixels that can be followed."""

    def __call__(self, net: FlowNet, batch: tuple[Tensor, Tensor], step: Step) -> Float[Tensor, ""]:
        """The mean over the pixels of the rows of this process."""
        video, truth = map(step.own, batch)
        flow, known = truth[:, :2], truth[:, 2]
        distance = (net(video[:, :, 0], video[:, :, 1]) - flow).square().sum(1).add(1e-6).sqrt()
        return (distance * known).sum() / known.sum()


RUN = Run(
    "flow-small", FlowNetConfig(), EndpointError(), TrainConfig(steps=1500, batch=16, lr=2e-3, warmup=100), WORLDS
)


def pairs(n: int, key: tuple[int, ...]) -> tuple[Float[Tensor, "n 1 2 h w"], Float[Tensor, "n 3 h w"]]:
    """n pairs of frames, and for each its flow and, as a third channel, 1 where that can be followed."""
    parts = in_turns(WORLDS, n, key)
    truth = [torch.cat([part.flow[:, 0], ~part.occluded], dim=1) for part in parts]
    return torch.cat([part.video for part in parts]), torch.cat(truth)


def start(steps: int | None = None) -> Training:
    """The run, not yet begun, perhaps with fewer steps."""
    run = RUN if steps is None else Run(RUN.name, RUN.network, RUN.loss, RUN.training.shortened(steps), RUN.worlds)
    return run.start(data=pairs)

"""A flow network learns the simulator's exact flow; beside it stand the classical methods, in worlds known to it and in others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.batches import in_turns
from minivid.chapters.ch01.experiments.films import photographs
from minivid.data.world import World
from minivid.motion import backward_warp
from minivid.motion.flow import estimate_flow
from minivid.motion.gradients import lucas_kanade
from minivid.motion.network import FlowNet, FlowNetConfig
from minivid.run import Run
from minivid.tools.seeds import plain_generator
from minivid.train import Step, TrainConfig, Training

LOOKS = {
    "flat": {},
    "textured": {"texture": True},
    "clouds, camera": {"texture": True, "background": "clouds", "pan": 0.6},
    "checks, two digits": {"background": "checks", "pan": 0.6, "digits": 2},
}
"""Flat digits on black, textured ones, and two worlds with a moving camera."""
NAMES, PHOTOGRAPHS = tuple(LOOKS), "photographs"
WORLDS = tuple(World(frames=2, size=32, **look) for look in LOOKS.values())


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
    "flow-small", FlowNetConfig(), EndpointError(), TrainConfig(steps=1000, batch=16, lr=2e-3, warmup=100), WORLDS
)


def pairs(n: int, key: tuple[int, ...]) -> tuple[Float[Tensor, "n 1 2 h w"], Float[Tensor, "n 3 h w"]]:
    """n pairs of frames, and for each its flow and, as a third channel, 1 where that can be followed."""
    parts = in_turns(WORLDS, n, key)
    truth = [torch.cat([part.flow[:, 0], ~part.occluded], dim=1) for part in parts]
    return torch.cat([part.video for part in parts]), torch.cat(truth)


def start(steps: int | None = None, seed: int = 0) -> Training:
    """The run, not yet begun, perhaps with fewer steps."""
    training = replace(RUN.training.shortened(steps or RUN.training.steps), seed=seed)
    return replace(RUN, training=training).start(data=pairs)


Method = Callable[[Float[Tensor, "n c 2 h w"]], Float[Tensor, "n 1 2 h w"]]
METHODS: dict[str, Method] = {
    "nothing moves": lambda video: torch.zeros(len(video), 1, 2, *video.shape[-2:]),
    "gradients and a prior": partial(lucas_kanade, window=9),
    "Farnebäck": partial(estimate_flow, method="farneback"),
    "DIS": estimate_flow,
}


def photographs_panned(
    n: int, seed: int, side: int = 32
) -> tuple[Float[Tensor, "n 1 2 h w"], Float[Tensor, "n 3 h w"]]:
    """Pairs of windows of photographs, the second moved by up to 2 pixels: a world of which no digit was ever seen."""
    chance = torch.rand(5, n, generator=plain_generator(seed))
    way, frames = 2 * torch.stack([chance[0] - 0.5, chance[1] - 0.5]).mul(2), []
    for i in range(n):
        photo = photographs()[i % len(photographs())].mean(1, keepdim=True)
        top, left = (
            int(4 + c * (length - side - 8)) for c, length in zip(chance[2:4, i], photo.shape[-2:], strict=True)
        )
        window = photo[..., top - 4 : top + side + 4, left - 4 : left + side + 4]
        moved = backward_warp(window, -way[:, i].reshape(1, 2, 1, 1).expand(1, 2, side + 8, side + 8))
        frames.append(torch.stack([window, moved], dim=2)[..., 4:-4, 4:-4])
    flow = way.T[:, :, None, None].expand(n, 2, side, side)
    return torch.cat(frames), torch.cat([flow, torch.ones(n, 1, side, side)], dim=1)


def endpoint_errors(method: Method, n: int, seed: int) -> dict[str, tuple[float, float]]:
    """For each world, in unseen handwriting: the mean distance from the true flow on the digits, and wherever a point can be followed."""
    found = {}
    for name, world in zip(NAMES, WORLDS, strict=True):
        clips = replace(world, split="heldout").sample(n, seed)
        distance = (method(clips.video) - clips.flow).norm(dim=2)
        on_digit = (clips.mask[:, :-1, :-1].sum(1) > 0.5) & ~clips.occluded
        found[name] = distance[on_digit].mean().item(), distance[~clips.occluded].mean().item()
    video, truth = photographs_panned(n, seed)
    distance = (method(video)[:, 0] - truth[:, :2]).norm(dim=1).mean().item()
    return {**found, PHOTOGRAPHS: (distance, distance)}


def measure_flow(seeds: tuple[int, ...] = (0, 1, 2), n: int = 128) -> dict:
    """Endpoint errors of the network, trained once with each seed, and of the classical methods, in five worlds."""
    errors, curves = {name: [] for name in (*METHODS, "network")}, []
    for seed in seeds:
        training = start(seed=seed)
        curves.append([record.loss for record in training.steps(progress=False)])
        methods = {**METHODS, "network": training.ema.of_video}
        with torch.no_grad():
            for name, method in methods.items():
                errors[name].append(endpoint_errors(method, n, 1000 + seed))
    every = torch.arange(50, RUN.training.steps + 1, 50)
    smooth = [[sum(curve[step - 50 : step]) / 50 for step in every.tolist()] for curve in curves]
    return {"n": n, "steps": RUN.training.steps, "errors": errors, "curve_steps": every, "curves": smooth}


def flow_table(errors: Mapping[str, Sequence[Mapping[str, Sequence[float]]]], part: int) -> str:
    """Mean over the seeds, with the range, of each method in each world: on the digits (part 0) or everywhere (1). Pixels."""
    worlds = (*NAMES, PHOTOGRAPHS)
    lines = [f"{'':22}" + "".join(f"{name:>22}" for name in worlds)]
    for method in (*METHODS, "network"):
        of_seeds = errors[method]
        values = [[of_seed[world][part] for of_seed in of_seeds] for world in worlds]
        cells = [f"{mean(v):.3f} [{min(v):.3f}, {max(v):.3f}]" for v in values]
        lines.append(f"{method:22}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)

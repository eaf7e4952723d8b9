"""What two of the parts are worth: the zeros at the beginning, and the places."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from minivid.chapters.ch05.experiments.small import SMALL
from minivid.chapters.ch05.experiments.tricks import held_out
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.nn.attention.places import grid
from minivid.nn.dit import DiT, DiTConfig, Parts
from minivid.train import TrainConfig

NETWORK = replace(SMALL.network, dim=48, depth=4)
TRAINING = TrainConfig(steps=60, batch=16, lr=0.003, lr_matrices=0.06, ema=0.95, warmup=10)
LOOKS = (20, 40, 60)
"""Steps after which the loss on training's own clips is kept: the mean of the ten before."""


def nowhere(frames: int, rows: int, columns: int) -> Tensor:
    """Every token is told the same place."""
    return torch.zeros_like(grid(frames, rows, columns))


def written_over(config: DiTConfig) -> DiT:
    """The zeros first, and then Xavier for every linear layer: the wrong order of section 5.2."""
    network = DiT(config)
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
    return network


WHOLE = "zeros last, places told"
ARMS: dict[str, Callable[[DiTConfig], DiT]] = {
    WHOLE: DiT,
    "zeros written over": written_over,
    "no places": lambda config: DiT(config, Parts(places=nowhere)),
}


def measure_parts(seeds: tuple[int, ...] = (0, 1, 2), steps: int = TRAINING.steps) -> dict:
    """A small transformer without its zeros, and one without places: the loss on its way, and on held-out handwriting."""
    found = {"steps": steps, "looks": [look for look in LOOKS if look <= steps], "arms": {}}
    for name in ARMS:
        found["arms"][name] = {"way": [], "loss": []}
    for seed in seeds:
        for name, build in ARMS.items():
            run = replace(SMALL, network=NETWORK, training=replace(TRAINING.shortened(steps), seed=seed))
            training = run.start(build=lambda build=build: build(NETWORK))
            for _ in training.steps(progress=False):
                pass
            losses = torch.tensor([record.loss for record in training.records])
            found["arms"][name]["way"].append(
                [losses[max(0, look - 10) : look].mean().item() for look in found["looks"]]
            )
            found["arms"][name]["loss"].append(held_out(training.ema)["loss"])
            print(name, seed, found["arms"][name]["way"][-1], found["arms"][name]["loss"][-1], flush=True)
    return found


def against(found: Receipt, name: str) -> list[float]:
    """For each seed, by how much the held-out loss is above the whole network's, as a share of it."""
    mine, whole = found["arms"][name]["loss"], found["arms"][WHOLE]["loss"]
    return [a / b - 1 for a, b in zip(mine, whole, strict=True)]


def parts_table(found: Receipt) -> str:
    """The loss on the way, the mean of the seeds, and at the end against the whole network's, lowest and highest."""
    looks = [f"step {look}" for look in found["looks"]]
    rows = [("loss", *looks, "held out", "against the first")]
    for name in ARMS:
        each = found["arms"][name]
        way = torch.tensor(each["way"]).mean(0).tolist()
        values = against(found, name)
        spread = "" if name == WHOLE else f"{min(values):+.0%} to {max(values):+.0%}"
        loss = sum(each["loss"]) / len(each["loss"])
        rows.append((f"  {name}", *(f"{value:.3f}" for value in way), f"{loss:.3f}", spread))
    return "\n".join(aligned(rows))

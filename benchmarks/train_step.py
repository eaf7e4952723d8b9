"""A training step of ours beside other people's networks: `python -m benchmarks.train_step --setting 8x16x16 --rounds 20`.

One clip batch, one objective, one optimizer (AdamW) for everybody.
"""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from benchmarks import measure, table
from minivid.diffusion.objective import Objective, per_clip_loss, stratified_times
from minivid.diffusion.schedule import COSINE
from minivid.run import Run


def work(net: nn.Module, recipe: Run, batch: int, seed: int = 0) -> Callable[[], float]:
    """A step of training on one fixed batch: forward, backward, update. Returns the loss."""
    x, cond = measure.clips(recipe, batch, seed)
    generator = torch.Generator().manual_seed(seed)
    eps, u = torch.randn(x.shape, generator=generator), stratified_times(batch, generator)
    optimizer = torch.optim.AdamW(net.train().parameters(), lr=1e-4, fused=True)

    def step() -> float:
        optimizer.zero_grad()
        loss = per_clip_loss(net, x, eps, u, cond, COSINE, Objective.V).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main(
    setting: measure.Setting = "8x16x16",
    rounds: int = 20,
    batch: int = 8,
    threads: int = 2,
    seed: int = 0,
    json: Path | None = None,
) -> None:
    """Time a training step of every network, interleaved, and write the result.

    Args:
        setting: Frames × height × width of the clips, and with them which of our networks is compared.
        rounds: Steps of each network that count.
        batch: Clips a step.
        threads: Of torch.
        seed: Of clips, noise and weights.
        json: Where the result goes; benchmarks/results/ by default.
    """
    started, options = time.perf_counter(), measure.Options(rounds=rounds, batch=batch, threads=threads, seed=seed)
    found = measure.compare(work, measure.SETTINGS[setting], options)
    print(table.of_file(measure.report("train_step", setting, options, found, started, json)))


if __name__ == "__main__":
    measure.command(main)

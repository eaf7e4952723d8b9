"""A DDIM step of ours beside other people's networks: `python -m benchmarks.sampling --setting 8x16x16 --rounds 20`.

One call of the network on the whole batch, without guidance, and the update.
"""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import measure, table
from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim
from minivid.diffusion.schedule import COSINE
from minivid.run import Run

STEPS = 50
"""Of a whole sampling run; the clock takes them one by one."""


def work(net: nn.Module, recipe: Run, batch: int, seed: int = 0) -> Callable[[], Tensor]:
    """A step of sampling, from noise downwards; after the last one it begins again. Returns z."""
    x, cond = measure.clips(recipe, batch, seed)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))
    net.eval()
    path = (z for _ in count() for z, _ in ddim(net, noise, COSINE, Objective.V, STEPS, cond))
    return lambda: next(path)


def main(
    setting: measure.Setting = "8x16x16",
    rounds: int = 20,
    batch: int = 8,
    threads: int = 2,
    seed: int = 0,
    json: Path | None = None,
) -> None:
    """Time a sampling step of every network, interleaved, and write the result.

    Args:
        setting: Frames × height × width of the clips, and with them which of our networks is compared.
        rounds: Steps of each network that count.
        batch: Clips that are sampled together.
        threads: Of torch.
        seed: Of captions, noise and weights.
        json: Where the result goes; benchmarks/results/ by default.
    """
    started, options = time.perf_counter(), measure.Options(rounds=rounds, batch=batch, threads=threads, seed=seed)
    found = measure.compare(work, measure.SETTINGS[setting], options)
    print(table.of_file(measure.report("sampling", setting, options, found, started, json)))


if __name__ == "__main__":
    measure.command(main)

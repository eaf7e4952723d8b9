"""A training step and a DDIM step of transformers beside our U-Net of their size: `python -m benchmarks.transformer_step --rounds 10`.

What `train_step` and `sampling` do, in one process, on the clips of `vdm-digits`. Pixels are as each network takes them.
"""

import time
from pathlib import Path

import torch

from benchmarks import measure, sampling, table, train_step
from benchmarks.peers import OURS, TRANSFORMERS
from minivid.run import Run

WORK = {"a training step": train_step.work, "a sampling step": sampling.work}
SETTING = "16x32x32"


def found(recipe: Run, options: measure.Options) -> dict[str, list[dict]]:
    """Each kind of step: what there is to say of each network."""
    torch.set_num_threads(options.threads)
    return {name: measure.compare_row(work, recipe, False, options) for name, work in WORK.items()}


def main(
    rounds: int = 10, batch: int = 2, threads: int = 2, seed: int = 0, memory: bool = True, json: Path | None = None
) -> None:
    """Time both steps of every network, interleaved, and write the result.

    Args:
        rounds: Steps of each network that count.
        batch: Clips a step.
        threads: Of torch.
        seed: Of clips, captions, noise and weights.
        memory: Whether each network is weighed in a process of its own.
        json: Where the result goes; benchmarks/results/ by default.
    """
    options = measure.Options((OURS, *TRANSFORMERS), rounds, batch, threads, seed, memory)
    started = time.perf_counter()
    rows = found(measure.SETTINGS[SETTING], options)
    print(table.of_file(measure.report("transformer_step", SETTING, options, rows, started, json)))


if __name__ == "__main__":
    measure.command(main)

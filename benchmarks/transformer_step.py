"""A training step and a DDIM step of transformers beside our U-Net of their size: `python -m benchmarks.transformer_step --rounds 10`.

What `train_step` and `sampling` do, in one process, on the clips of `vdm-digits`. Pixels are as each network takes them; memory is not weighed.
"""

import time
from pathlib import Path
from typing import Literal

import torch

from benchmarks import measure, sampling, table, train_step
from benchmarks.peers import OURS, TRANSFORMERS
from minivid.run import Run

WORK = {"a training step": train_step.work, "a sampling step": sampling.work}


def found(recipe: Run, options: measure.Options) -> dict[str, list[dict]]:
    """Each kind of step: what there is to say of each network."""
    torch.set_num_threads(options.threads)
    return {name: measure.compare_row(work, recipe, False, options) for name, work in WORK.items()}


def main(
    setting: Literal["16x32x32"] = "16x32x32",
    rounds: int = 10,
    batch: int = 2,
    threads: int = 2,
    seed: int = 0,
    json: Path | None = None,
) -> None:
    """Time both steps of every network, interleaved, and write the result.

    Args:
        setting: Frames × height × width of the clips.
        rounds: Steps of each network that count.
        batch: Clips a step.
        threads: Of torch.
        seed: Of clips, captions, noise and weights.
        json: Where the result goes; benchmarks/results/ by default.
    """
    started, options = time.perf_counter(), measure.Options((OURS, *TRANSFORMERS), rounds, batch, threads, seed, False)
    rows = found(measure.SETTINGS[setting], options)
    print(table.of_file(measure.report("transformer_step", setting, options, rows, started, json)))


if __name__ == "__main__":
    measure.command(main)

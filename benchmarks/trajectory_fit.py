"""The fit of triangle waves to paths, ours for all at once beside scipy's for one at a time: `python -m benchmarks.trajectory_fit`.

Why `minivid.metrics.physics.refine` is written by hand: for 200 clips scipy's `least_squares` takes more than three times as long (of
fewer clips it takes less: ours has more to gain from many at once). Its older `leastsq` takes about twice as long. Both need the
wave and its derivatives written out once more in numpy, as here.
"""

import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from scipy.optimize import least_squares, leastsq
from torch import Tensor

from benchmarks import measure, table
from minivid.course.receipt import write_receipt
from minivid.metrics.physics import WALL_PULL, reach_walls, refine, starts
from minivid.motion.trajectories import centroid
from minivid.zoo import RECIPES

SETTINGS = {"8x16x16": "vdm-small", "16x32x32": "vdm-digits"}
"""The clips of which models the paths are of."""


def by_scipy(
    path: Float[Tensor, "n t"], begin: Float[Tensor, "n starts 4"], solve: Callable
) -> tuple[Float[Tensor, "n starts 4"], Float[Tensor, "n starts"]]:
    """What `refine` does, in numpy, each start of each path by itself; `solve(off, begin, slope)` is the method."""
    frames, found, left = path.shape[1], np.empty(begin.shape), np.empty(begin.shape[:2])
    times = np.arange(frames, dtype=float)
    for i, places in enumerate(path.numpy()):
        for j, first in enumerate(begin[i].numpy()):

            def off(unknown, places=places, first=first):
                start, velocity, low, high = unknown
                phase = (start + velocity * times - low) % (2 * (high - low))
                return np.concatenate([high - abs(phase - (high - low)) - places, WALL_PULL * (unknown - first)[2:]])

            def slope(unknown):
                start, velocity, low, high = unknown
                pairs, phase = np.divmod(start + velocity * times - low, 2 * (high - low))
                derivative = np.zeros((frames + 2, 4))
                sign = derivative[:frames, 0] = np.where(phase < high - low, 1.0, -1.0)
                derivative[:frames, 1], derivative[:frames, 2] = sign * times, 2 * pairs * sign
                derivative[:frames, 3] = 1 - sign - derivative[:frames, 2]
                derivative[frames, 2] = derivative[frames + 1, 3] = WALL_PULL
                return derivative

            found[i, j] = solve(off, first, slope)
            left[i, j] = np.square(off(found[i, j])).sum()
    return torch.from_numpy(found), torch.from_numpy(left)


METHODS = {
    "ours": refine,
    "least_squares": partial(by_scipy, solve=lambda off, x, slope: least_squares(off, x, slope, method="lm").x),
    "leastsq": partial(by_scipy, solve=lambda off, x, slope: leastsq(off, x, Dfun=slope)[0]),
}
"""The last two are one Fortran routine; what differs is what scipy does around it."""


def compare(model: str, paths: int, rounds: int, seed: int) -> dict[str, dict]:
    """Seconds of each method, times ours, and the error that is left (pixels², mean over paths and axes)."""
    video = RECIPES[model].worlds[0].sample(paths, seed).video
    walls, path = reach_walls(video), rearrange(centroid(video).double(), "b t xy -> (b xy) t")
    begin = starts(path, walls.low.double().flatten(), walls.high.double().flatten())
    seconds = measure.interleaved({name: partial(fit, path, begin) for name, fit in METHODS.items()}, rounds)
    ratios = {name: [own / ours for own, ours in zip(seconds[name], seconds["ours"], strict=True)] for name in METHODS}
    return {
        name: {
            "seconds": float(np.median(seconds[name])),
            "ratio": float(np.median(ratios[name])),
            "ratio_quartiles": measure.quartiles(ratios[name]),
            "left": fit(path, begin)[1].amin(1).mean().item(),
        }
        for name, fit in METHODS.items()
    }


def main(paths: int = 200, rounds: int = 20, seed: int = 0, json: Path | None = None) -> None:
    """Time the fit of many paths by every method, in turns, with one thread, and write the result.

    Args:
        paths: Of real clips; each is two fits, one along each axis.
        rounds: Fits of all paths by each method that count.
        seed: Of the clips.
        json: Where the result goes; benchmarks/results/trajectory_fit.json by default.
    """
    torch.set_num_threads(1)
    started, path = time.perf_counter(), json or table.RESULTS / "trajectory_fit.json"
    values = {
        "what": "trajectory_fit",
        "paths": paths,
        "rounds": rounds,
        "packages": {"scipy": version("scipy")},
        "rows": {setting: compare(model, paths, rounds, seed) for setting, model in SETTINGS.items()},
    }
    command = f"python -m benchmarks.trajectory_fit --paths {paths} --rounds {rounds} --seed {seed}"
    minutes = (time.perf_counter() - started) / 60
    write_receipt(path.stem, values, seeds=[seed], minutes=minutes, command=command, folder=path.parent)
    print(table.of_file(path))


if __name__ == "__main__":
    measure.command(main)

"""A sampler's path under a slider: the noisy clip z and the guess x̂ after each update (chapter 3).

Tests in tests/course/widgets/test_sampling.py.
"""

from collections.abc import Iterable

import ipywidgets as w
import numpy as np
from torch import Tensor

from minivid.course.widgets.dial import dial, slider, strips
from minivid.show.frames import read
from minivid.show.style import Picture

Path = Iterable[tuple[Tensor, Tensor]]


def sampling_path(path: Path) -> w.VBox:
    """A slider over a sampler's updates: z and x̂ of the first clip. `path` is the sampler itself or a list of (z, x̂).

    What lies outside [-1, 1] is clipped in the picture; the range of x̂ is written beside it.
    """
    steps = _steps(path)
    step = slider("update", len(steps), value=len(steps), width=420)
    step.min = 1
    return dial(lambda step: _one(steps, step), step=step)


def sampling_path_still(path: Path, rows: int = 6, frames: int = 4) -> Picture:
    """The static twin of `sampling_path`: z on the left, x̂ on the right, a few updates from first to last."""
    steps = _steps(path)
    chosen = np.unique(np.linspace(1, len(steps), min(rows, len(steps))).round().astype(int))
    t = steps[0][0].shape[1]
    seen = np.unique(np.linspace(0, t - 1, min(frames, t)).round().astype(int))
    cells = [
        [(f"after update {i} of {len(steps)}", _pixels(z[:, seen])), (_range(x_hat), _pixels(x_hat[:, seen]))]
        for i, (z, x_hat) in ((i, steps[i - 1]) for i in chosen)
    ]
    return strips(cells, heads=("z, the noisy clip", "x̂, the guess of the clean clip"))


def _steps(path: Path) -> list[tuple[Tensor, Tensor]]:
    """The first clip's (z, x̂), `c t h w`, after each update."""
    steps = [(z[0].detach().cpu(), x_hat[0].detach().cpu()) for z, x_hat in path]
    if not steps:
        raise ValueError(
            "the path has no updates; give the sampler at least one step, or list(path) if it was drained before."
        )
    return steps


def _one(steps: list[tuple[Tensor, Tensor]], i: int) -> Picture:
    z, x_hat = steps[i - 1]
    rows = [
        [(f"z after update {i} of {len(steps)}", _pixels(z))],
        [(f"x̂, the guess of the clean clip, {_range(x_hat)}", _pixels(x_hat))],
    ]
    return strips(rows, tall=96)


def _range(x_hat: Tensor) -> str:
    return f"from {x_hat.min():.2f} to {x_hat.max():.2f}"


def _pixels(clip: Tensor):
    return read(clip.clamp(-1, 1))[0]

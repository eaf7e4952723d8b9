"""A sampler's path under a slider: the noisy clip z and the guess x̂ after each update (chapter 3).

Tests in tests/chapters/ch03/widgets/test_sampling.py.
"""

from collections.abc import Iterable

import ipywidgets as w
import numpy as np
from torch import Tensor

from minivid.course.dial import dial, draw_strip, slider, strip_scale
from minivid.show.frames import read
from minivid.show.style import SOFT, Picture, look

WIDTH, EDGE, MIDDLE = 840, 8, 28  # pixels

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
    z, _ = steps[0]
    seen = np.unique(np.linspace(0, z.shape[1] - 1, min(frames, z.shape[1])).round().astype(int))
    half = (WIDTH - 2 * EDGE - MIDDLE) // 2
    k = strip_scale(len(seen), *z.shape[2:], half, 80)
    height = z.shape[2] * k
    with look():
        picture = Picture(WIDTH, 24 + len(chosen) * (height + 26))
        right = EDGE + half + MIDDLE
        picture.write(EDGE, 6, "z, the noisy clip", fontweight="bold")
        picture.write(right, 6, "x̂, the guess of the clean clip", fontweight="bold")
        for row, i in enumerate(chosen):
            top = 26 + row * (height + 26)
            z, x_hat = steps[i - 1]
            picture.write(EDGE, top, f"after update {i} of {len(steps)}", color=SOFT, fontsize=9)
            picture.write(right, top, _range(x_hat), color=SOFT, fontsize=9)
            draw_strip(picture, EDGE, top + 17, _pixels(z[:, seen]), k)
            draw_strip(picture, right, top + 17, _pixels(x_hat[:, seen]), k)
    return picture


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
    k = strip_scale(*z.shape[1:], WIDTH - 2 * EDGE, 96)
    height = z.shape[2] * k
    with look():
        picture = Picture(WIDTH, 2 * (height + 36))
        picture.write(EDGE, 6, f"z after update {i} of {len(steps)}", fontweight="bold")
        draw_strip(picture, EDGE, 26, _pixels(z), k)
        picture.write(EDGE, height + 40, "x̂, the guess of the clean clip", fontweight="bold")
        picture.write(EDGE + 260, height + 40, _range(x_hat), color=SOFT)
        draw_strip(picture, EDGE, height + 60, _pixels(x_hat), k)
    return picture


def _range(x_hat: Tensor) -> str:
    return f"from {x_hat.min():.2f} to {x_hat.max():.2f}"


def _pixels(clip: Tensor):
    return read(clip.clamp(-1, 1))[0]

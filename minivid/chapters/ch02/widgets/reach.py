"""Touch a frame, and see which places of the output change: for every block of the chapter (chapter 2).

Tests in tests/chapters/ch02/widgets/test_reach.py.
"""

from collections.abc import Mapping

import ipywidgets as w
import numpy as np
from jaxtyping import UInt8
from matplotlib.patches import Rectangle
from torch import Tensor

from minivid.course.widgets.dial import GAP, dial, render_strip, slider, strip_scale
from minivid.show.style import ORANGE, SOFT, Picture, look

WIDTH, EDGE, LEFT, TOP = 840, 8, 196, 40  # pixels; LEFT is where the frames begin
REACHED, NOT_REACHED = (0, 114, 178), (232, 232, 232)


def reach_viewer(reached: Mapping[str, Tensor]) -> w.VBox:
    """A switch of blocks and a slider over the touched frame. `reached` has for each block by name the maps `from t h w`: True where the
    output changes when that frame of the input is touched. Raises ValueError for maps of another shape."""
    named = _named(reached)
    frames = len(next(iter(named.values())))
    block = w.Dropdown(options=list(named), description="block", layout=w.Layout(width="300px"))
    frame = slider("touched", frames - 1, frames // 2)
    return dial(lambda block, frame: _draw({block: named[block]}, frame, tall=96), block=block, frame=frame)


def reach_viewer_still(reached: Mapping[str, Tensor], frame: int) -> Picture:
    """The static twin of `reach_viewer`: all blocks under each other, one touched frame. Raises ValueError for a frame that is not there."""
    named = _named(reached)
    frames = len(next(iter(named.values())))
    if not 0 <= frame < frames:
        raise ValueError(f"frame {frame} cannot be touched; there are frames 0 to {frames - 1}.")
    return _draw(named, frame, tall=54)


def _named(reached: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    if not reached:
        raise ValueError("there is nothing to look at; expected {name: maps}, as experiments.reach_of returns them.")
    for name, maps in reached.items():
        if maps.ndim != 4 or maps.shape[0] != maps.shape[1]:
            raise ValueError(
                f"{name} has shape {tuple(maps.shape)}; expected a map for each touched frame, 'from t h w'."
            )
    return {name: maps.bool().cpu().numpy() for name, maps in reached.items()}


def _draw(named: Mapping[str, np.ndarray], frame: int, tall: int) -> Picture:
    """A row a block: its name and how many places it reached, and the output's frames, blue where they changed."""
    _, t, h, width = next(iter(named.values())).shape
    k = strip_scale(t, h, width, WIDTH - LEFT - EDGE, tall)
    step, row = width * k + GAP, h * k + 8
    with look():
        picture = Picture(WIDTH, TOP + len(named) * row + EDGE)
        picture.write(EDGE, 18, f"frame {frame} is touched", fontsize=9, color=SOFT)
        for i in range(t):
            weight = "bold" if i == frame else "normal"
            picture.write(LEFT + i * step + width * k / 2, 18, str(i), ha="center", fontsize=9, fontweight=weight)
        for index, (name, maps) in enumerate(named.items()):
            top, reached = TOP + index * row, maps[frame]
            picture.write(EDGE, top + row / 2 - 18, name, fontsize=10, fontweight="bold")
            picture.write(EDGE, top + row / 2, f"{reached.sum():,} of {reached.size:,} places", fontsize=9, color=SOFT)
            axes = render_strip(picture, LEFT, top, _coloured(reached), k)
            box = Rectangle((frame * step - 1, -1), width * k + 1, h * k + 1, fill=False, edgecolor=ORANGE, linewidth=2)
            box.set_clip_on(False)
            axes.add_patch(box)
    return picture


def _coloured(reached: np.ndarray) -> UInt8[np.ndarray, "t h w 3"]:
    return np.where(reached[..., None], np.uint8(REACHED), np.uint8(NOT_REACHED)).astype(np.uint8)

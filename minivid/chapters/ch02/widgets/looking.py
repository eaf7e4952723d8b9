"""Pick a place of a clip, and see where each head looks from there, in all of space and time (chapter 2).

Tests in tests/chapters/ch02/widgets/test_looking.py.
"""

from collections.abc import Mapping

import ipywidgets as w
import numpy as np
from matplotlib.patches import Rectangle
from torch import Tensor

from minivid.course.widgets.attention import COLOURS
from minivid.course.widgets.dial import dial, slider
from minivid.show.frames import read
from minivid.show.style import ORANGE, SOFT, Picture, look

WIDTH, EDGE, LEFT, GAP, TOP = 840, 8, 72, 4, 52  # pixels
Place = tuple[int, int, int]
"""Frame, row, column."""


def looking_glass(maps: Mapping[str, Tensor], clip: Tensor, place: Place | None = None) -> w.VBox:
    """Sliders over layer, frame, row and column: for each head the clip's frames, bright where that place looks.

    `maps` are layers' weights by name, as `place_attention_maps` returns them; `clip` (`b c t h w`) stands above.
    """
    named = _named(maps)
    t, h, width = next(iter(named.values())).shape[1:4]
    chosen = place or (t // 2, h // 2, width // 2)
    layer = w.Dropdown(options=list(named), description="layer", layout=w.Layout(width="260px"))
    dials = {
        name: slider(name, side - 1, at, width=240)
        for name, side, at in zip(("frame", "row", "column"), (t, h, width), chosen, strict=True)
    }

    def fit(change: dict) -> None:
        for name, side in zip(("frame", "row", "column"), named[change["new"]].shape[1:4], strict=True):
            dials[name].max = side - 1

    def render(layer: str, frame: int, row: int, column: int) -> Picture:
        # while a change of layer pulls the sliders in one by one, those still outside count as at their new end
        sides = named[layer].shape[1:4]
        at = tuple(min(value, side - 1) for value, side in zip((frame, row, column), sides, strict=True))
        return _draw(named[layer], layer, clip, at)

    layer.observe(fit, "value")
    return dial(render, layer=layer, **dials)


def looking_glass_still(maps: Mapping[str, Tensor], clip: Tensor, layer: str, place: Place) -> Picture:
    """The static twin of `looking_glass`: one layer, one place (frame, row, column). Raises ValueError for one that is not there."""
    named = _named(maps)
    if layer not in named:
        raise ValueError(f"there is no layer {layer!r}; there are {', '.join(named)}.")
    sides = named[layer].shape[1:4]
    if not all(0 <= at < side for at, side in zip(place, sides, strict=True)):
        raise ValueError(f"there is no place {place} (frame, row, column) in {' × '.join(map(str, sides))}.")
    return _draw(named[layer], layer, clip, place)


def _named(maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for name, m in maps.items():
        if m.ndim != 7 or m.shape[1:4] != m.shape[4:]:
            raise ValueError(f"{name} has shape {tuple(m.shape)}; expected attention weights 'heads t h w t h w'.")
    if not maps:
        raise ValueError(
            "there are no maps to look at; expected {name: weights}, as place_attention_maps returns them."
        )
    return {name: m.detach().float().cpu() for name, m in maps.items()}


def _draw(maps: Tensor, layer: str, clip: Tensor, place: Place) -> Picture:
    """The clip's frames on top, under them a row a head; the place that looks is outlined in its frame, in every row."""
    weights = maps[:, *place].numpy()  # heads t h w
    heads, t, height, width = weights.shape
    frame, row, column = place
    video = read(clip)[0]
    step = (WIDTH - LEFT - EDGE) // t
    side = step - GAP
    with look():
        picture = Picture(WIDTH, TOP + (heads + 1) * (side + GAP) + 30)
        words = f"{layer}: where frame {frame}, row {row}, column {column} looks"
        picture.write(EDGE, 6, words, fontsize=11, fontweight="bold")
        for i in range(t):
            picture.write(LEFT + i * step + side / 2, TOP - 18, str(i), ha="center", color=SOFT, fontsize=9)
        picture.write(EDGE, TOP - 18, "frame", color=SOFT, fontsize=9)
        for line in range(heads + 1):
            top = TOP + line * (side + GAP)
            head = line - 1
            words = "clip" if line == 0 else f"head {head}\n{weights[head, frame].sum():.0%} in\nits frame"
            picture.write(EDGE, top + side / 2, words, va="center", fontsize=8.5, linespacing=1.2)
            for i in range(t):
                axes = picture.axes_at(LEFT + i * step, top, side, side)
                if line == 0:
                    axes.imshow(
                        video[i].squeeze(-1) if video.shape[-1] == 1 else video[i], cmap="gray", vmin=0, vmax=255
                    )
                    extent = np.array(video.shape[1:3]) / (height, width)
                else:
                    axes.imshow(weights[head, i], cmap=COLOURS, vmin=0, vmax=float(weights[head].max()))
                    extent = np.ones(2)
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
                if i == frame:
                    corner = (column * extent[1] - 0.5, row * extent[0] - 0.5)
                    box = Rectangle(
                        corner, extent[1], extent[0], fill=False, edgecolor=ORANGE, linewidth=1.8, clip_on=False
                    )
                    axes.add_patch(box)
        foot = "each head's brightest place is as bright as its largest weight; a head's weights sum to one over all frames"
        picture.write(LEFT, TOP + (heads + 1) * (side + GAP) + 6, foot, color=SOFT, fontsize=8.5)
    return picture

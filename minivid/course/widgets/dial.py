"""A picture that follows its controls: what all widgets of the course are made of."""

from collections.abc import Callable, Sequence

import ipywidgets as w
import numpy as np
from jaxtyping import UInt8

from minivid.show.frames import tile
from minivid.show.sheet import render_pixels
from minivid.show.style import SOFT, Picture, look

GAP, APART = 4, 28  # pixels between frames, and between clips
WIDTH, EDGE = 840, 8
Frames = UInt8[np.ndarray, "t h w c"]


def dial(render: Callable[..., Picture], **controls: w.ValueWidget) -> w.VBox:
    """`render(**values)` under its controls, made again whenever one of them moves. The picture is the last child."""
    image = w.Image(format="png")

    def renew(_=None) -> None:
        picture = render(**{name: control.value for name, control in controls.items()})
        image.layout.width, image.layout.max_width = f"{int(picture.pixels[0])}px", "none"
        image.value = picture.png()

    for control in controls.values():
        control.observe(renew, "value")
    renew()
    bar = w.HBox(list(controls.values()), layout=w.Layout(flex_flow="row wrap"))
    return w.VBox([bar, image])


def slider(words: str, last: int, value: int = 0, width: int = 300) -> w.IntSlider:
    """A slider over 0 … last."""
    return w.IntSlider(value, 0, last, description=words, layout=w.Layout(width=f"{width}px"))


def strip_scale(t: int, h: int, w: int, width: int, height: int) -> int:
    """How many times t frames can be enlarged to stand side by side on `width` × `height` pixels, at least once."""
    return max(1, min((width // t - GAP) // w, height // h))


def render_strip(picture: Picture, left: float | int, top: float | int, frames: Frames, k: int):
    """Frames from left to right, each enlarged k times; returns the axes, in the strip's pixels."""
    big = frames.repeat(k, 1).repeat(k, 2)
    sheet = tile(big[:, None], columns=len(frames), gap=GAP)[0]
    axes = picture.axes_at(left, top, sheet.shape[1], sheet.shape[0])
    render_pixels(axes, sheet)
    return axes


def strips(
    rows: Sequence[Sequence[tuple[str, Frames]]], heads: Sequence[str] = (), above: int = 0, tall: int = 80
) -> Picture:
    """A picture of rows of strips, each cell (words, frames) with its words over its frames, all clips of one shape.

    heads: words over each column. above: pixels that are left free over it all. tall: how high a frame may become.
    """
    t, h, width, _ = rows[0][0][1].shape
    step = (WIDTH - 2 * EDGE + APART) // len(rows[0])
    k = strip_scale(t, h, width, step - APART, tall)
    top = above + max((22 + 16 * head.count("\n") for head in heads), default=0)
    with look():
        picture = Picture(WIDTH, top + len(rows) * (h * k + 30))
        for column, head in enumerate(heads):
            picture.write(EDGE + column * step, above + 4, head, fontsize=9, fontweight="bold", linespacing=1.1)
        for i, row in enumerate(rows):
            for column, (words, frames) in enumerate(row):
                left, y = EDGE + column * step, top + i * (h * k + 30)
                picture.write(left, y + 4, words, color=SOFT, fontsize=9)
                render_strip(picture, left, y + 22, frames, k)
    return picture

"""Flow as arrows, by several methods, while the picture's texture is turned up (chapter 1).

Tests in tests/chapters/ch01/widgets/test_arrows.py.
"""

from collections.abc import Callable, Mapping, Sequence

import ipywidgets as w
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.widgets.dial import dial
from minivid.data.world import Clips
from minivid.show.frames import read
from minivid.show.sheet import render_pixels
from minivid.show.style import ORANGE, SKY, SOFT, Picture, look

Method = Callable[[Float[Tensor, "1 c 2 h w"]], Float[Tensor, "1 1 2 h w"]]
EVERY, SIDE, GAP, EDGE, HEAD = 6, 256, 22, 8, 44  # clip pixels between arrows; then pixels on the page


def flow_arrows(flat: Clips, textured: Clips, methods: Mapping[str, Method], i: int = 0) -> w.VBox:
    """A slider over texture and a switch of methods: the exact flow, the estimated one, and how far it is off, of clip i's first step.

    `flat` and `textured` are the same motions of two worlds; between 0 and 1 their pictures are mixed. Each method takes two frames.
    """
    texture = w.FloatSlider(0.0, min=0.0, max=1.0, step=0.05, description="texture", layout=w.Layout(width="360px"))
    method = w.ToggleButtons(options=list(methods), style={"button_width": "150px"})

    def render(texture: float, method: str) -> Picture:
        return _render(flat[i], textured[i], {method: methods[method]}, [texture])

    return dial(render, texture=texture, method=method)


def flow_arrows_still(
    flat: Clips,
    textured: Clips,
    methods: Mapping[str, Method],
    i: int = 0,
    levels: Sequence[float] = (0.0, 1.0),
) -> Picture:
    """The static twin of `flow_arrows`: a row for each method at each level of texture."""
    return _render(flat[i], textured[i], methods, levels)


def _render(flat: Clips, textured: Clips, methods: Mapping[str, Method], levels: Sequence[float]) -> Picture:
    rows = [(name, method, level) for name, method in methods.items() for level in levels]
    exact, seen = flat.flow[0, 0], ~flat.occluded[0, 0]
    with look():
        picture = Picture(3 * SIDE + 2 * GAP + 2 * EDGE, len(rows) * (SIDE + HEAD))
        for row, (name, method, level) in enumerate(rows):
            video = torch.lerp(flat.video[:, :, :2], textured.video[:, :, :2], level)
            flow = method(video)[0, 0].detach()
            distance = (flow - exact).norm(dim=0)
            top, frame = row * (SIDE + HEAD) + HEAD - 6, read(video)[0, 0]
            words = f"{name}, texture {level:.2f}"
            of = f"off by {distance[seen].mean():.2f} px"
            for column, (title, image, arrows) in enumerate(
                (
                    ("exact flow", frame, exact),
                    (words, frame, flow),
                    (of, _heat(distance), None),
                )
            ):
                left = EDGE + column * (SIDE + GAP)
                axes = picture.axes_at(left, top, SIDE, SIDE)
                render_pixels(axes, image)
                picture.write(left, top - 20, title, fontsize=9, color=SOFT)
                if arrows is not None:
                    _draw(axes, arrows, ORANGE if column else SKY)
    return picture


def _heat(distance: Float[Tensor, "h w"]) -> np.ndarray:
    """Black where there is no error, white from two pixels on."""
    return (distance / 2).clamp(0, 1).mul(255).byte().numpy()[..., None]


def _draw(axes, flow: Float[Tensor, "2 h w"], colour: str) -> None:
    """An arrow at every sixth pixel, four times as long as the motion; a dot where nothing moves."""
    _, h, width = flow.shape
    y, x = np.mgrid[EVERY // 2 : h : EVERY, EVERY // 2 : width : EVERY]
    u, v = 4 * flow[:, y, x].numpy()
    still = np.hypot(u, v) < 0.2
    axes.plot(x[still], y[still], ".", color=colour, markersize=2)
    axes.quiver(
        x[~still],
        y[~still],
        u[~still],
        v[~still],
        angles="xy",
        scale_units="xy",
        scale=1,
        color=colour,
        width=0.006,
        headwidth=4,
    )
    axes.set(xlim=(-0.5, width - 0.5), ylim=(h - 0.5, -0.5))

"""Temporal attention looked at: which frames does a pixel of a frame attend to? (chapter 3)

Tests in tests/course/widgets/test_attention.py.
"""

from collections.abc import Mapping

import ipywidgets as w
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from minivid.course.widgets.dial import GAP, dial, render_strip, slider, strip_scale
from minivid.nn.attention.maps import FrameMaps
from minivid.show.frames import read
from minivid.show.style import BLUE, ORANGE, SOFT, Picture, look

WIDTH, EDGE, MAP, STRIP = 840, 8, 160, 250  # pixels; STRIP is where the frames begin
COLOURS = "cividis"  # even in lightness, and the same to colour-blind readers


def attention_viewer(maps: Tensor | Mapping[str, Tensor], clip: Tensor | None = None) -> w.VBox:
    """Sliders over layer, head, pixel and frame: the t × t map, and how much of each frame the chosen one takes in.

    `maps` are one layer's weights `heads h w t t` or a dict of them by name; `clip` (`b c t h w`) puts the frames above.
    """
    named = _named(maps)
    first = next(iter(named.values()))
    layer = w.Dropdown(options=list(named), description="layer", layout=w.Layout(width="240px"))
    head = slider("head", first.shape[0] - 1, width=240)
    x = slider("x", first.shape[2] - 1, first.shape[2] // 2, width=240)
    y = slider("y", first.shape[1] - 1, first.shape[1] // 2, width=240)
    frame = slider("frame", first.shape[3] - 1, width=240)

    def fit(change: dict) -> None:
        heads, height, width, _, _ = named[change["new"]].shape
        head.max, x.max, y.max = heads - 1, width - 1, height - 1

    def render(layer: str, head: int, x: int, y: int, frame: int) -> Picture:
        # while a change of layer pulls the sliders in one by one, those still outside count as at their new end
        head, y, x = (min(value, n - 1) for value, n in zip((head, y, x), named[layer].shape[:3], strict=True))
        return _one(named[layer], layer, clip, head, x, y, frame)

    layer.observe(fit, "value")
    return dial(render, layer=layer, head=head, x=x, y=y, frame=frame)


def attention_viewer_still(maps: Tensor | Mapping[str, Tensor], layers: int = 4) -> Picture:
    """The static twin of `attention_viewer`: the map of each head, averaged over pixels, for a few layers in order."""
    named = _named(maps)
    chosen = [
        list(named)[i] for i in np.unique(np.linspace(0, len(named) - 1, min(layers, len(named))).round().astype(int))
    ]
    heads = max(named[name].shape[0] for name in chosen)
    side, left = 104, 60
    step_x, step_y = side + 14, side + 56
    with look():
        picture = Picture(left + heads * step_x + 60, len(chosen) * step_y + 40)
        for row, name in enumerate(chosen):
            mean = named[name].mean(dim=(1, 2)).numpy()
            top = row * step_y + 30
            picture.write(left, top - 22, name, fontweight="bold")
            for head, weights in enumerate(mean):
                axes = picture.axes_at(left + head * step_x, top + 14, side, side)
                image = _map(axes, weights, float(mean.max()))
                axes.set_title(f"head {head}", fontsize=9, fontweight="normal", pad=3)
                last, first = row == len(chosen) - 1, head == 0
                axes.set(xlabel="to frame" if last else "", ylabel="from frame" if first else "")
                axes.tick_params(labelbottom=last, labelleft=first)
            bar = picture.axes_at(left + len(mean) * step_x, top + 14, 10, side)
            _scale(picture, image, bar)
    return picture


def _named(maps: Tensor | Mapping[str, Tensor]) -> dict[str, Tensor]:
    named = dict(maps) if isinstance(maps, Mapping) else {"attention": maps}
    for name, m in named.items():
        if m.ndim != 5 or m.shape[3] != m.shape[4]:
            raise ValueError(f"{name} has shape {tuple(m.shape)}; expected attention weights 'heads h w t t'.")
    return {name: m.detach().float().cpu() for name, m in named.items()}


def _one(maps: FrameMaps, layer: str, clip: Tensor | None, head: int, x: int, y: int, frame: int) -> Picture:
    """The t × t map on the left, the chosen frame's row outlined; right the clip's frames, a bar under each for its weight."""
    weights = maps[head, y, x].numpy()
    t, height, width = len(weights), *maps.shape[1:3]
    frames = read(clip)[0] if clip is not None else np.zeros((t, 0, 64, 1), np.uint8)
    k = strip_scale(t, max(frames.shape[1], 1), frames.shape[2], WIDTH - STRIP - EDGE, 96 if clip is not None else 1)
    step, below = frames.shape[2] * k + GAP, 38 + frames.shape[1] * k
    with look():
        picture = Picture(STRIP + t * step + EDGE, MAP + 82)
        axes = picture.axes_at(EDGE + 44, 30, MAP, MAP, xlabel="to frame", ylabel="from frame")
        axes.set_title(f"{layer}, head {head}")
        _map(axes, weights, float(weights.max()))
        axes.add_patch(Rectangle((-0.5, frame - 0.5), t, 1, fill=False, edgecolor=ORANGE, linewidth=2, clip_on=False))
        words = f"what pixel ({x}, {y}) of {width}×{height} takes into frame {frame}"
        picture.write(STRIP, 8, words, fontsize=11, fontweight="bold")
        if clip is not None:
            _outline(
                render_strip(picture, STRIP, 30, frames, k), (x / width, y / height, 1 / width, 1 / height), frame, step
            )
        _bars(picture.axes_at(STRIP, below, t * step - GAP, MAP + 30 - below, xlabel="to frame"), weights[frame], step)
    return picture


def _outline(axes: Axes, pixel: tuple[float, float, float, float], frame: int, step: int) -> None:
    """The pixel (left, top, width, height as shares of a frame) outlined in every frame, more heavily in the one that looks."""
    width, height = step - GAP, axes.images[0].get_array().shape[0]
    left, top, across, down = pixel[0] * width, pixel[1] * height, pixel[2] * width, pixel[3] * height
    for i in range(round((axes.images[0].get_array().shape[1] + GAP) / step)):
        corner = (i * step + left - 0.5, top - 0.5)
        axes.add_patch(
            Rectangle(corner, across, down, fill=False, edgecolor=ORANGE, linewidth=2.2 if i == frame else 1)
        )


def _bars(axes: Axes, weights: np.ndarray, step: int) -> None:
    t = len(weights)
    width = 1 - GAP / step
    axes.bar(np.arange(t), weights, width=0.7 * width, color=BLUE)
    axes.set(xlim=(-width / 2, t - 1 + width / 2), ylim=(0, 1.15 * max(weights.max(), 0.3)), xticks=range(t))
    for i, weight in enumerate(weights):
        axes.annotate(
            f"{weight:.2f}", (i, weight), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=8, color=SOFT
        )
    axes.set_yticks([])
    axes.grid(False)
    axes.spines["left"].set_visible(False)


def _map(axes: Axes, weights: np.ndarray, most: float):
    axes.grid(False)
    image = axes.imshow(weights, cmap=COLOURS, vmin=0, vmax=most, interpolation="nearest", aspect="auto")
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True, nbins=5)
    return image


def _scale(picture: Picture, image, axes: Axes) -> None:
    picture.colorbar(image, cax=axes).outline.set_visible(False)
    axes.tick_params(labelsize=8, length=2)

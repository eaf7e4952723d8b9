"""Temporal attention looked at: which frames does a pixel of a frame attend to? (chapter 3)

Tests in tests/course/widgets/test_attention.py hold the maps against the layers' own output.
"""

from collections.abc import Mapping

import ipywidgets as w
import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from minivid.course.widgets.dial import GAP, dial, draw_strip, slider, strip_scale
from minivid.nn.attention.core import TemporalAttention, split_heads
from minivid.show.frames import read
from minivid.show.style import BLUE, ORANGE, SOFT, Picture, look

Maps = Float[Tensor, "heads h w t t"]
WIDTH, EDGE, MAP, STRIP = 960, 8, 190, 290  # pixels; STRIP is where the frames begin
COLOURS = "cividis"  # even in lightness, and the same to colour-blind readers


@torch.no_grad()
def temporal_attention_maps(model: nn.Module, z: Tensor, t: Tensor, cond=None) -> dict[str, Maps]:
    """Run `model(z, t, cond)` and return every temporal attention layer's weights for the first clip, `heads h w t t`.

    Rows are the frames that look (each sums to one), columns the frames looked at. The model is only watched, not changed.
    """
    maps = {}

    def watch(name: str):
        def read_inputs(layer, args):
            maps[name] = _weights(layer, *args)

        return read_inputs

    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, TemporalAttention)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no TemporalAttention layer to look at.")
    handles = [layer.register_forward_pre_hook(watch(name)) for name, layer in layers.items()]
    try:
        model(z, t, cond)
    finally:
        for handle in handles:
            handle.remove()
    return {name.removesuffix(".temporal").replace(".", " "): m for name, m in maps.items()}


def attention_viewer(maps: Maps | Mapping[str, Maps], clip: Tensor | None = None) -> w.VBox:
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

    layer.observe(fit, "value")  # before the picture's own observer, which then finds the sliders within bounds
    return dial(
        lambda layer, head, x, y, frame: _one(named[layer], layer, clip, head, x, y, frame),
        layer=layer,
        head=head,
        x=x,
        y=y,
        frame=frame,
    )


def attention_viewer_still(maps: Maps | Mapping[str, Maps], layers: int = 4) -> Picture:
    """The static twin of `attention_viewer`: the map of each head, averaged over pixels, for a few layers in order."""
    named = _named(maps)
    chosen = [
        list(named)[i] for i in np.unique(np.linspace(0, len(named) - 1, min(layers, len(named))).round().astype(int))
    ]
    heads = max(named[name].shape[0] for name in chosen)
    side, left, head_line = 104, 60, 30
    step_x, step_y = side + 26, side + 58
    with look():
        picture = Picture(left + heads * step_x + 90, head_line + len(chosen) * step_y)
        for row, name in enumerate(chosen):
            mean = named[name].mean(dim=(1, 2)).numpy()
            top = head_line + row * step_y
            picture.write(left, top - 24, name, fontweight="bold")
            for head, weights in enumerate(mean):
                axes = picture.axes_at(left + head * step_x, top + 14, side, side)
                image = _map(axes, weights, mean.max())
                axes.set_title(f"head {head}", fontsize=9, fontweight="normal", pad=3)
                axes.set(xlabel="to frame" if row == len(chosen) - 1 else "", ylabel="from frame" if head == 0 else "")
            bar = picture.axes_at(left + len(mean) * step_x, top + 14, 10, side)
            _scale(picture, image, bar)
    return picture


def _weights(
    layer: TemporalAttention,
    x: Float[Tensor, "b c t h w"],
    bias: Float[Tensor, "heads t t"],
    visible: Bool[Tensor, "t t"] | None = None,
) -> Maps:
    """softmax(q kᵀ / √d + bias), the part of the layer that its fused kernel keeps to itself."""
    h, width = x.shape[3:]
    tracks = rearrange(layer.norm(x[:1]), "1 c t h w -> (h w) t c")
    q, k, _ = (split_heads(part, layer.heads) for part in layer.to_qkv(tracks).chunk(3, dim=-1))
    if visible is not None:
        bias = bias.masked_fill(~visible, -torch.inf)
    weights = (q @ k.mT / q.shape[-1] ** 0.5 + bias).softmax(-1)
    return rearrange(weights, "(h w) heads i j -> heads h w i j", h=h, w=width).cpu()


def _named(maps: Maps | Mapping[str, Maps]) -> dict[str, Maps]:
    named = dict(maps) if isinstance(maps, Mapping) else {"attention": maps}
    for name, m in named.items():
        if m.ndim != 5 or m.shape[3] != m.shape[4]:
            raise ValueError(f"{name} has shape {tuple(m.shape)}; expected attention weights 'heads h w t t'.")
    return {name: m.detach().float().cpu() for name, m in named.items()}


def _one(maps: Maps, layer: str, clip: Tensor | None, head: int, x: int, y: int, frame: int) -> Picture:
    weights = maps[head, y, x].numpy()
    t, height, width = len(weights), *maps.shape[1:3]
    with look():
        picture = Picture(WIDTH, MAP + 82)
        axes = picture.axes_at(EDGE + 44, 30, MAP, MAP, xlabel="to frame", ylabel="from frame")
        axes.set_title(f"{layer}, head {head}")
        _map(axes, weights, weights.max())
        axes.add_patch(Rectangle((-0.5, frame - 0.5), t, 1, fill=False, edgecolor=ORANGE, linewidth=2, clip_on=False))
        step, bottom = _frames(picture, clip, t, (x / width, y / height, 1 / width, 1 / height), frame)
        bars = picture.axes_at(STRIP, bottom + 8, t * step - GAP, MAP + 30 - bottom - 8, xlabel="to frame")
        _bars(bars, weights[frame], step)
        words = f"what pixel ({x}, {y}) of {width}×{height} takes into frame {frame}"
        picture.write(STRIP, 8, words, fontsize=11, fontweight="bold")
    return picture


def _frames(picture: Picture, clip: Tensor | None, t: int, pixel: tuple, frame: int) -> tuple[int, int]:
    """The clip's frames with the pixel outlined; returns their distance and where the bars may begin."""
    room = WIDTH - STRIP - EDGE
    if clip is None:
        return room // t, 30
    frames = read(clip)[0]
    k = strip_scale(t, *frames.shape[1:3], room, 96)
    h, width = frames.shape[1] * k, frames.shape[2] * k
    axes = draw_strip(picture, STRIP, 30, frames, k)
    left, top, across, down = pixel[0] * width, pixel[1] * h, pixel[2] * width, pixel[3] * h
    for i in range(t):
        corner = (i * (width + GAP) + left - 0.5, top - 0.5)
        axes.add_patch(
            Rectangle(corner, across, down, fill=False, edgecolor=ORANGE, linewidth=2.2 if i == frame else 1)
        )
    return width + GAP, 30 + h


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

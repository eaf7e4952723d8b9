"""What joining frames costs: by formula under dials over the clip's length and size, and as it was measured (chapter 2).

Tests in tests/chapters/ch02/widgets/test_costs.py.
"""

from collections.abc import Mapping, Sequence

import ipywidgets as w
import numpy as np
from matplotlib.axes import Axes

from minivid.chapters.ch02.experiments.costs import ATTENTIONS, CONVOLUTIONS
from minivid.course.widgets.dial import dial
from minivid.nn.attention.core import linear_attend
from minivid.nn.cost import conv_flops, scores
from minivid.show.style import BLUE, FAINT, GREEN, PALETTE, SOFT, Picture, look

DIM, HEADS = 64, 8
EACH = 4  # bytes of a number
ROW, LEFT, WIDE, TOP = 24, 150, 270, 66  # pixels


def cost_dial(frames: int = 16, side: int = 32) -> w.VBox:
    """Dials over frames and side of the picture: operations of each layer, and what its scores would take if they were kept."""
    controls = {
        "frames": w.SelectionSlider(options=[1, 2, 4, 8, 16, 32, 64, 128], value=frames, description="frames"),
        "side": w.SelectionSlider(options=[8, 16, 32, 64, 128], value=side, description="side"),
    }
    return dial(lambda frames, side: cost_dial_still(((frames, side),)), **controls)


def cost_dial_still(clips: Sequence[tuple[int, int]] = ((16, 32), (64, 32), (16, 64))) -> Picture:
    """The static twin of `cost_dial`: clips of (frames, side), one under the other."""
    rows = len(CONVOLUTIONS) + len(ATTENTIONS)
    tall = TOP + rows * ROW + 44
    with look():
        picture = Picture(LEFT + 2 * WIDE + 130, len(clips) * tall)
        for i, (frames, side) in enumerate(clips):
            clip = (frames, side, side)
            words = f"{frames} frames of {side}×{side}: {frames * side**2:,} places, {DIM} channels, {HEADS} heads"
            picture.write(8, i * tall + 8, words, fontsize=12, fontweight="bold")
            left = picture.axes_at(LEFT, i * tall + TOP, WIDE, rows * ROW)
            right = picture.axes_at(LEFT + WIDE + 74, i * tall + TOP, WIDE - 40, rows * ROW)
            _bars(left, operations(clip), 1e9, (1e-3, 1e8))
            _bars(right, scores_kept(clip), 1e6, (1e-3, 1e8))
            right.set_yticklabels([])
            left.set_title("operations, 10⁹", pad=6)
            right.set_title("scores, 10⁶ bytes if kept", pad=6)
    return picture


def operations(clip: tuple[int, int, int]) -> dict[str, int]:
    """Floating-point operations of each layer on a clip (frames, height, width)."""
    convolutions = {name: conv_flops(make(DIM, DIM), *clip) for name, make in CONVOLUTIONS.items()}
    return convolutions | {name: kind.flops(clip, DIM, HEADS) for name, kind in _attentions().items()}


def scores_kept(clip: tuple[int, int, int]) -> dict[str, int]:
    """Bytes of each layer's scores, were they all in memory at once; 0 where there are none."""
    frames, height, width = clip
    places = frames * height * width
    found = dict.fromkeys(CONVOLUTIONS, 0)
    for name, kind in _attentions().items():
        keys = 0 if kind.attend is linear_attend else sum(kind.keys(clip))
        found[name] = EACH * scores(HEADS, places, keys)
    return found


def _attentions() -> dict:
    return {name: kind for name, kind in ATTENTIONS.items() if name != "full, scores kept"}


def _bars(axes: Axes, values: Mapping[str, int], unit: float, limits: tuple[float, float]) -> None:
    """A bar a layer on a logarithmic scale, its value beside it."""
    names = list(values)
    colours = [BLUE if name in CONVOLUTIONS else GREEN for name in names]
    axes.set_xscale("log")
    axes.barh(names, [max(value / unit, limits[0]) for value in values.values()], color=colours, height=0.66)
    axes.set(xlim=limits, ylim=(len(names) - 0.4, -0.6))
    for row, value in enumerate(values.values()):
        words = (f"{value / unit:,.0f}" if value >= 100 * unit else f"{value / unit:.3g}") if value else "none"
        axes.annotate(
            words, (max(value / unit, limits[0]), row), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=8, color=SOFT,
        )  # fmt: skip
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.axhline(len(CONVOLUTIONS) - 0.5, color=FAINT, linewidth=1)


def convolution_chart(rows: Mapping[str, Mapping[str, float | int]]) -> Picture:
    """Weights, operations, time and memory of a training step of each of CONVOLUTIONS, side by side, from what was measured."""
    panels = (
        ("weights, 10³", "weights", 1e-3),
        ("operations, 10⁶", "flops", 1e-6),
        ("time, ms", "seconds", 1e3),
        ("memory, 10⁶ bytes", "bytes", 1e-6),
    )
    names, left, wide = list(CONVOLUTIONS), 96, 150
    with look():
        picture = Picture(left + len(panels) * (wide + 32), 52 + len(names) * ROW)
        for i, (title, key, scale) in enumerate(panels):
            axes = picture.axes_at(left + i * (wide + 32), 28, wide, len(names) * ROW)
            values = [rows[name][key] * scale for name in names]
            axes.barh(names, values, color=BLUE, height=0.66)
            axes.set(xlim=(0, 1.3 * max(values)), ylim=(len(names) - 0.4, -0.6), xticks=[])
            axes.set_title(title, fontsize=10)
            axes.tick_params(axis="y", length=0, labelleft=i == 0)
            axes.grid(False)
            for row, value in enumerate(values):
                words = f"{value:.1f}" if value < 100 else f"{value:.0f}"
                axes.annotate(words, (value, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5)
    return picture


def growth_chart(along: Mapping[str, Mapping]) -> Picture:
    """Time and memory of a training step of each of ATTENTIONS against frames (above) and pixels (below), all scales logarithmic."""
    wide, tall, left, apart = 240, 210, 56, 168
    with look():
        picture = Picture(left + 2 * wide + apart + 124, 2 * (tall + 72))
        for i, (what, found) in enumerate(along.items()):
            for j, (key, scale, title) in enumerate(
                (("seconds", 1e3, "time, ms"), ("bytes", 1e-6, "peak memory, 10⁶ bytes"))
            ):
                axes = picture.axes_at(left + j * (wide + apart), 26 + i * (tall + 72), wide, tall)
                axes.set(xscale="log", yscale="log", xlabel=f"{what} (log)", title=title)
                lines = {name: np.array(found["rows"][name][key]) * scale for name in ATTENTIONS}
                for y in lines.values():
                    axes.plot(found["n"], y, marker="o", markersize=3.5)
                axes.set_xticks(found["n"], [str(n) for n in found["n"]])
                axes.minorticks_off()
                _label_ends(axes, found["n"][-1], lines)
    return picture


def _label_ends(axes: Axes, x: float | int, lines: Mapping[str, np.ndarray]) -> None:
    """Each line's name right of its end, pushed up where it would touch the one below."""
    to_pixels = axes.transData.transform
    taken = -np.inf
    for name, colour in sorted(zip(lines, PALETTE, strict=False), key=lambda pair: lines[pair[0]][-1]):
        height = to_pixels((x, lines[name][-1]))[1]
        taken = max(height, taken + 13)
        axes.annotate(
            name, (x, lines[name][-1]), xytext=(8, (taken - height) * 72 / axes.figure.dpi), textcoords="offset points",
            va="center", fontsize=9, color=colour,
        )  # fmt: skip

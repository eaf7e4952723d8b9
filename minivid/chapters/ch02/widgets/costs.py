"""What joining frames costs, under dials over the clip's length and size (chapter 2). By formula, of one clip, forward.

Tests in tests/chapters/ch02/widgets/test_costs.py.
"""

from collections.abc import Mapping, Sequence

import ipywidgets as w
from matplotlib.axes import Axes

from minivid.chapters.ch02.experiments.costs import ATTENTIONS, CONVOLUTIONS
from minivid.course.widgets.dial import dial
from minivid.nn.attention.core import linear_attend
from minivid.nn.cost import conv_flops, scores
from minivid.show.style import BLUE, FAINT, GREEN, SOFT, Picture, look

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

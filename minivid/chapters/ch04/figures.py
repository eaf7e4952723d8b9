"""Pictures that chapter 4 alone draws. Tests in tests/chapters/ch04/test_figures.py."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator
from torch import Tensor

from minivid.show.style import BLUE, FAINT, PALETTE, RED, SOFT, Picture, look


def slope(calls: Sequence[int], errors: Sequence[float]) -> float:
    """The order of a method: how steeply its error falls with the number of calls, fitted in logarithms."""
    return -float(np.polyfit(np.log(calls), np.log(errors), 1)[0])


def show_orders(measured: Mapping[str, tuple[Sequence[int], Sequence[float]]], heading: str = "") -> Picture:
    """Errors against calls of the network, {name: (calls, errors)}, both axes logarithmic; the order, fitted to all
    points of a line, stands at its end."""
    with look():
        picture = Picture(680, 340)
        axes = picture.axes_at(84, 30, 420, 256)
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="calls of the network",
            ylabel="distance from the exact path, mean",
            title=heading,
        )
        every = sorted({call for calls, _ in measured.values() for call in calls})
        axes.set_xticks(every, [str(call) for call in every])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for colour, (name, (calls, errors)) in zip(PALETTE, measured.items(), strict=False):
            axes.plot(calls, errors, marker="o", markersize=4, color=colour)
            axes.annotate(
                f"{name}: order {slope(calls, errors):.2f}",
                (calls[-1], errors[-1]),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=9,
                annotation_clip=False,
            )
    return picture


def show_fans(
    fans: Mapping[str, Float[Tensor, "levels runs"]], levels: Float[Tensor, "levels"], clips: tuple[float, float]
) -> Picture:
    """A panel a sampler: runs that begin at one value, over λ. `clips` are mean and deviation of where they should end: 95 % in the band."""
    mean, deviation = clips
    side, top, left, gap = 176, 34, 48, 18
    with look():
        picture = Picture(left + len(fans) * (side + gap), top + side + 44)
        low = min(min(fan.min().item() for fan in fans.values()), mean - 2 * deviation) - 0.15
        high = max(max(fan.max().item() for fan in fans.values()), mean + 2 * deviation) + 0.15
        for i, (name, fan) in enumerate(fans.items()):
            axes = picture.axes_at(left + i * (side + gap), top, side, side)
            axes.axhspan(
                mean - 1.96 * deviation, mean + 1.96 * deviation, color=FAINT, alpha=0.6, linewidth=0, zorder=0
            )
            axes.plot(levels, fan, color=BLUE, linewidth=0.8, alpha=0.6)
            axes.plot(levels[:1], fan[0, :1], "o", color=RED, markersize=5, zorder=4)
            axes.set(title=name, xlabel="log-SNR λ", ylim=(low, high))
            if i:
                axes.tick_params(labelleft=False)
            else:
                axes.set_ylabel("z", color=SOFT)
    return picture


def show_brightness(rows: Mapping[str, Sequence[float]], heading: str = "") -> Picture:
    """A row of dots a name: each dot the brightness of a clip, from black (−1) to white (1); the bar holds the middle 90 %."""
    left, top, high = 190, 34, 34
    with look():
        picture = Picture(760, top + len(rows) * high + 48)
        axes = picture.axes_at(left, top, 540, len(rows) * high)
        axes.set(xlim=(-1.05, 1.05), ylim=(len(rows) - 0.5, -0.5), xlabel="brightness of a clip (−1 black, 1 white)")
        axes.set_title(heading)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.grid(axis="y", visible=False)
        for i, (colour, values) in enumerate(zip(cycle(PALETTE), rows.values(), strict=False)):
            aside = np.random.default_rng(0).uniform(-0.24, 0.24, len(values))
            axes.plot([*np.quantile(values, [0.05, 0.95])], [i, i], color=colour, linewidth=9, alpha=0.25)
            axes.plot(values, i + aside, ".", color=colour, markersize=3.5, alpha=0.7)
    return picture


def show_ways(
    times: Float[Tensor, "k"], places: Float[Tensor, "k n"], first: Float[Tensor, "n"], heading: str = ""
) -> Picture:
    """Paths of numbers from noise (times[0]) to clip; from each start a step along the velocity there, `first`, and one along the average."""
    with look():
        picture = Picture(680, 340)
        axes = picture.axes_at(84, 30, 400, 256)
        axes.set(xlabel="time t: noise on the left, clip on the right", ylabel="z", title=heading, xlim=(1.02, -0.02))
        start, end = float(times[0]), float(times[-1])
        way = start - end
        for n, (z, v) in enumerate(zip(places.T.tolist(), first.tolist(), strict=True)):
            axes.plot(times, z, color=SOFT, label=None if n else "the path")
            axes.plot(
                [start, end], [z[0], z[0] - way * v], color=RED, lw=1, label=None if n else "velocity at its start"
            )
            axes.plot([start, end], [z[0], z[-1]], color=BLUE, ls="--", lw=1, label=None if n else "average velocity")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return picture

"""Pictures that chapter 4 alone draws. Tests in tests/chapters/ch04/test_figures.py."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator
from torch import Tensor

from minivid.show.style import BLUE, PALETTE, RED, SOFT, Picture, look


def slope(calls: Sequence[int], errors: Sequence[float]) -> float:
    """The order of a method: how steeply its error falls with the number of calls, fitted in logarithms."""
    return -float(np.polyfit(np.log(calls), np.log(errors), 1)[0])


def show_orders(measured: Mapping[str, tuple[Sequence[int], Sequence[float]]], heading: str = "") -> Picture:
    """Errors against calls of the network, {name: (calls, errors)}, both axes logarithmic; the order stands at each line's end."""
    with look():
        picture = Picture(680, 340)
        axes = picture.axes_at(84, 30, 420, 256)
        axes.set(xscale="log", yscale="log", xlabel="calls of the network", ylabel="error, mean", title=heading)
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

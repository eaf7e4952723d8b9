"""Pictures that chapter 4 alone draws. Tests in tests/chapters/ch04/test_figures.py."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from minivid.show.style import PALETTE, Picture, look


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

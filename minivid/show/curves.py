"""`show_curves`: line charts with intervals, every line labelled where it ends. Tests in tests/show/test_curves.py."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from minivid.show.frames import title
from minivid.show.style import FAINT, PALETTE, SOFT, Picture, look

Values = torch.Tensor | np.ndarray | Sequence[float] | Sequence[int] | range


def show_curves(
    x: Values,
    curves: Mapping[str, Values],
    *,
    bands: Mapping[str, tuple[Values, Values]] | None = None,
    regions: Mapping[str, float | int | tuple[float | int, float | int]] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    heading: str = "",
    log: bool = False,
    dots: bool = False,
    dashed: Collection[str] = (),
    size: tuple[int, int] = (640, 320),
) -> Picture:
    """Lines y(x) by name, each with an optional interval `bands[name] = (low, high)`.

    `regions` are levels (a number) or ranges (a pair) of y with words to read them by: {"predicts zero": (0.95, 1.05)}.
    `dots` marks the measured points, `dashed` names lines that let another show through, `log` makes y logarithmic, `size` is in pixels.
    Raises ValueError when a line or a band is not as long as x, or a band or a dash has no line.
    """
    if not curves:
        raise ValueError('show_curves was given no curve; expected {"loss": values, …}.')
    bands, regions = dict(bands or {}), dict(regions or {})
    across = _values(x, "x")
    lines = {name: _as_long(_values(y, name), across, name) for name, y in curves.items()}
    strangers = set(bands) - set(lines)
    if strangers:
        raise ValueError(f"bands {sorted(strangers)} belong to no curve; the curves are {list(lines)}.")
    if set(dashed) - set(lines):
        raise ValueError(f"dashed {sorted(set(dashed) - set(lines))} are no curves; the curves are {list(lines)}.")
    with look():
        picture = Picture(*size)
        names_room = 14 + 7 * max(len(title(name)) for name in lines) if len(lines) > 1 else 24
        axes = picture.axes_at(84, 30, size[0] - 84 - names_room, size[1] - 78)
        axes.set(xlabel=xlabel, ylabel=ylabel, title=heading, yscale="log" if log else "linear")
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))  # −5, 0, 5; not −7.5, −5, −2.5
        for colour, (name, y) in zip(_colours(len(lines)), lines.items(), strict=True):
            style = {"marker": "o" if dots else None, "linestyle": "--" if name in dashed else "-"}
            axes.plot(across, y, color=colour, label=title(name), markersize=4, **style)
            if name in bands:
                low, high = (_as_long(_values(edge, name), across, f"the band of {name}") for edge in bands[name])
                axes.fill_between(across, low, high, color=colour, alpha=0.18, linewidth=0)
        for words, level in regions.items():
            _region(axes, words, level)
        if log:
            _plain_ticks(axes)
        if len(lines) > 1:
            _label_ends(axes)
    return picture


def _values(values: Values, name: str) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    array = np.asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; expected one number for each x. Average the seeds first.")
    return array


def _as_long(y: np.ndarray, x: np.ndarray, name: str) -> np.ndarray:
    if len(y) != len(x):
        raise ValueError(f"{name} has {len(y)} values but x has {len(x)}; they must be equally many.")
    return y


def _colours(n: int) -> list[str]:
    return [PALETTE[i % len(PALETTE)] for i in range(n)]


def _region(axes: Axes, words: str, level: float | int | tuple[float | int, float | int]) -> None:
    """A range of y shaded, or a level dashed, its meaning written at the left."""
    if isinstance(level, tuple):
        low, high = level
        axes.axhspan(low, high, color=FAINT, alpha=0.6, zorder=0, linewidth=0)
    else:
        high = level
        axes.axhline(level, color=SOFT, linestyle="--", linewidth=1, zorder=1)
    left = _free(axes, high, slice(0.0, 0.45)) >= _free(axes, high, slice(0.55, 1))
    axes.annotate(
        words,
        (0.01 if left else 0.99, high),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        ha="left" if left else "right",
        fontsize=9,
        color=SOFT,
    )


def _plain_ticks(axes: Axes) -> None:
    """A logarithmic axis with at least three numbers on it, written as numbers: 1, 2 and 5 of each decade where there are few."""
    low, high = axes.get_ylim()
    decades = np.log10(high / low)
    digits = (1,) if decades > 3 else (1, 2, 5) if decades > 0.9 else range(1, 10)
    axes.yaxis.set_major_locator(LogLocator(subs=digits, numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _free(axes: Axes, level: float, part: slice) -> float:
    """How far, as a share of the chart's height, the lines keep from `level` in a part of its width."""
    to_share = axes.transData - axes.transAxes
    height = to_share.transform((axes.get_xlim()[0], level))[1]
    nearest = np.inf
    for line in axes.get_lines():
        if line.get_label().startswith("_"):
            continue
        share = to_share.transform(np.asarray(line.get_xydata(), float))
        inside = (share[:, 0] >= part.start) & (share[:, 0] <= part.stop) & np.isfinite(share[:, 1])
        nearest = min(nearest, np.abs(share[inside, 1] - height).min(initial=np.inf))
    return nearest


def _label_ends(axes: Axes) -> None:
    """Each line's name right of its last finite point, in its colour; names that would overlap are pushed apart, within the frame."""
    axes.autoscale_view()  # limits are settled lazily, and names are placed by them
    ends = []
    for line in axes.get_lines():
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        known = np.flatnonzero(np.isfinite(y))
        if line.get_label().startswith("_") or not len(known):
            continue
        at = axes.transData.transform((x[known[-1]], y[known[-1]]))[1]
        ends.append([at, line])
    ends.sort(key=lambda end: end[0])
    for below, above in pairwise(ends):
        above[0] = max(above[0], below[0] + 13)
    room = axes.bbox.y1 - 6
    for end in reversed(ends):
        end[0] = min(end[0], room)
        room = end[0] - 13
    for at, line in ends:
        share = axes.transAxes.inverted().transform((0, at))[1]
        axes.text(
            1.015, share, line.get_label(), transform=axes.transAxes, color=line.get_color(), va="center", fontsize=9
        )

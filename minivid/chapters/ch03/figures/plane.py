"""Points in a plane, side by side: clouds, arrows and paths (chapter 3).

Tests in tests/chapters/ch03/figures/test_plane.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Float, Int
from matplotlib.axes import Axes
from torch import Tensor

from minivid.show.style import BLUE, INK, ORANGE, PAGE, RED, SOFT, Picture, look

COLOURS = (BLUE, RED)
LEFT, GAP, TOP, BOTTOM = 52, 12, 34, 46  # pixels
WIDEST = 380


@dataclass(frozen=True)
class Panel:
    """What one panel shows, each if given: a cloud of points in the colours of their groups, faint ones behind it, arrows, paths, a star.

    `sizes` weigh the points' areas; the largest is 1. An arrow begins at `arrows[0]` and is `arrows[1]` long.
    """

    points: Float[Tensor, "n 2"] | None = None
    group: Int[Tensor, "n"] | None = None
    sizes: Float[Tensor, "n"] | None = None
    behind: Float[Tensor, "m 2"] | None = None
    arrows: tuple[Float[Tensor, "k 2"], Float[Tensor, "k 2"]] | None = None
    paths: Float[Tensor, "steps p 2"] | None = None
    star: Float[Tensor, "2"] | None = None
    cross: Float[Tensor, "2"] | None = None


def show_plane(panels: Mapping[str, Panel], reach: float | int = 3) -> Picture:
    """Panels side by side, at most four, each under its name; both axes run from −reach to reach."""
    side = min(WIDEST, (PAGE - LEFT - GAP * len(panels)) // len(panels))
    with look():
        picture = Picture(LEFT + len(panels) * (side + GAP), TOP + side + BOTTOM)
        for i, (name, panel) in enumerate(panels.items()):
            left = LEFT + i * (side + GAP)
            picture.write(left, 8, name, fontsize=10, fontweight="bold")
            axes = picture.axes_at(
                left, TOP, side, side, xlim=(-reach, reach), ylim=(-reach, reach), xlabel="first value"
            )
            axes.set_ylabel("second value" if i == 0 else "", labelpad=2)
            ticks = range(-int(reach) + 1, int(reach), 2)
            axes.set(xticks=ticks, yticks=ticks)
            axes.tick_params(labelleft=i == 0)
            _draw(axes, panel)
    return picture


def _draw(axes: Axes, panel: Panel) -> None:
    if panel.behind is not None:
        axes.scatter(*panel.behind.T.numpy(), s=5, color="#c9c9c9", linewidths=0)
    if panel.paths is not None:
        axes.plot(*panel.paths.movedim(-1, 0).numpy(), color=SOFT, linewidth=0.9, alpha=0.7)
    if panel.points is not None:
        colours = BLUE if panel.group is None else [COLOURS[group] for group in panel.group.tolist()]
        sizes = 8 if panel.sizes is None else (60 * panel.sizes / panel.sizes.max()).numpy()
        axes.scatter(*panel.points.T.numpy(), s=sizes, c=colours, linewidths=0, alpha=0.8, zorder=3)
    if panel.arrows is not None:
        start, arrow = panel.arrows
        axes.quiver(
            *start.T.numpy(), *arrow.T.numpy(), angles="xy", scale_units="xy", scale=1, width=0.006, color=INK, zorder=4
        )
    for place, mark, colour in ((panel.star, "*", ORANGE), (panel.cross, "X", INK)):
        if place is not None:
            axes.scatter(*place.tolist(), s=170, marker=mark, color=colour, edgecolors="white", linewidths=1, zorder=5)

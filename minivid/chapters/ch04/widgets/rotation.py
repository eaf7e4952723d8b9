"""The arc from clip to noise: z and v in the plane of the two, and a DDIM step as a turn (chapter 4).

Tests in tests/chapters/ch04/widgets/test_rotation.py.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minivid.show.style import BLUE, FAINT, GREEN, ORANGE, PURPLE, RED, SOFT, Picture, look

SIDE, TOP, GAP = 250, 36, 20
SHAPE = 1.75 / 2.35  # height over width of what is drawn
PAGE = Path(__file__).with_name("arc.html")
"""The picture that is dragged: a drawing and its script, which ask for nothing from anywhere."""


@dataclass(frozen=True)
class Arc:
    """The arc in a frame of its own, so that several in one notebook do not disturb each other. A browser draws it, without the kernel."""

    degrees: float | int
    turn: float | int

    def page(self) -> str:
        """The frame's whole page."""
        page = PAGE.read_text(encoding="utf-8")
        return page.replace("PHI", f"{self.degrees:g}", 1).replace("STEP", f"{self.turn:g}", 1)

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.page())}" title="The arc from clip to noise" sandbox="allow-scripts" '
            'width="780" height="366" style="border: 0; max-width: 100%"></iframe>'
        )


def rotation(degrees: float | int = 60, turn: float | int = 20) -> Arc:
    """z on the arc, to be dragged, and the DDIM step that follows it; the step's end is dragged too. Arrow keys do the same.

    degrees: where z begins, from 2 to 88. turn: how far the step turns it towards the clip. Raises ValueError for others.
    """
    if not 2 <= degrees <= 88 or turn < 0:
        raise ValueError(
            f"degrees={degrees}, turn={turn}: expected an angle from 2 to 88 degrees and a turn from 0 on."
        )
    return Arc(degrees, turn)


def rotation_still(degrees: Sequence[float | int] = (20, 50, 80), turn: float | int = 20) -> Picture:
    """The static twin of `rotation`: the same at several angles."""
    return _render(list(degrees), turn)


def _render(degrees: list[float | int], turn: float | int) -> Picture:
    wrong = [angle for angle in degrees if not 0 <= angle <= 90]
    if wrong or not degrees:
        raise ValueError(f"the angles are {degrees}; expected degrees from 0 (the clip) to 90 (noise).")
    side = SIDE if len(degrees) > 1 else SIDE + 80
    with look():
        picture = Picture(GAP + len(degrees) * (side + GAP), TOP + round(SHAPE * side) + GAP)
        for i, angle in enumerate(degrees):
            left, lands = GAP + i * (side + GAP), max(0, angle - turn)
            logsnr = -2 * math.log(math.tan(math.radians(min(max(angle, 0.01), 89.99))))
            words = f"φ = {angle:.0f}°, λ = {logsnr:.1f};  a step lands at {lands:.0f}°"
            picture.write(left, 12, words.replace("-", "−"), fontsize=9)
            axes = picture.axes_at(
                left, TOP, side, round(SHAPE * side), xlim=(-1.1, 1.25), ylim=(-0.25, 1.5), aspect="equal"
            )
            axes.set_axis_off()
            _draw(axes, math.radians(angle), math.radians(lands))
    return picture


def _draw(axes, phi: float, lands: float) -> None:
    """Clip to the right, noise upwards: z = (cos φ, sin φ), and v = dz/dφ, which is at right angles to it."""
    alpha, sigma = math.cos(phi), math.sin(phi)
    arc = [k * math.pi / 200 for k in range(101)]
    axes.plot([math.cos(a) for a in arc], [math.sin(a) for a in arc], color=FAINT, linewidth=2)
    for (x, y), name, beside, colour in (((1, 0), "x", (5, -12), BLUE), ((0, 1), "ε", (-14, 2), RED)):
        axes.plot([0, x], [0, y], color=colour, linewidth=1.5)
        axes.annotate(name, (x, y), xytext=beside, textcoords="offset points", color=colour, fontsize=11)
    axes.plot([alpha, alpha, 0], [0, sigma, sigma], color=SOFT, linestyle=":", linewidth=1)
    axes.annotate("α", (alpha, 0), xytext=(-3, -14), textcoords="offset points", color=SOFT)
    axes.annotate("σ", (0, sigma), xytext=(-14, -4), textcoords="offset points", color=SOFT)
    arrow = {"width": 0.008, "angles": "xy", "scale_units": "xy", "scale": 1, "zorder": 3}
    axes.quiver(0, 0, alpha, sigma, color=PURPLE, **arrow)
    axes.quiver(alpha, sigma, -sigma, alpha, color=GREEN, **arrow)
    axes.annotate("v", (alpha - sigma, sigma + alpha), xytext=(4, 4), textcoords="offset points", color=GREEN)
    axes.annotate("z", (alpha, sigma), xytext=(6, 6), textcoords="offset points", color=PURPLE, fontsize=11)
    way = [lands + k * (phi - lands) / 50 for k in range(51)]
    axes.plot([math.cos(a) for a in way], [math.sin(a) for a in way], color=ORANGE, linewidth=3)
    axes.plot([math.cos(lands)], [math.sin(lands)], "o", color=ORANGE, markersize=8, markeredgecolor="white", zorder=4)

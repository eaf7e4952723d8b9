"""A motion vector under two sliders, and the film that it makes (chapter 7).

Tests in tests/chapters/ch07/widgets/test_motion.py.
"""

from collections.abc import Callable, Sequence

import ipywidgets as w
from jaxtyping import Float
from torch import Tensor

from minivid.course.widgets.dial import GAP, render_strip, strip_scale
from minivid.show import show
from minivid.show.frames import read
from minivid.show.style import BLUE, FAINT, PAGE, SOFT, Picture, look

Delta = tuple[float | int, float | int]
Filmed = Callable[[Delta], Float[Tensor, "c t h w"]]
FASTEST, STEP = 2.0, 0.5  # pixels a frame
PAD, TOP, EDGE = 132, 26, 8  # pixels of the page
HEIGHT = 192


def motion_pad(filmed: Filmed, delta: Delta = (-1.0, 0.0)) -> w.VBox:
    """Two sliders for δ = (x, y), and beside its arrow the film that `filmed(δ)` gives: called when a slider is let go."""
    x, y = (
        w.FloatSlider(value, min=-FASTEST, max=FASTEST, step=STEP, description=words, continuous_update=False)
        for value, words in zip(delta, ("x, right", "y, down"), strict=True)
    )
    arrow, page = w.Image(format="png", layout=w.Layout(width=f"{PAD + 2 * EDGE}px")), w.HTML()

    def renew(_=None) -> None:
        chosen = (x.value, y.value)
        arrow.value = _pad_alone(chosen).png()
        page.value = show(**{_words(chosen): filmed(chosen)}, height=HEIGHT)._repr_html_()

    for slider in (x, y):
        slider.observe(renew, "value")
    renew()
    return w.VBox([w.HBox([x, y]), w.HBox([arrow, page])])


def motion_pad_still(filmed: Filmed, deltas: Sequence[Delta]) -> Picture:
    """The static twin of `motion_pad`: a row for each δ, its arrow and its film frame by frame."""
    if not deltas:
        raise ValueError("motion_pad_still was given no δ; expected a list of pairs (x, y), as in [(1.0, 0.0)].")
    strips = [read(filmed(delta)[None], "film")[0] for delta in deltas]
    t, height, width, _ = strips[0].shape
    left = PAD + 3 * EDGE
    k = strip_scale(t, height, width, PAGE - left - EDGE, PAD)
    step = TOP + PAD + EDGE
    with look():
        picture = Picture(left + t * (width * k + GAP) + EDGE, len(deltas) * step + EDGE)
        for i, (delta, frames) in enumerate(zip(deltas, strips, strict=True)):
            picture.write(EDGE, i * step + 6, _words(delta), fontsize=9)
            _pad(picture, EDGE, i * step + TOP, delta)
            render_strip(picture, left, i * step + TOP + (PAD - height * k) // 2, frames, k)
    return picture


def _pad_alone(delta: Delta) -> Picture:
    with look():
        picture = Picture(PAD + 2 * EDGE, PAD + 2 * EDGE)
        _pad(picture, EDGE, EDGE, delta)
    return picture


def _pad(picture: Picture, left: float | int, top: float | int, delta: Delta) -> None:
    """δ as an arrow from the middle of a square, y downwards."""
    reach = 1.15 * max(FASTEST, *(abs(part) for part in delta))
    axes = picture.axes_at(left, top, PAD, PAD, xlim=(-reach, reach), ylim=(reach, -reach))
    axes.set(xticks=[-2, -1, 0, 1, 2], yticks=[-2, -1, 0, 1, 2], xticklabels=[], yticklabels=[])
    axes.tick_params(length=0)
    axes.spines[:].set(visible=True, color=FAINT)
    axes.plot([0], [0], "o", color=SOFT, markersize=4)
    axes.quiver(0, 0, *delta, color=BLUE, angles="xy", scale_units="xy", scale=1, width=0.03, zorder=3)


def _words(delta: Delta) -> str:
    return "δ = ({:g}, {:g}) px a frame".format(*delta).replace("-", "−")

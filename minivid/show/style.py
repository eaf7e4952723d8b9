"""How every figure of the course looks: colours, sizes, and a figure that is laid out in pixels.

The palette is that of Okabe & Ito (2008), which readers with any common colour blindness can tell apart. A `Picture` is a
matplotlib figure that belongs to nobody (pyplot does not know it, so it is never drawn twice and never leaks) and that a
notebook shows at double resolution. Tests in tests/show/test_style.py.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import BboxImage
from matplotlib.transforms import Bbox, TransformedBbox

INK, SOFT, FAINT = "#222222", "#6b6b6b", "#d9d9d9"
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW = "#CC79A7", "#56B4E9", "#F0E442"
PALETTE = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, INK)

DPI = 100
PAGE = 840  # pixels: what a notebook shows unshrunk on a laptop, the file browser open

RC = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 200,
    "axes.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "mathtext.fontset": "dejavusans",
    "axes.prop_cycle": mpl.cycler(color=PALETTE),
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "image.interpolation": "nearest",
    "image.cmap": "gray",
}


def use() -> None:
    """Give a notebook's own pyplot figures the look of the course."""
    mpl.rcParams.update(RC)


@contextmanager
def look() -> Iterator[None]:
    """The look of the course inside a `with`, whatever was set outside."""
    with mpl.rc_context(RC):
        yield


class Picture(Figure):
    """A matplotlib figure, `width` × `height` in pixels, that a notebook draws crisply and once."""

    def __init__(self, width: float | int, height: float | int):
        super().__init__(figsize=(width / DPI, height / DPI), dpi=DPI)
        self.pixels = (width, height)
        self.placed: list[BboxImage] = []

    def axes_at(self, left: float | int, top: float | int, width: float | int, height: float | int, **kwargs) -> Axes:
        """Axes placed in pixels from the top left corner, so that an enlarged pixel falls on whole pixels."""
        return self.add_axes(self._box(left, top, width, height), **kwargs)

    def place(
        self,
        image: UInt8[np.ndarray, "h w 3"],
        left: float | int,
        top: float | int,
        width: float | int,
        height: float | int,
    ) -> None:
        """An image placed as `axes_at` places axes, and without any: they take most of the time, and a sheet has dozens."""
        box = TransformedBbox(Bbox.from_bounds(*self._box(left, top, width, height)), self.transFigure)
        self.placed.append(BboxImage(box, interpolation="auto" if height < len(image) else "nearest", data=image))
        self.add_artist(self.placed[-1])

    def _box(self, left: float | int, top: float | int, width: float | int, height: float | int) -> tuple:
        """Left, bottom, width and height as shares of the page, which matplotlib counts from below."""
        page_width, page_height = self.pixels
        return left / page_width, 1 - (top + height) / page_height, width / page_width, height / page_height

    def write(self, left: float | int, top: float | int, text: str, **kwargs) -> None:
        """Text placed in pixels from the top left corner (its own top left, unless `va`, `ha` say otherwise)."""
        page_width, page_height = self.pixels
        self.text(left / page_width, 1 - top / page_height, text, **{"va": "top", "ha": "left", **kwargs})

    def png(self, resolution: int = 2) -> bytes:
        """The picture as PNG bytes, `resolution` times as large as on the page."""
        buffer = io.BytesIO()
        with look():
            self.savefig(buffer, format="png", dpi=DPI * resolution)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        width, height = self.pixels
        return {"image/png": self.png()}, {"image/png": {"width": int(width), "height": int(height)}}

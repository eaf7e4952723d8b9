"""Contact sheets: `show_sheet` lays a clip's frames out from left to right, `show_image_grid` lays out images.

Pictures are enlarged a whole number of times and placed on whole pixels, so every pixel of the clip is an equal square.
Tests in tests/show/test_sheet.py.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes

from minivid.show.frames import as_colour, named, read_all, read_images, title
from minivid.show.style import PAGE, SOFT, Picture, look
from minivid.tools.numbers import Whole, whole, words

GAP, LINE, EDGE, TOP = 4, 20, 8, 22  # pixels: between frames, a line of text, the margin, the frame numbers
APART = 8  # pixels: between the rows of a sheet


def show_sheet(
    video: object = None,
    /,
    *,
    frames: Whole = 8,
    captions: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    height: Whole | None = None,
    **clips: object,
) -> Picture:
    """A contact sheet of videos in [-1, 1]: one row a clip, up to `frames` frames evenly chosen, numbered on top.

    `captions` has one line for every row, `labels` a word for every frame in place of its number, `height` is that of a frame aimed at,
    in pixels. Raises ValueError for a wrong shape, range, frame count or number of labels.
    """
    frames = whole(frames, "frames")
    read = read_all(named(video, clips), "show_sheet")
    t = next(iter(read.values())).shape[1]
    chosen = np.unique(np.linspace(0, t - 1, min(frames, t)).round().astype(int))
    rows = [(title(name), clip[chosen]) for name, batch in read.items() for clip in batch]
    height = (112 if len(rows) <= 3 else 80) if height is None else whole(height, "height")
    if labels is not None and len(labels) != t:
        raise ValueError(f"there are {t} frames but {len(labels)} labels; give one a frame.")
    first, *others = (str(i) for i in chosen)
    over = [f"frame {first}", *others] if labels is None else [labels[i] for i in chosen]
    return _lay_out(_rows(rows, captions, height), over)


def show_image_grid(
    images: object = None,
    /,
    *,
    labels: Sequence[str] | None = None,
    captions: Sequence[str] | None = None,
    height: int = 96,
    **batches: object,
) -> Picture:
    """Images `b c h w` or `c h w` in [-1, 1], one row a batch; `labels` stand over the columns, `captions` after the titles.

    Raises ValueError for a wrong shape or range.
    """
    rows = [(title(name), read_images(batch, name or "images")) for name, batch in named(images, batches).items()]
    if not rows:
        raise ValueError(
            "show_image_grid was given no images; name what it should draw, as in show_image_grid(real=x)."
        )
    return _lay_out(_rows(rows, captions, height), list(labels or []))


def render_pixels(axes: Axes, image: UInt8[np.ndarray, "h w c"]) -> None:
    """An image without frame or ticks, grey or colour, black 0 and white 255."""
    axes.imshow(as_colour(image), interpolation="auto" if axes.bbox.height < len(image) else "nearest", aspect="auto")
    axes.set_axis_off()


@dataclass(frozen=True)
class _Row:
    """Images side by side, each `height` × `width` pixels on the page, under a title and a caption."""

    title: str
    caption: str
    images: UInt8[np.ndarray, "n h w c"]
    height: float | int
    width: float | int

    @property
    def head(self) -> int:
        return LINE if self.title or self.caption else 0

    @property
    def across(self) -> float | int:
        text = 8 * len(self.title) + 7 * len(self.caption)
        return max(text, len(self.images) * (self.width + GAP) - GAP)


def _rows(titled: list[tuple[str, np.ndarray]], captions: Sequence[str] | None, height: int) -> list[_Row]:
    """Rows with their sizes; a title is written once, over the first of the rows that carry it."""
    captions = None if captions is None else words(captions)
    if captions is not None and len(captions) != len(titled):
        raise ValueError(f"there are {len(titled)} rows but {len(captions)} captions; give one a row.")
    rows, previous = [], ""
    for i, (name, images) in enumerate(titled):
        caption = captions[i] if captions is not None else ""
        rows.append(_Row("" if name == previous else name, caption, images, *_size(images, height)))
        previous = name
    return rows


def _size(images: UInt8[np.ndarray, "n h w c"], height: int) -> tuple[float | int, float | int]:
    """Height and width on the page of each image: whole multiples that fit, or shrunk to fit."""
    n, h, w, _ = images.shape
    k = min(height / h, (PAGE / n - GAP) / w)
    k = int(k) if k >= 1 else k
    return h * k, w * k


def _lay_out(rows: list[_Row], labels: list[str]) -> Picture:
    """The rows under each other, the labels (broken to their width) over the columns of the first."""
    labels = [textwrap.fill(label, max(8, int(rows[0].width / 6))) for label in labels]
    top = TOP + 14 * max(label.count("\n") for label in labels) if labels else EDGE
    width = max(row.across for row in rows) + 2 * EDGE
    height = top + sum(row.head + row.height + APART for row in rows) - APART + EDGE
    with look():
        picture = Picture(width, height)
        for label, column in zip(labels, range(len(rows[0].images)), strict=False):
            middle = EDGE + column * (rows[0].width + GAP) + rows[0].width / 2
            picture.write(middle, 6, label, ha="center", color=SOFT, fontsize=9, linespacing=1.1)
        for row in rows:
            _write_head(picture, top, row)
            top += row.head
            for column, image in enumerate(row.images):
                picture.place(as_colour(image), EDGE + column * (row.width + GAP), top, row.width, row.height)
            top += row.height + APART
    return picture


def _write_head(picture: Picture, top: float | int, row: _Row) -> None:
    left = EDGE
    if row.title:
        picture.write(left, top + 2, row.title, fontsize=10, fontweight="bold")
        left += picture.texts[-1].get_window_extent().width + 10
    if row.caption:
        picture.write(left, top + 2, row.caption, fontsize=10, color=SOFT)

"""`show_slice`: one row of pixels followed through time (x–t), or one column (y–t). Motion is a slant, flicker a stripe.

Tests in tests/show/test_slices.py.
"""

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes

from minivid.show.frames import Frames, as_colour, named, read_all, title
from minivid.show.sheet import render_pixels
from minivid.show.style import ORANGE, PAGE, Picture, look

SIDE = 176  # pixels; the slice's sides aimed at
THUMB = 96  # pixels; the little frame that shows the cut
LEFT, TOP, BOTTOM, RIGHT = 52, 138, 46, 24


def show_slice(
    video: object = None,
    /,
    *,
    row: int | None = None,
    column: int | None = None,
    side: int = SIDE,
    **clips: object,
) -> Picture:
    """x–t slices of videos in [-1, 1] at `row` (default: the brightest), or y–t slices at `column`, side by side.

    Over each slice a small frame shows where it was cut. x and y in pixels, t in frames. `side` is the slices' width and height aimed at,
    in pixels of the page: four stand side by side at 128.
    Raises ValueError when both are given, when one lies outside a clip, or for a wrong shape, range or frame count.
    """
    if row is not None and column is not None:
        raise ValueError("show_slice was given both row and column; a slice is cut along one: give row= or column=.")
    frames = read_all(named(video, clips), "show_slice")
    along_row = column is None
    cut = row if along_row else column
    for name, f in frames.items():
        limit = f.shape[2 if along_row else 3]
        if cut is not None and not 0 <= cut < limit:
            word = "row" if along_row else "column"
            raise ValueError(f"{name or 'the video'} has {word}s 0 to {limit - 1}; {word}={cut} lies outside.")
    panels = [
        (
            f"{title(name)} {i}" if len(batch) > 1 else title(name),
            clip,
            brightest_row(frames, clip.shape[1]) if cut is None else cut,
        )
        for name, batch in frames.items()
        for i, clip in enumerate(batch)
    ]
    with look():
        return _render(panels, along_row, side)


def brightest_row(frames: dict[str, Frames], height: int) -> int:
    """The row with the most light over all clips `height` pixels tall, all their frames and columns."""
    light = sum(f.sum(axis=(0, 1, 3, 4), dtype=np.int64) for f in frames.values() if f.shape[2] == height)
    return int(np.argmax(light))


def _render(panels: list[tuple[str, UInt8[np.ndarray, "t h w c"], int]], along_row: bool, side: int) -> Picture:
    sizes = [_size(clip, along_row, side) for _, clip, _ in panels]
    per_line = max(1, min(len(panels), PAGE // max(LEFT + width + RIGHT for width, _ in sizes)))
    lines = -(-len(panels) // per_line)
    step_x = max(width for width, _ in sizes) + LEFT + RIGHT
    step_y = max(height for _, height in sizes) + TOP + BOTTOM
    picture = Picture(per_line * step_x, lines * step_y)
    for i, ((name, clip, cut), (width, height)) in enumerate(zip(panels, sizes, strict=True)):
        left, top = (i % per_line) * step_x + LEFT, (i // per_line) * step_y
        _mark_cut(picture, left, top + 26, clip, cut, along_row)
        picture.write(left, top + 6, name, fontsize=10, fontweight="bold")
        axes = picture.axes_at(left, top + TOP, width, height)
        if along_row:
            _slice(axes, clip[:, cut], "x (pixels)", "t (frames)" if i % per_line == 0 else "")
        else:
            _slice(axes, clip[:, :, cut].swapaxes(0, 1), "t (frames)", "y (pixels)" if i % per_line == 0 else "")
    return picture


def _size(clip: UInt8[np.ndarray, "t h w c"], along_row: bool, side: int) -> tuple[int, int]:
    """Width and height of a slice: whole pixels for every frame and every pixel of the clip."""
    t, h, w, _ = clip.shape
    across, down = (w, t) if along_row else (t, h)
    return across * max(1, round(side / across)), down * max(1, round(side / down))


def _slice(axes: Axes, image: UInt8[np.ndarray, "down across c"], across: str, down: str) -> None:
    axes.imshow(as_colour(image), aspect="auto", interpolation="nearest")
    axes.set(xlabel=across, ylabel=down)
    axes.grid(False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True, nbins=6)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)


def _mark_cut(picture: Picture, left: int, top: int, clip: np.ndarray, cut: int, along_row: bool) -> None:
    """The middle frame, the cut row or column outlined, its number beside it."""
    middle = clip[len(clip) // 2]
    h, w, _ = middle.shape
    k = max(1, THUMB // h)
    axes = picture.axes_at(left, top, w * k, h * k)
    render_pixels(axes, middle)
    mark = axes.axhspan if along_row else axes.axvspan
    mark(cut - 0.7, cut + 0.7, facecolor="none", edgecolor=ORANGE, linewidth=0.9)
    picture.write(left + w * k + 8, top, f"{'row' if along_row else 'column'} {cut}", fontsize=9, color="#8a5f00")

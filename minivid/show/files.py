"""`save`: a video as a file, by its suffix: gif, mp4 (H.264), png (contact sheet) or npz (the frames themselves).

A file appears whole or not at all: it is written beside its place and renamed. Tests in tests/show/test_files.py.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from minivid.show.frames import as_colour, enlarge, factor, grid_columns, read, tile
from minivid.show.gif import gif_bytes
from minivid.show.style import PAGE
from minivid.tools.files import write_atomically
from minivid.tools.numbers import Number, Whole, rate, whole

SUFFIXES = (".gif", ".mp4", ".png", ".npz")


def save(
    video: object,
    path: str | Path,
    fps: Number = 8,
    scale: Whole | None = None,
    beside: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Write `b c t h w` or `c t h w` in [-1, 1] to `path`, whose suffix chooses the format; returns the path.

    .gif and .mp4 play a batch as a grid, .png has a row of frames for each clip, .npz holds `video` (uint8 `n t h w c`) and
    `fps`. `scale` is the whole number of times pixels are enlarged (default: to about 128 pixels tall; not for npz).
    `beside` are arrays that an .npz keeps too, such as captions or the truth; a picture does without them.
    Raises ValueError for an unknown suffix, shape or range, FileNotFoundError for a missing folder.
    """
    if taken := {"video", "fps"} & set(beside or ()):
        raise ValueError(f"beside names {', '.join(sorted(taken))}, which an .npz holds already; choose another name.")
    frames, fps = read(video), rate(fps)
    n, t, h, w, _ = frames.shape
    k = factor(h, 128, w) if scale is None else whole(scale, "scale")

    def grid() -> UInt8[np.ndarray, "t H W c"]:
        return tile(enlarge(frames, k), grid_columns(n, k * w + 4, PAGE))

    def sheet() -> UInt8[np.ndarray, "H W c"]:
        every_frame = enlarge(frames, k).reshape(n * t, 1, k * h, k * w, -1)
        return tile(every_frame, columns=t)[0]

    makers = {
        ".gif": lambda: gif_bytes(grid(), fps),
        ".mp4": lambda: mp4_bytes(grid(), fps),
        ".png": lambda: png_bytes(sheet()),
        ".npz": lambda: _npz_bytes(video=frames, fps=np.asarray(float(fps)), **(beside or {})),
    }
    return write(path, makers)


def check_path(path: str | Path, suffixes: Iterable[str] = SUFFIXES) -> Path:
    """The path, if it can be written: known suffix, existing folder. To be asked before long work.

    Raises ValueError for an unknown suffix, FileNotFoundError for a missing folder.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f'"{path.name}" ends in "{path.suffix.lower()}"; it can be written as {", ".join(suffixes)}.')
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f'There is no folder "{path.parent}" to write {path.name} into; make it first (mkdir -p).'
        )
    return path


def write(path: str | Path, makers: Mapping[str, Callable[[], bytes]]) -> Path:
    """Write what the maker for the path's suffix makes."""
    path = check_path(path, makers)
    write_atomically(path, makers[path.suffix.lower()]())
    return path


def mp4_bytes(frames: UInt8[np.ndarray, "t h w c"], fps: Number = 8) -> bytes:
    """H.264 in mp4, near lossless. Sides are made even by repeating the last row or column, as the format demands."""
    fps = rate(fps)
    frames = np.pad(
        as_colour(frames), ((0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0)), mode="edge"
    )
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"  # what every player and browser reads
        stream.options = {"crf": "12"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def png_bytes(image: UInt8[np.ndarray, "h w c"]) -> bytes:
    """One image, exactly."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()


def _npz_bytes(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()

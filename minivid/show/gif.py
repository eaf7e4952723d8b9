"""GIF: frames in, bytes out, with the colours that went in.

Grey clips keep all 256 levels. Colour frames with at most 256 colours each are exact as well; beyond that the clip gets one
palette for all its frames, because a palette that changes from frame to frame looks like flicker in the video itself.
Tests in tests/show/test_gif.py.
"""

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from minivid.tools.numbers import Number, rate


def gif_bytes(frames: UInt8[np.ndarray, "t h w c"], fps: Number = 8) -> bytes:
    """An endless GIF of uint8 frames (c = 1 or 3). Time is in hundredths of a second; browsers hold at most 50 fps.

    Equal neighbouring frames are stored once and shown longer, so a still stretch has fewer frames and the same length.
    """
    duration = 10 * frame_time(fps)
    first, *rest = _images(frames)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=duration, loop=0)
    return buffer.getvalue()


def frame_time(fps: Number) -> int:
    """Hundredths of a second a frame is held for; ValueError outside 0.1 … 50 fps."""
    return round(100 / rate(fps, most=50, what="a GIF plays (mp4 takes more) at"))


def _images(frames: np.ndarray) -> list[Image.Image]:
    if frames.shape[-1] == 1:
        return [Image.fromarray(frame[..., 0]) for frame in frames]
    rows, columns = (_changes(frames, axis) for axis in (1, 2))
    once = frames[:, rows][:, :, columns]  # an enlarged clip at its own size: colours are counted many times as fast
    images = []
    for index, palette in _in_palettes(once):
        enlarged = index.astype(np.uint8)[np.cumsum(rows) - 1][:, np.cumsum(columns) - 1]
        images.append(Image.fromarray(enlarged, "P"))
        images[-1].putpalette(palette)
    return images


def _changes(frames: np.ndarray, axis: int) -> np.ndarray:
    """True for the rows (axis 1) or columns (axis 2) of a clip that differ in any frame from the one before, and for the first."""
    others = tuple(other for other in range(frames.ndim) if other != axis)
    return np.concatenate([[True], (np.diff(frames, axis=axis) != 0).any(others)])


def _in_palettes(frames: np.ndarray) -> list[tuple[np.ndarray, bytes]]:
    """Each frame as numbers in a palette: its own, of exactly its colours, where all frames have at most 256, else one for all."""
    exact = [_own_palette(frame) for frame in frames]
    if all(found is not None for found in exact):
        return exact
    t, h, w, c = frames.shape
    film = Image.fromarray(frames.reshape(t * h, w, c)).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=5)
    return [(index, bytes(film.getpalette())) for index in np.asarray(film).reshape(t, h, w)]


def _own_palette(frame: np.ndarray) -> tuple[np.ndarray, bytes] | None:
    """The frame as numbers, and the palette of its colours; None when there are more than 256."""
    red, green, blue = np.moveaxis(frame.astype(np.uint32), -1, 0)
    colours, index = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    if len(colours) > 256:
        return None
    palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], -1).astype(np.uint8)
    return index.reshape(frame.shape[:2]), palette.tobytes()

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
    exact = [_with_own_palette(frame) for frame in frames]
    if all(image is not None for image in exact):
        return exact
    t, h, w, c = frames.shape
    film = Image.fromarray(frames.reshape(t * h, w, c)).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=5)
    return [film.crop((0, i * h, w, (i + 1) * h)) for i in range(t)]


def _with_own_palette(frame: np.ndarray) -> Image.Image | None:
    """A palette image of exactly these colours, or None when there are more than 256."""
    red, green, blue = np.moveaxis(frame.astype(np.uint32), -1, 0)
    colours, index = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    if len(colours) > 256:
        return None
    image = Image.fromarray(index.reshape(frame.shape[:2]).astype(np.uint8), "P")
    image.putpalette(np.stack([colours >> 16, colours >> 8 & 255, colours & 255], -1).astype(np.uint8).tobytes())
    return image

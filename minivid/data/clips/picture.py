"""A decoded frame as pixels of the size asked for: turned as it is meant to be seen, cropped, shrunk without aliasing.

Chapter 1. Checked by tests/data/clips/test_picture.py.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from jaxtyping import UInt8
from PIL import Image

CROPS = ("centre", "none")


@dataclass(frozen=True)
class Look:
    """Height and width in pixels, colour or grey, and whether the largest centred piece of that shape is cut out."""

    size: tuple[int, int]
    colour: bool = True
    crop: str = "centre"


def picture(frame: VideoFrame, look: Look, pixel_aspect: Fraction | None = None) -> UInt8[np.ndarray, "h w c"]:
    """The frame as `h w c` bytes, by bicubic resampling with a support that grows as the picture shrinks (antialiased).

    `pixel_aspect` is the width of a stored pixel divided by its height; without a crop the whole picture is stretched to the size.
    """
    aspect = float(pixel_aspect or 1)
    upright, turned = orient(on_black(frame), display_matrix(frame))
    image = Image.fromarray(np.ascontiguousarray(upright))
    height, width = look.size
    box = (
        centred_box(image.size, width / height / (1 / aspect if turned else aspect)) if look.crop == "centre" else None
    )
    image = image.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(image if look.colour else image.convert("L")).reshape(height, width, -1)


def on_black(frame: VideoFrame) -> UInt8[np.ndarray, "h w 3"]:
    """The frame's colours, where it is transparent before a black ground."""
    clear = any(component.is_alpha for component in frame.format.components)
    # One thread: a pool of them would stay with the frame, and whichever process frees the frame waits for them. A worker
    # that was forked before the garbage was collected has the frame but not the threads, and would wait for ever.
    pixels = frame.to_ndarray(format="rgba" if clear else "rgb24", threads=1)
    if not clear:
        return pixels
    colour, alpha = pixels[..., :3].astype(np.uint16), pixels[..., 3:].astype(np.uint16)
    return ((colour * alpha + 127) // 255).astype(np.uint8)


def centred_box(size: tuple[int, int], aspect: float) -> tuple[float, float, float, float]:
    """(left, upper, right, lower) of the largest centred box, `aspect` times as wide as high, in a picture of size (width, height)."""
    width, height = size
    wide, high = min(width, height * aspect), min(height, width / aspect)
    left, upper = (width - wide) / 2, (height - high) / 2
    return left, upper, left + wide, upper + high


def display_matrix(frame: VideoFrame) -> np.ndarray | None:
    """The linear part of the display matrix, where the file carries one: (x, y) of a pixel, y down, to where it is shown."""
    try:
        data = frame.side_data["DISPLAYMATRIX"]
    except KeyError:
        return None
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32)
    return np.array([[a, c], [b, d]])


def orient(pixels: UInt8[np.ndarray, "h w c"], matrix: np.ndarray | None) -> tuple[np.ndarray, bool]:
    """Turn and mirror pixels by a display matrix, to the nearest quarter turn; also whether rows became columns."""
    if matrix is None:
        return pixels, False
    turned = bool(abs(matrix[0, 1]) > abs(matrix[0, 0]))
    if turned:
        pixels = pixels.transpose(1, 0, 2)
        matrix = matrix[:, ::-1]
    if matrix[0, 0] < 0:
        pixels = pixels[:, ::-1]
    if matrix[1, 1] < 0:
        pixels = pixels[::-1]
    return pixels, turned

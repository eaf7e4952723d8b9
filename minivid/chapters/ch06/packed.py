"""Clips as a word of a receipt, so that a chapter shows what was measured (tests/chapters/ch06/test_one_shot.py)."""

import base64
import zlib

import numpy as np
from jaxtyping import Float
from torch import Tensor

from minivid.data.video import from_uint8, to_uint8


def packed(video: Float[Tensor, "n c t h w"]) -> dict[str, str | list[int]]:
    """8 bits a pixel, compressed, in letters; with the shape n t h w c."""
    pixels = to_uint8(video)
    return {"shape": list(pixels.shape), "pixels": base64.b64encode(zlib.compress(pixels.tobytes(), 9)).decode()}


def unpacked(kept: dict[str, str | list[int]]) -> Float[Tensor, "n c t h w"]:
    """The clips again, rounded to 8 bits."""
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(kept["pixels"])), np.uint8).reshape(kept["shape"])
    return from_uint8(pixels.copy())

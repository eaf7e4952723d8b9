"""Words as pixels, for files that have no HTML around them (a GIF in a README). Tests in tests/show/test_clips.py."""

import textwrap
from functools import cache

import numpy as np
from jaxtyping import UInt8
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont


def letter(text: str, width: int, size: int = 13, bold: bool = False) -> UInt8[np.ndarray, "h w"]:
    """`text` in dark grey on white, wrapped to `width` pixels; no text is no rows."""
    if not text:
        return np.full((0, width), 255, np.uint8)
    font = _font(size, bold)
    lines = _wrap(text, width, font)
    image = Image.new("L", (width, len(lines) * (size + 4) + 3), 255)
    ImageDraw.Draw(image).multiline_text((0, 0), "\n".join(lines), fill=34, font=font, spacing=2)
    return np.asarray(image)


def _wrap(text: str, width: int, font: ImageFont.FreeTypeFont) -> list[str]:
    """The fewest lines that fit, breaking at spaces where there are any."""
    for characters in range(len(text), 0, -1):
        lines = textwrap.wrap(text, characters)
        if all(font.getlength(line) <= width for line in lines):
            return lines
    return [text]


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    properties = font_manager.FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    return ImageFont.truetype(font_manager.findfont(properties), size)

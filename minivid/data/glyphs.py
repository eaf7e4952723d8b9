"""Handwriting as fine bitmaps that can be drawn at any size: the built-in digits and, where it has been fetched, MNIST.

Chapter 0. Checked by tests/data/test_glyphs.py.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from minivid.data.digits import load

HANDWRITINGS = ("built-in", "mnist")

BITMAP = 32
"""Side of a built-in digit's fine bitmap. The 8x8 data are counts of ink in the 4x4 cells of such bitmaps."""

BOX = 20
"""Side of the box that MNIST's digits were written into, in its pixels."""

FAINT = 0.04
"""Less ink than this is paper."""


@dataclass(frozen=True)
class Glyphs:
    """Digits ready to be drawn at any size, sorted by class. Lengths are in units of the side of the box that a digit is written in."""

    bitmap: Float[Tensor, "n s s"]
    """Ink in [0, 1] on a fine grid, zero elsewhere."""
    centre: Float[Tensor, "n 2"]
    """The ink's centre of mass (x, y), from the box's upper left corner."""
    low: Float[Tensor, "n 2"]
    """How far the ink reaches from that centre to the left and upwards (negative)."""
    high: Float[Tensor, "n 2"]
    """How far it reaches to the right and downwards."""
    radius: Float[Tensor, " n"]
    """How far the farthest ink is from the centre: what a turning digit needs."""
    first: Int[Tensor, " 10"]
    """Where each class begins."""
    count: Int[Tensor, " 10"]
    """How many digits each class has."""
    index: Int[Tensor, " n"]
    """Which digit of the split each of these is."""


@lru_cache(maxsize=4)
def glyphs(split: str, handwriting: str = "built-in") -> Glyphs:
    """The digits of a split as fine bitmaps with their centres and reach, sorted by class (kept after the first call).

    Raises ValueError for any other split, FetchError (a ValueError) where MNIST is asked for and has not been fetched.
    """
    if handwriting == "mnist":
        from minivid.data.mnist import mnist  # here, because it is needed by few

        digits = mnist(split)
        return of_bitmaps(boxed(digits.images), digits.labels)
    digits = load(split)
    return of_bitmaps(sharpen(digits.images), digits.labels)


def of_bitmaps(bitmaps: Float[Tensor, "n s s"], labels: Int[Tensor, " n"]) -> Glyphs:
    """Bitmaps whose side is the box's, as glyphs."""
    index = torch.argsort(labels, stable=True)
    bitmap, side = bitmaps[index], bitmaps.shape[-1]
    bitmap = torch.where(bitmap < FAINT, 0.0, bitmap)

    middle = (torch.arange(side) + 0.5) / side
    mass = bitmap.sum((1, 2))
    centre = torch.stack([bitmap.sum(1) @ middle, bitmap.sum(2) @ middle], -1) / mass[:, None]
    low, high = reach(bitmap)

    dx = (middle[None, :] - centre[:, :1]).abs() + 0.5 / side
    dy = (middle[None, :] - centre[:, 1:]).abs() + 0.5 / side
    far = torch.hypot(dx[:, None, :], dy[:, :, None])
    count = torch.bincount(labels, minlength=10)
    return Glyphs(
        bitmap=bitmap,
        centre=centre,
        low=low / side - centre,
        high=high / side - centre,
        radius=torch.where(bitmap > 0, far, 0).amax((1, 2)),
        first=count.cumsum(0) - count,
        count=count,
        index=index,
    )


def reach(bitmap: Float[Tensor, "n s s"]) -> tuple[Int[Tensor, "n 2"], Int[Tensor, "n 2"]]:
    """The first cell with ink and the one after the last, along x and along y."""
    ends = []
    for profile in (bitmap.amax(1), bitmap.amax(2)):  # ink in each column, in each row
        inked = (profile > 0).int()
        ends.append(torch.stack([inked.argmax(1), inked.shape[1] - inked.flip(1).argmax(1)], -1))
    return torch.stack(ends, 1).unbind(-1)


def sharpen(images: Float[Tensor, "n 8 8"], rounds: int = 10) -> Float[Tensor, "n 32 32"]:
    """Nearly black-and-white 32x32 bitmaps whose 4x4 cells hold the given ink: what the scanner saw before the counting.

    Alternates two steps: push each pixel towards ink or paper, and correct every cell to its known mean (iterative
    back-projection, Irani & Peleg 1991). The result is one bitmap among many that fit the data, a smooth one.
    """
    low = images[:, None]
    cells = BITMAP // 8

    def correct(fine: Tensor, how: str) -> Tensor:
        missing = low - F.avg_pool2d(fine, cells)
        return (fine + F.interpolate(missing, scale_factor=cells, mode=how)).clamp(0, 1)

    fine = F.interpolate(low, scale_factor=cells, mode="bicubic").clamp(0, 1)
    for _ in range(rounds):
        fine = torch.sigmoid(5 * (fine - 0.5))
        fine = F.avg_pool2d(F.pad(fine, (1, 1, 1, 1), mode="replicate"), 3, 1)
        fine = correct(correct(fine, "bilinear"), "bilinear")
    for _ in range(20):
        fine = correct(fine, "nearest")
    return fine[:, 0]


def boxed(images: Float[Tensor, "n 28 28"]) -> Float[Tensor, "n 20 20"]:
    """MNIST's digits in the middle of the 20x20 box that they were scaled to fit: the paper round it, which centres their mass, is cut."""
    low, high = reach(images)
    corner = (low + high - BOX).div(2, rounding_mode="floor").clamp(0, images.shape[-1] - BOX)  # x, y of the box
    cells = corner[..., None] + torch.arange(BOX)  # n 2 20
    each = torch.arange(len(images))[:, None, None]
    return images[each, cells[:, 1, :, None], cells[:, 0, None, :]]

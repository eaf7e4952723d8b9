"""The handwritten digits that every world of this course moves.

scikit-learn carries 1,797 digits of 8x8 pixels with 17 grey levels (UCI "Optical Recognition of Handwritten Digits",
CC BY 4.0). They stand writer after writer: each writer copied out 0..9 three times and then a mixed list. Shuffling them
would put one writer's hand on both sides of a split, so the split is two contiguous blocks, cut where a new writer begins.

Chapter 0. Checked by tests/data/test_digits.py against the card in datasets/digits.md.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

SPLITS = ("train", "heldout")

FIRST_HELDOUT = 1415
"""The first held-out digit: here the twelfth writer begins ("0 1 2 ... 9" three times)."""

BITMAP = 32
"""Side of a digit's fine bitmap. The 8x8 data are counts of ink in the 4x4 cells of such bitmaps."""


@dataclass(frozen=True)
class Digits:
    """Digit pictures in [0, 1] (ink is 1) and the numerals they show."""

    images: Float[Tensor, "n 8 8"]
    labels: Int[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Glyphs:
    """Digits ready to be drawn at any size, sorted by class. Lengths are in units of the digit's side (its 8 pixels)."""

    bitmap: Float[Tensor, "n s s"]
    """Ink in [0, 1] on a 32x32 grid, zero elsewhere."""
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
    """Which digit of `load(split)` each of these is."""


def check_split(split: str) -> None:
    """Raise a ValueError unless `split` is "train" or "heldout"."""
    if split not in SPLITS:
        raise ValueError(f'There is no split {split!r} of the digits. The splits are "train" and "heldout".')


@lru_cache(maxsize=1)
def _bundle() -> Digits:
    from sklearn.datasets import load_digits  # here, because importing scikit-learn takes a second

    bunch = load_digits()
    return Digits(torch.from_numpy(bunch.images / 16).float(), torch.from_numpy(bunch.target).long())


def load(split: str = "train") -> Digits:
    """The digits of one split: 1,415 of eleven writers to train on, 382 of other writers held out.

    Raises ValueError for any other split.
    """
    check_split(split)
    block = slice(0, FIRST_HELDOUT) if split == "train" else slice(FIRST_HELDOUT, None)
    return Digits(_bundle().images[block].clone(), _bundle().labels[block].clone())


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


@lru_cache(maxsize=2)
def glyphs(split: str) -> Glyphs:
    """The digits of a split as fine bitmaps with their centres and reach, sorted by class (kept after the first call)."""
    digits = load(split)
    index = torch.argsort(digits.labels, stable=True)
    bitmap = sharpen(digits.images[index])
    bitmap = torch.where(bitmap < 0.04, 0.0, bitmap)

    middle = (torch.arange(BITMAP) + 0.5) / BITMAP
    mass = bitmap.sum((1, 2))
    centre = torch.stack([bitmap.sum(1) @ middle, bitmap.sum(2) @ middle], -1) / mass[:, None]

    reaches = []
    for profile in (bitmap.amax(1), bitmap.amax(2)):  # ink in each column, in each row
        inked = (profile > 0).int()
        reaches.append(torch.stack([inked.argmax(1), BITMAP - inked.flip(1).argmax(1)], -1) / BITMAP)
    low, high = torch.stack(reaches, 1).unbind(-1)  # n 2 each: (x, y)

    dx = (middle[None, :] - centre[:, :1]).abs() + 0.5 / BITMAP
    dy = (middle[None, :] - centre[:, 1:]).abs() + 0.5 / BITMAP
    reach = torch.hypot(dx[:, None, :], dy[:, :, None])
    count = torch.bincount(digits.labels, minlength=10)
    return Glyphs(
        bitmap=bitmap,
        centre=centre,
        low=low - centre,
        high=high - centre,
        radius=torch.where(bitmap > 0, reach, 0).amax((1, 2)),
        first=count.cumsum(0) - count,
        count=count,
        index=index,
    )

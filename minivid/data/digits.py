"""The handwritten digits that every world of this course moves.

scikit-learn carries 1,797 digits of 8x8 pixels with 17 grey levels (UCI "Optical Recognition of Handwritten Digits",
CC BY 4.0). They stand writer after writer: each writer copied out 0..9 three times and then a mixed list. Shuffling them
would put one writer's hand on both sides of a split, so the split is two contiguous blocks, cut where a new writer begins.

Chapter 0. Checked by tests/data/test_digits.py against the card in datasets/digits.md.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

SPLITS = ("train", "heldout")

FIRST_HELDOUT = 1415
"""The first held-out digit: here the twelfth writer begins ("0 1 2 ... 9" three times)."""


@dataclass(frozen=True)
class Digits:
    """Digit pictures in [0, 1] (ink is 1) and the numerals they show."""

    images: Float[Tensor, "n 8 8"]
    labels: Int[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.labels)


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

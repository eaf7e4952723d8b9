"""MNIST and Moving MNIST, once fetched: digits of 28x28, and clips of two of them that move.

`minivid data fetch mnist` brings them. Checked by tests/data/test_mnist.py against the cards datasets/mnist.md and moving_mnist.md.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from minivid.data.digits import check_split
from minivid.data.fetch import FetchError, fetched
from minivid.data.video import from_uint8
from minivid.tools.seeds import Seed, generator

PREFIX = {"train": "train", "heldout": "t10k"}


@dataclass(frozen=True)
class LargeDigits:
    """Digit pictures in [0, 1] (ink is 1) and the numerals they show, as `minivid.data.Digits` but of 28x28 pixels."""

    images: Float[Tensor, "n 28 28"]
    labels: Int[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.labels)


def mnist(split: str = "train", folder: Path | str | None = None) -> LargeDigits:
    """The digits of one split: 60,000 to train on, 10,000 of other writers held out.

    Raises ValueError for any other split, FetchError (a ValueError) where MNIST has not been fetched.
    """
    check_split(split)
    home = fetched("mnist", folder)
    images = idx(home / f"{PREFIX[split]}-images-idx3-ubyte.gz")
    labels = idx(home / f"{PREFIX[split]}-labels-idx1-ubyte.gz")
    return LargeDigits(torch.from_numpy(images / np.float32(255)), torch.from_numpy(labels).long())


def idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """The array of bytes in a gzipped IDX file: two zeros, 8 (bytes), the number of axes, the axes big-endian, the bytes."""
    try:
        data = gzip.decompress(path.read_bytes())
        axes = data[3] if data[:3] == b"\0\0\x08" else None
        shape = tuple(np.frombuffer(data, ">u4", axes, offset=4))
        return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()
    except (OSError, EOFError, ValueError, IndexError, TypeError) as error:
        raise FetchError(f"{path} is no IDX file of bytes ({error}); delete it and fetch it again.") from error


class MovingMnist:
    """The 10,000 clips of Moving MNIST, on disk until they are asked for: `clips[3:5]` is `2 1 20 64 64` in [-1, 1]."""

    def __init__(self, array: UInt8[np.ndarray, "t n h w"]):
        self.array = array

    def __len__(self) -> int:
        return self.array.shape[1]

    def __getitem__(self, which: slice | list[int] | Int[Tensor, " n"]) -> Float[Tensor, "n 1 t h w"]:
        chosen = self.array[:, which]
        return from_uint8(np.ascontiguousarray(chosen.transpose(1, 0, 2, 3))[..., None])

    def sample(self, n: int, seed: Seed) -> Float[Tensor, "n 1 t h w"]:
        """`n` clips drawn at random, the same for the same seed."""
        return self[torch.randint(len(self), (n,), generator=generator(seed, "moving mnist")).tolist()]


def moving_mnist(folder: Path | str | None = None) -> MovingMnist:
    """Moving MNIST (Srivastava et al. 2015), two digits in each clip. Raises FetchError where it has not been fetched."""
    path = fetched("moving_mnist", folder) / "mnist_test_seq.npy"
    try:
        array = np.load(path, mmap_mode="r")
    except ValueError as error:
        raise FetchError(f"{path} is no array of numpy's ({error}); delete it and fetch it again.") from error
    return MovingMnist(array)

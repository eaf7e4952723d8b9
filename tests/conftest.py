"""Before anything imports minivid: its shapes are checked at run time, in every test, and torch computes in one thread."""

import contextlib
import gc
import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from jaxtyping import config as checking
from jaxtyping import install_import_hook

assert "minivid" not in sys.modules, "minivid was imported before its shapes could be checked: which plugin does that?"
install_import_hook("minivid", "beartype.beartype")

# The tests run side by side (`minivid test`), on tensors too small for a second thread to help.
torch.set_num_threads(1)

# Property tests are not timed: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config):
    from minivid.tools import compat

    with contextlib.suppress(ImportError):  # where torchvision is absent, the tests that want it skip themselves
        compat.import_torchvision()  # from here on diffusers and video-diffusion-pytorch import too


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported and collected stays to the end: looking through it for garbage again and again takes a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def same_numbers_every_time():
    """A test that draws from the global generator draws the same each time, in any order of tests."""
    torch.manual_seed(0)


@pytest.fixture
def as_in_a_notebook(monkeypatch):
    """Shapes are not checked at run time, as they are not where a student or a grader runs the same code: what is said there is tested."""
    monkeypatch.setattr(checking, "jaxtyping_disable", True)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def write_idx(path: Path, array: np.ndarray) -> None:
    """An array of bytes as MNIST's files hold it."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def mnist_like(tmp_path_factory, monkeypatch):
    """A small MNIST in the user's cache: built-in digits in a box of 20×20, somewhere on paper of 28×28.

    For each split: the pictures `n 28 28`, the boxes `n 20 20`, the numerals `n`.
    """
    from minivid.data.digits import load
    from minivid.data.fetch import SOURCES, File, Source
    from minivid.data.glyphs import glyphs
    from minivid.data.world.options import fitting_glyphs

    home, noise, splits = tmp_path_factory.mktemp("data") / "mnist", np.random.default_rng(0), {}
    home.mkdir()
    for split, prefix in (("train", "train"), ("heldout", "t10k")):
        digits = load(split)
        fine = torch.nn.functional.interpolate(digits.images[:60, None], size=(20, 20), mode="bicubic").clamp(0, 1)
        boxes = (fine[:, 0] * 255).byte().numpy()
        boxes[:, 0, 0] = boxes[:, -1, -1] = 60  # ink to the box's corners, so that where it stands is known
        pictures = np.zeros((len(boxes), 28, 28), np.uint8)
        for picture, box, (x, y) in zip(pictures, boxes, noise.integers(0, 9, (len(boxes), 2)), strict=True):
            picture[y : y + 20, x : x + 20] = box
        splits[split] = pictures, boxes, digits.labels[:60].numpy().astype(np.uint8)
        write_idx(home / f"{prefix}-images-idx3-ubyte.gz", pictures)
        write_idx(home / f"{prefix}-labels-idx1-ubyte.gz", splits[split][2])
    files = tuple(File(path.name, path.stat().st_size, "0" * 64) for path in sorted(home.iterdir()))
    monkeypatch.setitem(SOURCES, "mnist", Source("", "", files, ()))
    monkeypatch.setenv("MINIVID_DATA", str(home.parent))
    yield splits
    for kept in (glyphs, fitting_glyphs):
        kept.cache_clear()

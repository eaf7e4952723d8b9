"""The digits are those of the card, split between writers."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from minivid.data.digits import FIRST_HELDOUT, load

CARD = (Path(__file__).parents[2] / "datasets" / "digits.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def original():
    return load_digits()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_card_has_the_checksums_of_what_is_here(original):
    file = Path(find_spec("sklearn").origin).parent / "datasets" / "data" / "digits.csv.gz"
    assert f"{file.stat().st_size:,} bytes" in CARD
    for data in (file.read_bytes(), original.images.astype("u1").tobytes(), original.target.astype("u1").tobytes()):
        assert sha256(data) in CARD


def test_the_splits_are_two_blocks_that_together_are_all_digits_in_order(original):
    train, heldout = load("train"), load("heldout")
    images = torch.cat([train.images, heldout.images])
    assert torch.equal((images * 16).round().to(torch.uint8), torch.from_numpy(original.images.astype("u1")))
    assert torch.equal(torch.cat([train.labels, heldout.labels]), torch.from_numpy(original.target))


def test_no_picture_is_in_both_splits():
    train, heldout = ({picture.numpy().tobytes() for picture in load(split).images} for split in ("train", "heldout"))
    assert not train & heldout


def test_the_cut_lies_where_a_writer_begins(original):
    three_times = np.tile(np.arange(10), 3)
    assert (original.target[FIRST_HELDOUT : FIRST_HELDOUT + 30] == three_times).all()


@pytest.mark.parametrize(("split", "least"), [("train", 135), ("heldout", 30)])
def test_each_split_holds_enough_of_every_numeral(split, least):
    assert (torch.bincount(load(split).labels, minlength=10) >= least).all()


def test_loaded_digits_are_the_callers_own():
    load("train").images.zero_()
    assert load("train").images.max() == 1


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r'no split \'test\'.*"train" and "heldout"'):
        load("test")

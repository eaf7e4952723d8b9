"""The digits are those of the card, split between writers, and keep their ink when they are sharpened."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import center_of_mass
from sklearn.datasets import load_digits

from minivid.data.digits import FIRST_HELDOUT, glyphs, load, sharpen

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


def test_sharpened_digits_hold_the_ink_of_the_data():
    images = load("heldout").images
    cells = F.avg_pool2d(sharpen(images)[:, None], 4)[:, 0]
    assert (cells - images).abs().max() < 0.5 / 16, "less than half a grey level of the data"


def test_sharpened_digits_are_nearer_to_black_and_white_than_interpolated_ones_and_than_the_data():
    images = load("heldout").images
    interpolated = F.interpolate(images[:, None], scale_factor=4, mode="bicubic").clamp(0, 1)

    def grey(picture):
        return (4 * picture * (1 - picture)).mean()  # 0 for black and white, 1 for middle grey

    assert grey(sharpen(images)) < 0.7 * grey(interpolated)
    assert grey(sharpen(images)) < 0.8 * grey(images)


def test_glyphs_show_the_digits_that_their_index_names():
    shapes, digits = glyphs("train"), load("train")
    assert torch.equal(shapes.index.sort().values, torch.arange(len(digits)))
    cells = F.avg_pool2d(shapes.bitmap[:, None], 4)[:, 0]
    assert (cells - digits.images[shapes.index]).abs().max() < 1 / 16
    for numeral in range(10):
        block = slice(shapes.first[numeral], shapes.first[numeral] + shapes.count[numeral])
        assert (digits.labels[shapes.index[block]] == numeral).all()


def test_a_glyphs_centre_is_its_centre_of_mass():
    shapes = glyphs("heldout")
    for i in range(0, len(shapes.bitmap), 37):
        y, x = center_of_mass(shapes.bitmap[i].numpy())
        assert torch.allclose(shapes.centre[i] * 32 - 0.5, torch.tensor([x, y]).float(), atol=1e-3)


def test_a_glyphs_reach_is_the_tight_box_and_the_tight_circle_round_its_ink():
    shapes = glyphs("heldout")
    for i in range(0, len(shapes.bitmap), 37):
        rows, columns = np.nonzero(shapes.bitmap[i].numpy())
        low = np.array([columns.min(), rows.min()]) / 32
        high = np.array([columns.max() + 1, rows.max() + 1]) / 32
        assert np.allclose(shapes.centre[i] + shapes.low[i], low, atol=1e-6)
        assert np.allclose(shapes.centre[i] + shapes.high[i], high, atol=1e-6)
        corners = [(columns + a) / 32 + 1j * (rows + b) / 32 for a in (0, 1) for b in (0, 1)]
        farthest = np.abs(np.array(corners) - complex(*shapes.centre[i].tolist())).max()
        assert abs(farthest - shapes.radius[i].item()) < 1e-5

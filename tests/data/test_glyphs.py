"""Glyphs are the digits that they say, keep their ink, and know their centre and reach; MNIST's as well, once it is there."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import center_of_mass

from minivid.data import World
from minivid.data.digits import load
from minivid.data.fetch import FetchError
from minivid.data.glyphs import boxed, glyphs, sharpen
from minivid.data.world.options import fitting_glyphs


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


def test_mnists_box_is_cut_out_wherever_its_paper_lies(mnist_like):
    images, written, _ = mnist_like["train"]
    assert torch.equal((boxed(torch.from_numpy(images) / 255) * 255).round().byte(), torch.from_numpy(written))


def test_mnist_moves_in_the_world_with_its_truth(mnist_like):
    world = World(size=32, handwriting="mnist", digit_size=16)
    clips = world.sample(12, seed=0)
    _, _, labels = mnist_like["train"]
    assert labels[clips.index[:, 0]].tolist() == clips.digit[:, 0].tolist()
    ink = (clips.video[:, 0] + 1) / 2
    grid = torch.arange(32.0)
    x, y = (ink.sum(axis) @ grid / ink.sum((2, 3)) for axis in (2, 3))
    assert torch.allclose(torch.stack([x, y], -1), clips.position[:, :, 0], atol=0.01)


def test_a_world_of_mnists_digits_differs_from_the_built_in_one_in_its_pictures_and_not_in_its_captions(mnist_like):
    ours, theirs = (World(size=32, handwriting=hand).sample(8, seed=1) for hand in ("built-in", "mnist"))
    assert ours.caption == theirs.caption
    assert not torch.equal(ours.video, theirs.video)


def test_mnist_that_was_not_fetched_is_a_sentence_and_the_built_in_digits_go_on(monkeypatch, tmp_path):
    for kept in (glyphs, fitting_glyphs):
        kept.cache_clear()
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path))
    world = World(handwriting="mnist")
    with pytest.raises(FetchError, match="`minivid data fetch mnist` brings it"):
        world.sample(1, seed=0)
    assert World().sample(1, seed=0).video.shape == (1, 1, 8, 16, 16)


def test_an_unknown_handwriting_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="built-in or mnist; this is handwriting='cursive'"):
        World(handwriting="cursive")

"""Reach and influence on layers whose receptive field is known."""

import pytest
import torch
from torch import nn

from minivid.nn.attention.core import SPACE, TIME, Attention
from minivid.nn.conv import FrameNorm, SpatialConv
from minivid.nn.reach import influence, reach

X = torch.randn(1, 8, 5, 7, 7, generator=torch.Generator().manual_seed(0))
PLACE = (2, 3, 3)


def box(frames: slice, rows: slice, columns: slice) -> torch.Tensor:
    expected = torch.zeros(5, 7, 7, dtype=torch.bool)
    expected[frames, rows, columns] = True
    return expected


def awake(layer: Attention) -> Attention:
    """Past its start at zero, and without its norm, which would look at the whole frame."""
    nn.init.normal_(layer.to_out.weight)
    layer.norm = nn.Identity()
    return layer


EVERYWHERE, HERE = slice(None), slice(3, 4)
KNOWN = {
    "nothing": (nn.Identity(), box(slice(2, 3), HERE, HERE)),
    "space": (SpatialConv(8, 4), box(slice(2, 3), slice(2, 5), slice(2, 5))),
    "space and time": (nn.Conv3d(8, 4, 3, padding=1), box(slice(1, 4), slice(2, 5), slice(2, 5))),
    "the past": (lambda x: x.cumsum(2), box(slice(2, None), HERE, HERE)),
    "frame norm": (FrameNorm(8), box(slice(2, 3), EVERYWHERE, EVERYWHERE)),
    "attention over time": (awake(Attention(8, 2, TIME)), box(EVERYWHERE, HERE, HERE)),
    "attention over space": (awake(Attention(8, 2, SPACE)), box(slice(2, 3), EVERYWHERE, EVERYWHERE)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_reach_is_exactly_what_is_known(name):
    layer, expected = KNOWN[name]
    assert torch.equal(reach(layer, X, PLACE), expected)


def test_a_layer_too_weak_for_a_tolerance_is_seen():
    assert reach(lambda x: 1e-6 * x.mean((2, 3, 4), keepdim=True).expand_as(x), X, PLACE).all()


def test_a_single_value_may_hide_behind_a_relu_and_several_do_not():
    hidden = sum(
        reach(nn.ReLU(), torch.full((1, 1, 1, 1, 1), -1.0), (0, 0, 0), seed, draws=1).sum() for seed in range(20)
    )
    assert hidden < 20
    assert all(
        reach(nn.ReLU(), torch.full((1, 1, 1, 1, 1), -1.0), (0, 0, 0), seed, draws=12).all() for seed in range(20)
    )


def test_the_input_is_left_as_it_was():
    before = X.clone()
    reach(nn.Identity(), X, PLACE)
    influence(nn.Identity(), X, PLACE, torch.ones(8))
    assert torch.equal(X, before) and not X.requires_grad


def test_influence_is_the_gradients_length():
    weight = torch.tensor([0.5, -2.0, 1.0])

    def weigh(x):
        return sum(w * x.roll(shift, 2) for w, shift in zip(weight, (-1, 0, 1), strict=True))

    found = influence(weigh, X[:, :1], PLACE, torch.ones(1))
    expected = torch.zeros(5, 7, 7)
    expected[1:4, 3, 3] = weight.abs().flip(0)
    torch.testing.assert_close(found / found.max(), expected / 2)


@pytest.mark.parametrize("name", KNOWN)
def test_what_does_not_reach_has_no_influence(name):
    """The other way round: from each input that counts for an output, that output is reached."""
    layer, _ = KNOWN[name]
    counts = influence(layer, X, PLACE, torch.randn(layer(X).shape[1])) > 0
    for place in [(0, 3, 3), (2, 1, 1), (3, 3, 3), (4, 4, 2)]:
        assert counts[place] == reach(layer, X, place)[PLACE]


def test_what_cannot_be_measured_is_a_sentence():
    with pytest.raises(ValueError, match=r"no place \(5, 0, 0\) \(frame, row, column\) in 5 frames of 7×7"):
        reach(nn.Identity(), X, (5, 0, 0))
    with pytest.raises(ValueError, match="no place"):
        influence(nn.Identity(), X, (0, 0, -1), torch.ones(8))
    with pytest.raises(ValueError, match="two answers to one input"):
        reach(nn.Dropout(0.5), X, PLACE)

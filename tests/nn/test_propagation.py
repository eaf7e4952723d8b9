"""Recurrence against PyTorch's GRU, and who hears whom in every block."""

import pytest
import torch
from torch import nn

from minivid.nn.propagation import Bidirectional, ConvGRUCell, Hierarchical, propagate
from minivid.nn.reach import reach


def as_gru(*cells: ConvGRUCell, dim_in: int) -> nn.GRU:
    """PyTorch's GRU with the weights of cells of kernel 1."""
    gru = nn.GRU(dim_in, cells[0].dim, batch_first=True, bidirectional=len(cells) == 2)
    for cell, suffix in zip(cells, ("", "_reverse"), strict=False):
        weights = {"weight_ih": cell.from_input.weight, "weight_hh": cell.from_state.weight}
        weights |= {"bias_ih": cell.from_input.bias, "bias_hh": cell.from_state.bias}
        for name, weight in weights.items():
            getattr(gru, f"{name}_l0{suffix}").data.copy_(weight.data)
    return gru


def test_at_one_pixel_it_is_pytorchs_gru():
    cell, x = ConvGRUCell(3, 5, kernel=1), torch.randn(2, 3, 6, 1, 1)
    expected, _ = as_gru(cell, dim_in=3)(x[..., 0, 0].mT)
    torch.testing.assert_close(propagate(cell, x)[..., 0, 0].mT, expected, atol=1e-6, rtol=1e-5)


def test_both_directions_at_one_pixel_are_pytorchs_bidirectional_gru():
    layer, x = Bidirectional(3, 5, kernel=1), torch.randn(2, 3, 6, 1, 1)
    states, _ = as_gru(layer.forward_cell, layer.backward_cell, dim_in=3)(x[..., 0, 0].mT)
    expected = layer.join(states.mT[..., None, None])
    torch.testing.assert_close(layer(x), expected, atol=1e-6, rtol=1e-5)


def test_a_convolutional_cell_is_the_same_gru_at_every_pixel_of_its_neighbourhood():
    """With a kernel of 3, a picture that is even has the state of one pixel that sees nine times itself; the border sees zeros."""
    cell, x = ConvGRUCell(2, 4), torch.randn(1, 2, 3, 1, 1)
    narrow = ConvGRUCell(2, 4, kernel=1)
    for wide, part in ((cell.from_input, narrow.from_input), (cell.from_state, narrow.from_state)):
        part.weight.data.copy_(wide.kernel.sum((2, 3)))
        part.bias.data.copy_(wide.bias)
    even = propagate(cell, x.expand(-1, -1, -1, 9, 9))
    torch.testing.assert_close(even[..., 4, 4], propagate(narrow, x)[..., 0, 0], atol=1e-6, rtol=1e-5)


def test_backwards_is_the_clip_played_backwards():
    cell, x = ConvGRUCell(2, 4), torch.randn(1, 2, 5, 4, 4)
    torch.testing.assert_close(propagate(cell, x, backwards=True), propagate(cell, x.flip(2)).flip(2))


def test_a_change_reaches_later_frames_only_and_one_pixel_further_each():
    cell, x = ConvGRUCell(2, 4), torch.randn(1, 2, 5, 11, 11)
    reached = reach(lambda x: propagate(cell, x), x, (1, 5, 5))
    for frame in range(5):
        expected = torch.zeros(11, 11, dtype=torch.bool)
        if frame >= 1:  # one kernel into the state, and one for each step on
            expected[5 - frame : 6 + frame, 5 - frame : 6 + frame] = True
        assert torch.equal(reached[frame], expected), frame


def test_both_directions_reach_every_frame():
    reached = reach(Bidirectional(2, 4, kernel=1), torch.randn(1, 2, 6, 3, 3), (2, 1, 1))
    assert reached[:, 1, 1].all() and reached.sum() == 6


@pytest.mark.parametrize(("frame", "frames"), [(0, range(8)), (5, range(12)), (11, range(4, 12))])
def test_short_middle_and_long_ranges_reach_the_groups_beside_their_own(frame, frames):
    """Frame 5 is in the group 4–7 of four; three steps of that scale are frames 0 to 11."""
    reached = reach(Hierarchical(3), torch.randn(1, 3, 12, 2, 2), (frame, 0, 1))
    assert reached[:, 0, 1].nonzero().flatten().tolist() == list(frames)
    assert reached.sum() == len(frames), "no other pixel"


def test_each_range_by_itself_is_a_convolution_of_means():
    layer, x = Hierarchical(2, scales=(4,)), torch.randn(1, 2, 10, 1, 1)
    groups = torch.cat(
        [x[:, :, 0:4].mean(2), x[:, :, 4:8].mean(2), x[:, :, 8:].mean(2)], dim=2
    )  # 1 2 3 1: the last is of two
    convolved = nn.functional.conv1d(
        groups.reshape(1, 2, 3), layer.branches[0].weight.flatten(2), layer.branches[0].bias, padding=1, groups=2
    )
    expected = x + layer.join(convolved.repeat_interleave(4, 2)[:, :, :10, None, None])
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("layer", [Bidirectional(2, 2), Hierarchical(2)], ids=lambda layer: type(layer).__name__)
def test_a_clip_of_one_frame_is_a_clip(layer):
    assert layer(torch.randn(3, 2, 1, 4, 4)).shape == (3, 2, 1, 4, 4)


def test_two_convolutions_one_on_the_flipped_clip_are_one_convolution_and_reach_no_further():
    """The mistake that calls itself bidirectional."""
    there, back, one = (nn.Conv3d(2, 2, (3, 1, 1), padding=(1, 0, 0)) for _ in range(3))
    one.weight.data.copy_(there.weight + back.weight.flip(2))
    one.bias.data.copy_(there.bias + back.bias)
    x = torch.randn(1, 2, 7, 2, 2)
    torch.testing.assert_close(there(x) + back(x.flip(2)).flip(2), one(x), atol=1e-6, rtol=1e-5)

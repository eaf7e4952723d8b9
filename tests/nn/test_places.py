"""Places in three axes: whose channels they are, and what scores depend on."""

import pytest
import torch

from minivid.nn.attention.places import grid, rotary_3d, shares, sincos_3d
from minivid.nn.attention.positions import turned


def test_a_grid_counts_frames_rows_and_columns():
    place = grid(2, 3, 4)
    assert place.shape == (3, 2, 3, 4) and place[:, 1, 2, 3].tolist() == [1, 2, 3]


@pytest.mark.parametrize("axis", range(3))
def test_a_place_changes_the_channels_of_its_own_axis_alone(axis):
    here, there = torch.full((3, 1), 2.0), torch.full((3, 1), 2.0)
    there[axis] += 1
    for table, parts in ((sincos_3d, shares(32)), (rotary_3d, [n // 2 for n in shares(32)])):
        changed = (table(here, 32) != table(there, 32))[0]
        assert [part.any().item() for part in changed.split(list(parts))] == [i == axis for i in range(3)]


def test_scores_depend_on_the_difference_of_places_alone():
    q, k = torch.randn(2, 1, 32)
    place = torch.rand(3, 2) * 9
    for move in (torch.zeros(3, 1), torch.tensor([[3.0], [-1.0], [2.0]])):
        angle = rotary_3d(place + move, 32)
        scores = turned(q, angle[:1]) @ turned(k, angle[1:]).mT
        first = scores if not move.any() else first
    torch.testing.assert_close(scores, first, atol=1e-4, rtol=1e-4)


def test_channels_that_cannot_be_shared_are_refused():
    with pytest.raises(ValueError, match="multiple of 16"):
        shares(24)

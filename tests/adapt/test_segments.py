"""Clips in overlapping segments: where they begin, what is averaged, and what each segment is told."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.adapt.segments import beginnings, in_segments, joined
from minivid.diffusion.objective import Objective, to_x_eps
from minivid.nn import Cond


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 40))
def test_segments_cover_every_frame_and_none_lies_outside(length, stride, more):
    frames, stride = length + more, min(stride, length)
    begins = beginnings(frames, length, stride)
    seen = {frame for begin in begins for frame in range(begin, begin + length)}
    assert seen == set(range(frames)) and begins == sorted(set(begins))


def test_they_begin_a_stride_apart_and_the_last_ends_with_the_clip():
    assert beginnings(20, 8, 6) == [0, 6, 12] and beginnings(21, 8, 6) == [0, 6, 12, 13] and beginnings(8, 8, 6) == [0]


@given(st.integers(2, 6), st.integers(1, 6), st.integers(0, 12))
def test_segments_of_one_clip_give_that_clip(length, stride, more):
    clip = noise(2, 3, length + more, 2, 2)
    begins = beginnings(length + more, length, min(stride, length))
    torch.testing.assert_close(joined([clip[:, :, b : b + length] for b in begins], begins), clip)


def test_where_two_overlap_their_mean_stands_and_elsewhere_their_own():
    one, two = torch.ones(1, 1, 4, 1, 1), torch.full((1, 1, 4, 1, 1), 3.0)
    assert joined([one, two], [0, 3]).flatten().tolist() == [1, 1, 1, 2, 3, 3, 3]


def test_a_clip_of_one_segment_is_the_model_s_own_to_the_bit():
    z = noise(2, 1, 8, 4, 4)
    assert torch.equal(in_segments(lambda z, t, cond: z.cos(), 8, 3)(z, torch.zeros(2)), z.cos())


def test_a_frame_s_answer_depends_on_those_it_shares_a_segment_with_and_on_no_others():
    """The mean over a segment, three segments of four frames: the last frame is of the last alone."""
    model = in_segments(lambda z, t, cond: z.mean(2, keepdim=True).expand_as(z), 4, 3)
    z = noise(1, 1, 10, 1, 1)
    other = z.clone()
    other[:, :, 9] += 1
    change = (model(z, torch.zeros(1)) - model(other, torch.zeros(1))).abs().flatten()
    assert change.gt(1e-6).nonzero().flatten().tolist() == [6, 7, 8, 9]


def test_the_average_is_one_whatever_the_network_says():
    """All segments answer about one noisy clip: the mean of v is the v of the mean x̂."""
    z, alpha, sigma = noise(1, 1, 6, 2, 2), torch.tensor(0.8), torch.tensor(0.6)
    parts = [noise(1, 1, 4, 2, 2, seed=seed) for seed in (1, 2)]
    x_hats = [
        to_x_eps(Objective.V, part, z[:, :, b : b + 4], alpha, sigma)[0] for part, b in zip(parts, (0, 2), strict=True)
    ]
    whole, _ = to_x_eps(Objective.V, joined(parts, [0, 2]), z, alpha, sigma)
    torch.testing.assert_close(whole, joined(x_hats, [0, 2]))


def test_levels_and_what_is_known_go_with_their_frames_and_all_else_to_every_segment():
    asked = []
    cond = Cond(torch.ones(2, 3, dtype=torch.long), torch.ones(2, 3, dtype=torch.bool), known=noise(2, 4, 6, 2, 2))
    t = noise(2, 6)
    in_segments(lambda z, t, cond: asked.append((t, cond)) or z, 4, 2)(noise(2, 1, 6, 2, 2), t, cond)
    for (level, told), span in zip(asked, (slice(0, 4), slice(2, 6)), strict=True):
        assert torch.equal(level, t[:, span]) and torch.equal(told.known, cond.known[:, :, span])
        assert told.tokens is cond.tokens


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(ValueError, match="3 frames, a segment 4"):
        beginnings(3, 4, 2)
    for stride in (0, 5):
        with pytest.raises(ValueError, match="none is left out"):
            beginnings(8, 4, stride)
    each = Cond(torch.ones(1, 6, 3, dtype=torch.long), torch.ones(1, 6, 3, dtype=torch.bool))
    for cond in (each, replace(Cond(), images=1)):
        with pytest.raises(ValueError, match="one caption for all of it"):
            in_segments(lambda z, t, cond: z, 4, 2)(noise(1, 1, 6, 2, 2), torch.zeros(1), cond)

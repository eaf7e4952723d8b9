"""The frame between: a cross-fade where nothing moves, the world's own middle frame where the flow is known, and the gaps filled."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data import World
from minivid.metrics.paired import psnr
from minivid.motion.flow import estimate_flow
from minivid.motion.interpolate import average, brought, interpolate


def frames(seed: int, h: int = 9, w: int = 12) -> torch.Tensor:
    return torch.rand(2, 1, 2, h, w, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1


@given(st.integers(0, 2**31), st.floats(0.05, 0.95))
def test_where_nothing_moves_it_is_the_average(seed, tau):
    (before, after), still = frames(seed), torch.zeros(1, 2, 9, 12, dtype=torch.float64)
    assert torch.allclose(interpolate(before, after, still, still, tau), average(before, after, tau), atol=1e-12)


@given(st.integers(-2, 2), st.integers(-2, 2))
def test_a_shift_by_whole_pixels_is_interpolated_exactly(dx, dy):
    """A picture that moves by 2 dx, 2 dy is moved by dx, dy half-way, away from the border."""
    before = frames(3, 21, 21)[0]
    after = before.roll((2 * dy, 2 * dx), (2, 3))
    flow = torch.tensor([2.0 * dx, 2.0 * dy]).double().reshape(1, 2, 1, 1).expand(1, 2, 21, 21)
    middle = interpolate(before, after, flow, -flow)
    assert torch.allclose(middle[..., 5:-5, 5:-5], before.roll((dy, dx), (2, 3))[..., 5:-5, 5:-5], atol=1e-10)


def test_what_was_hidden_is_taken_from_the_frame_that_saw_it():
    """Two halves part by 3 pixels each: in the gap only the frame after is known, and only it is shown."""
    before, after = torch.full((1, 1, 6, 20), -1.0), torch.full((1, 1, 6, 20), 1.0)
    flow = torch.where(torch.arange(20) < 10, -3.0, 3.0).expand(1, 1, 6, 20)
    flow = torch.cat([flow, torch.zeros_like(flow)], dim=1)
    _, known = brought(before, flow, 0.5)
    columns = torch.arange(20)[~known[0, 0, 2]]
    assert columns.tolist() == [9, 10] or columns.tolist() == [8, 9, 10, 11]
    middle = interpolate(before, after, flow, torch.zeros_like(flow))
    assert (middle[0, 0, 2, columns] == 1).all() and middle[0, 0, 2, 0] == 0


def test_a_zoom_is_brought_along_the_flow_at_the_place_it_came_from():
    """x → 1.2 x about the middle: half-way it is 1.1 x, and a ramp in x is divided by 1.1."""
    x = torch.arange(-10.0, 11.0)
    ramp = (x / 20).expand(1, 1, 5, 21)
    flow = torch.stack([(0.2 * x).expand(5, 21), torch.zeros(5, 21)])[None]
    half, known = brought(ramp, flow, 0.5, rounds=10)
    assert known.all() and torch.allclose(half[..., 2:-2], ramp[..., 2:-2] / 1.1, atol=1e-5)


def test_the_worlds_middle_frame_is_met_far_better_than_by_the_average():
    clips = World(frames=3, size=48, digit_size=14, background="clouds", pan=0.6).sample(24, seed=0)
    before, middle, after = clips.video.unbind(2)
    ends = clips.video[:, :, ::2]
    made = interpolate(before, after, estimate_flow(ends)[:, 0], estimate_flow(ends, backward=True)[:, 0])
    of = lambda frame: psnr(frame[:, :, None], middle[:, :, None]).mean()  # noqa: E731
    assert of(made) > of(average(before, after)) + 6


def test_at_the_ends_of_time_it_is_the_frames_themselves():
    before, after = frames(4)
    flow = torch.randn(1, 2, 9, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.allclose(interpolate(before, after, flow, -flow, 0.0), before)
    assert torch.allclose(interpolate(before, after, flow, -flow, 1.0), after)


def test_a_flow_of_another_size_and_a_time_out_of_range_are_refused():
    before, after = frames(0).float()
    still = torch.zeros(1, 2, 9, 12)
    with pytest.raises(ValueError, match=r"way back has shape \(1, 2, 8, 12\)"):
        interpolate(before, after, still, still[:, :, 1:])
    with pytest.raises(ValueError, match=r"this is 1\.5"):
        interpolate(before, after, still, still, 1.5)

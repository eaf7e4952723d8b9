"""A next frame is looked up in the one before: with the exact motion it is the world's own."""

import pytest
import torch

from minivid.data import World
from minivid.motion import backward_warp
from minivid.motion.forecast import forecast, next_frames


def test_each_frame_is_looked_up_by_its_own_flow():
    video, flow = torch.randn(2, 3, 4, 6, 5), torch.randn(2, 2, 4, 6, 5)
    for i in range(4):
        torch.testing.assert_close(next_frames(video, flow)[:, :, i], backward_warp(video[:, :, i], flow[:, :, i]))


def test_what_moved_right_came_from_the_left():
    video = torch.zeros(1, 1, 1, 3, 6)
    video[..., 1, 2] = 1.0
    flow = torch.tensor([-2.0, 0.0]).reshape(1, 2, 1, 1, 1).expand(1, 2, 1, 3, 6)
    assert next_frames(video, flow)[..., 1, 4] == 1


def test_with_the_worlds_motion_the_next_frame_is_the_worlds():
    clips = World(size=32, speeds=("quickly",)).sample(8, seed=0)
    step = (clips.position[:, 1:, 0] - clips.position[:, :-1, 0]).mT[..., None, None]  # b 2 t-1 1 1
    made = next_frames(clips.video[:, :, :-1], -step.expand(-1, -1, -1, 32, 32).contiguous())
    still = (clips.video[:, :, 1:] - clips.video[:, :, :-1]).square().mean()
    assert (made - clips.video[:, :, 1:]).square().mean() < 0.05 * still


def test_a_forecast_goes_on_from_its_own_frames():
    def one_to_the_right(video):
        flow = torch.zeros(len(video), 2, *video.shape[2:])
        flow[:, 0] = -1
        return flow

    video = torch.zeros(1, 1, 2, 3, 8)
    video[..., 1, 1] = 1.0
    made = forecast(one_to_the_right, video, steps=4)
    assert [frame[0, 0, 1].argmax().item() for frame in made.unbind(2)] == [2, 3, 4, 5]
    assert torch.equal(made, forecast(one_to_the_right, video, steps=4, seen=1))
    with pytest.raises(ValueError, match="at least 1 frame"):
        forecast(one_to_the_right, video, steps=0)

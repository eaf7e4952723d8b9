"""Estimated flow against the world's exact one, and the pictures that it must survive."""

import pytest
import torch

from minivid.data import World
from minivid.motion.flow import estimate_flow

WORLD = World(frames=8, size=32, colour=True)


def error_on_ink(flow: torch.Tensor, clips) -> torch.Tensor:
    """Distance from the exact flow, in pixels, wherever a digit is seen in this frame and the next."""
    distance = (flow - clips.flow).norm(dim=2)
    return distance[(clips.mask[:, 0, :-1] > 0.5) & ~clips.occluded]


def test_the_estimate_is_the_worlds_flow_to_a_twentieth_of_a_pixel_where_there_is_something_to_see():
    clips = WORLD.sample(8, seed=0)
    error = error_on_ink(estimate_flow(clips.video), clips)
    assert error.mean() < 0.06 and error.quantile(0.95) < 0.2
    assert clips.flow.norm(dim=2).amax((1, 2, 3)).mean() > 0.8  # there was motion


def test_a_faster_motion_is_found_too():
    clips = World(frames=4, size=64, slowly=(2, 2.5), quickly=(4, 4.5), speeds=("quickly",)).sample(8, seed=1)
    assert error_on_ink(estimate_flow(clips.video), clips).mean() < 0.1


def test_x_comes_first_and_is_to_the_right():
    clips = World(directions=("right",), speeds=("quickly",), size=24).sample(4, seed=2)
    flow = estimate_flow(clips.video)[:, 0].permute(0, 2, 3, 1)[clips.mask[:, 0, 0] > 0.5]
    assert flow[:, 0].mean() > 1 and abs(flow[:, 1].mean()) < 0.1


def test_backward_is_the_flow_of_the_clip_played_backwards():
    video = WORLD.sample(2, seed=3).video
    assert torch.equal(estimate_flow(video, backward=True), estimate_flow(video.flip(2)).flip(1))


def test_a_still_has_no_flow():
    still = WORLD.sample(2, seed=4).video[:, :, :1].expand(-1, -1, 5, -1, -1)
    assert (estimate_flow(still) == 0).all()
    assert (estimate_flow(torch.full((1, 1, 3, 16, 16), -1.0)) == 0).all()


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (12, 64), (9, 9), (17, 100)])
def test_small_and_narrow_pictures_have_flow_of_their_own_size(size):
    flow = estimate_flow(torch.rand(2, 1, 3, *size) * 2 - 1)
    assert flow.shape == (2, 2, 2, *size) and flow.isfinite().all()


def test_one_frame_has_no_next():
    with pytest.raises(ValueError, match="needs at least 2 frames"):
        estimate_flow(torch.zeros(1, 1, 1, 16, 16))


def test_farnebacks_method_finds_the_digits_too():
    clips = WORLD.sample(8, seed=0)
    assert error_on_ink(estimate_flow(clips.video, method="farneback"), clips).mean() < 0.06


def test_the_methods_are_opencvs_own():
    """Whose flow it is: the same numbers as a direct call, a pair at a time."""
    import cv2

    video = WORLD.sample(1, seed=5).video
    first, second = ((video[0].mean(0)[:2] + 1) * 127.5).round().byte().numpy()
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    expected = {
        "dis": dis.calc(first, second, None),
        "farneback": cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 9, 5, 5, 1.1, 0),
    }
    for method, flow in expected.items():
        assert torch.equal(estimate_flow(video, method=method)[0, 0].movedim(0, -1), torch.from_numpy(flow))


def test_another_method_is_refused_by_name():
    with pytest.raises(ValueError, match="dis or farneback"):
        estimate_flow(torch.zeros(1, 1, 2, 16, 16), method="raft")

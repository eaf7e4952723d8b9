"""What is counted of a film, on clips of which everything is known."""

from dataclasses import replace

import torch

from minivid.chapters.ch07.counted import counted, cut_out
from minivid.chapters.ch07.films import WORLD

CAPTIONS = ["a green 0 moves left", "a green 0 moves right"]


def of_one_digit(shift: int, colour: float = -1.0) -> torch.Tensor:
    """A real 0, going to the left by `shift` a frame over five frames, on a ground of one colour."""
    picture = replace(WORLD, background="black", size=40).sample(1, 3, ["a green 0 moves left, slowly"]).video
    frames = [picture[:, :, 0].roll(-k * shift, -1) for k in range(5)]
    return torch.stack(frames, 2).clamp(min=colour).expand(2, -1, -1, -1, -1)


def test_a_digit_that_goes_to_the_left_does_so_by_its_caption_and_against_the_others():
    found = counted(of_one_digit(1), CAPTIONS)
    torch.testing.assert_close(found.motion, torch.tensor([1.0, -1.0]), atol=1e-3, rtol=0)
    torch.testing.assert_close(found.off, torch.tensor([0.0, 5.0]), atol=1e-3, rtol=0)  # 2, 4, 6 and 8 pixels
    assert found.same.all() and (found.background < 1e-3).all()


def test_a_still_one_has_no_motion_and_one_digit():
    found = counted(of_one_digit(0), CAPTIONS)
    torch.testing.assert_close(found.motion, torch.zeros(2), atol=1e-4, rtol=0)
    assert found.same.all()


def test_a_frame_without_a_digit_is_not_the_same():
    clip = of_one_digit(0).clone()
    clip[0, :, 3] = -1.0
    found = counted(clip, CAPTIONS)
    assert found.same.tolist() == [False, True]


def test_the_background_counts_behind_the_digit_alone():
    clip = of_one_digit(1, colour=-0.8).clone()
    clip[0, :, 2::2] += 0.1 * (clip[0, :, 2::2] < -0.5)
    still, flickering = counted(clip, CAPTIONS).background.flip(0)
    assert still < 1e-3
    assert abs(flickering - 0.05 * 3 / 4) < 3e-3  # from −0.8 to −0.7 and back, of a range of 2; three steps of four


def test_what_is_cut_out_is_the_digit_on_black():
    clip = of_one_digit(0, colour=-0.8)
    out = cut_out(clip)
    assert (out[..., 0, 0] == -1).all() and torch.equal(out.amax((1, 3, 4)), clip.amax((1, 3, 4)))

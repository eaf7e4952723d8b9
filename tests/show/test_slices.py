"""x–t and y–t slices: the right pixels, the right cut, labelled."""

import numpy as np
import pytest
import torch

from minivid.show import show_slice
from minivid.show.frames import read


def moving_dot(row=5, t=8, side=16):
    """A white pixel on black: one column to the right each frame."""
    clip = torch.full((1, 1, t, side, side), -1.0)
    for i in range(t):
        clip[0, 0, i, row, i] = 1.0
    return clip


def slices(picture):
    return [axes for axes in picture.axes if axes.get_xlabel()]


def test_motion_is_a_slant():
    [axes] = slices(show_slice(dot=moving_dot()))
    image = axes.images[0].get_array()[..., 0]
    np.testing.assert_array_equal(np.argwhere(image == 255), [[i, i] for i in range(8)])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (pixels)", "t (frames)")


def test_brightest_row_is_the_default_and_marked_on_a_frame():
    picture = show_slice(dot=moving_dot(row=11))
    assert "row 11" in [text.get_text() for text in picture.texts]
    [mark] = picture.axes[0].patches
    low, high = sorted(mark.get_extents().transformed(picture.axes[0].transData.inverted()).intervaly)
    assert low < 11 < high and high - low < 1.5


def test_a_column_is_followed_with_time_to_the_right():
    clip = torch.rand(1, 1, 6, 9, 10, generator=torch.Generator().manual_seed(0)) * 2 - 1
    [axes] = slices(show_slice(clip=clip, column=3))
    np.testing.assert_array_equal(axes.images[0].get_array()[..., :1], read(clip)[0, :, :, 3].swapaxes(0, 1))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("t (frames)", "y (pixels)")


def test_all_clips_are_cut_at_the_same_row():
    dim = (moving_dot(row=2) + 1) / 4 - 1
    picture = show_slice(bright=moving_dot(row=9), dim=dim)
    assert [text.get_text() for text in picture.texts if "row" in text.get_text()] == ["row 9", "row 9"]


def test_a_batch_is_numbered():
    picture = show_slice(clip=moving_dot().repeat(2, 1, 1, 1, 1))
    assert [text.get_text() for text in picture.texts if "clip" in text.get_text()] == ["clip 0", "clip 1"]


def test_wrong_cuts_are_said():
    with pytest.raises(ValueError, match="both row and column"):
        show_slice(dot=moving_dot(), row=1, column=1)
    with pytest.raises(ValueError, match="dot has rows 0 to 15; row=16 lies outside"):
        show_slice(dot=moving_dot(), row=16)
    with pytest.raises(ValueError, match="the video has columns 0 to 15; column=-1 lies outside"):
        show_slice(moving_dot(), column=-1)


def test_four_slices_of_128_pixels_stand_side_by_side():
    clips = {name: torch.zeros(1, 1, 16, 32, 32) for name in "abcd"}
    large, small = show_slice(**clips, row=3), show_slice(**clips, row=3, side=128)
    assert large.pixels[1] > small.pixels[1] and small.pixels[0] <= 840
    assert len({round(axes.get_position().y0, 3) for axes in small.axes}) == 2  # a line of frames, a line of slices

"""GIFs are decoded again: frames, timing and colours are those that went in."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from minivid.show.frames import enlarge
from minivid.show.gif import gif_bytes


def decode(data):
    image = Image.open(io.BytesIO(data))
    pairs = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
    return np.stack([frame for frame, _ in pairs]), [duration for _, duration in pairs], image.info.get("loop")


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_grey_frames_come_back_exactly():
    clip = noise(8, 40, 30, 1)
    frames, durations, loop = decode(gif_bytes(clip, fps=8))
    np.testing.assert_array_equal(frames, np.broadcast_to(clip, (8, 40, 30, 3)))
    assert durations == [120] * 8 and loop == 0


def test_colour_frames_of_at_most_256_colours_come_back_exactly():
    clip = noise(5, 16, 16, 3)
    frames, _, _ = decode(gif_bytes(clip))
    np.testing.assert_array_equal(frames, clip)


def test_more_colours_share_one_palette_and_stay_close():
    ramp = np.linspace(0, 255, 48)
    frame = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], 128), -1)
    clip = np.stack([np.roll(frame, 4 * i, 1) for i in range(6)]).round().astype(np.uint8)
    frames, _, _ = decode(gif_bytes(clip))
    assert np.abs(frames.astype(int) - clip).mean() < 10
    assert len(np.unique(frames.reshape(-1, 3), axis=0)) <= 256


def test_an_enlarged_clip_has_the_colours_of_the_clip_itself():
    """What only repeats the row or column before is counted once, gaps between clips too."""
    clip, k = noise(3, 20, 20, 3), 5
    sheet = np.full((3, 20, 43, 3), 255, np.uint8)
    sheet[:, :, :20], sheet[:, :, 23:] = clip, clip[::-1]
    frames, _, _ = decode(gif_bytes(enlarge(sheet, k)))
    squares = frames.reshape(3, 20, k, 43, k, 3)
    np.testing.assert_array_equal(squares, np.broadcast_to(squares[:, :, :1, :, :1], squares.shape))
    np.testing.assert_array_equal(squares[:, :, 0, :, 0], decode(gif_bytes(sheet))[0])


def test_a_still_stretch_lasts_as_long_as_it_was():
    clip = noise(1, 8, 8, 1).repeat(4, 0)
    clip[3] = 255 - clip[3]
    frames, durations, _ = decode(gif_bytes(clip, fps=10))
    assert len(frames) == 2 and durations == [300, 100]


@pytest.mark.parametrize("fps", [0, 60, float("nan")])
def test_a_speed_that_gif_cannot_have_is_said(fps):
    with pytest.raises(ValueError, match=r"0\.1 to 50 frames a second"):
        gif_bytes(noise(2, 4, 4, 1), fps)

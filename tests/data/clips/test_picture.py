"""A frame is turned as it is meant to be seen, cropped round its centre, and shrunk without aliasing."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivid.data.clips.decode import Pace, read
from minivid.data.clips.picture import Look, centred_box, picture
from minivid.data.clips.scan import scan

UPRIGHT = np.zeros((32, 48, 3), np.uint8)  # white above, red below it on the left
UPRIGHT[:16] = 255
UPRIGHT[16:, :24] = (220, 20, 20)


def first_picture(path, look: Look) -> np.ndarray:
    video = scan(path, Pace(1))
    return picture(next(read(video, video.first, Pace(1))), look, video.pixel_aspect)


def frame_of(pixels: np.ndarray) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_film_stands_upright(film, tmp_path, suffix, mirror, turn):
    stored = UPRIGHT[:, ::-1] if mirror else UPRIGHT  # what a player has to turn by `turn` and then to mirror
    stored = np.rot90(stored, -turn // 90)
    path = film(tmp_path / f"film{suffix}", [stored] * 3, turn=turn, mirror=mirror)
    seen = first_picture(path, Look((32, 48)))
    assert np.abs(seen.astype(int) - UPRIGHT).mean() < 6


def test_pixels_that_are_not_square_are_seen_as_they_are_shown(film, tmp_path):
    """A circle, stored with pixels twice as wide as high, is half as wide on disk and round on the screen."""
    y, x = np.mgrid[:64, :32]
    circle = 255 * (((y - 31.5) ** 2 + (2 * x - 31) ** 2) < 24**2)[..., None].repeat(3, 2).astype(np.uint8)
    path = film(tmp_path / "film.mp4", [circle] * 3, pixel_aspect=Fraction(2))
    seen = first_picture(path, Look((64, 64), colour=False))[..., 0] > 127
    assert abs(seen.any(0).sum() - seen.any(1).sum()) <= 1


def test_the_crop_is_the_centre():
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = 255
    assert (picture(frame_of(pixels), Look((20, 20))) == 255).all()
    assert (picture(frame_of(pixels.transpose(1, 0, 2)), Look((20, 20))) == 255).all()


def test_without_a_crop_the_whole_picture_is_there():
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = 255
    seen = picture(frame_of(pixels), Look((20, 30), crop="none"))
    assert seen.shape == (20, 30, 3)
    assert seen[:, :8].max() < 30 and seen[:, 12:18].min() > 225 and seen[:, 22:].max() < 30


@given(st.integers(1, 300), st.integers(1, 300), st.fractions(Fraction(1, 5), 5))
def test_a_box_has_its_shape_and_is_as_large_as_can_be(width, height, aspect):
    left, upper, right, lower = centred_box((width, height), float(aspect))
    assert (right - left) / (lower - upper) == pytest.approx(float(aspect))
    assert left + right == pytest.approx(width) and upper + lower == pytest.approx(height)
    assert right - left == pytest.approx(width) or lower - upper == pytest.approx(height)


def test_fine_stripes_become_grey_and_not_coarse_stripes():
    stripes = np.zeros((64, 66, 3), np.uint8)
    stripes[:, ::2] = 255
    seen = picture(frame_of(stripes), Look((16, 16), crop="none")).astype(int)
    assert np.abs(seen - 127).max() < 16  # taking every fourth pixel would give 0 and 255


def test_a_picture_of_the_right_size_is_left_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    assert np.array_equal(picture(frame_of(pixels), Look((16, 24))), pixels)


def test_grey_is_one_channel():
    pixels = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    seen = picture(frame_of(pixels), Look((8, 8), colour=False))
    assert seen.shape == (8, 8, 1) and seen.mean() == pytest.approx(76, abs=1)  # 0.299 · 255


@pytest.mark.parametrize("standard", ["bt709", "smpte170m"])
def test_colours_follow_the_standard_that_the_film_names(film, tmp_path, standard):
    red = np.full((32, 32, 3), (200, 30, 30), np.uint8)
    space = {"bt709": 1, "smpte170m": 6}[standard]
    path = tmp_path / "red.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = space
        for _ in range(3):
            container.mux(stream.encode(frame_of(red).reformat(format="yuv420p", dst_colorspace=space)))
        container.mux(stream.encode())
    assert np.abs(first_picture(path, Look((32, 32))).astype(int) - red).max() <= 6

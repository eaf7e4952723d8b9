"""`show`: what a notebook is given to display, and what is written to a file."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from minivid.show import show
from minivid.show.frames import enlarge, read


def video(n=1, c=1, t=4, side=16, seed=0):
    return torch.rand((n, c, t, side, side), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def gifs(showing):
    """The images of the HTML, each as (frames, declared width and height)."""
    found = re.findall(r'width="(\d+)" height="(\d+)" .*?src="data:image/gif;base64,([^"]+)"', showing._repr_html_())
    return [(Image.open(io.BytesIO(base64.b64decode(data))), int(w), int(h)) for w, h, data in found]


def frame(image, i):
    image.seek(i)
    return np.asarray(image.convert("RGB"))


def test_clips_of_one_row_are_one_gif_so_they_stay_in_step():
    [(image, width, height)] = gifs(show(clip=video(), noisy=video(seed=1)))
    assert (width, height) == image.size == (128 + 16 + 128, 128)
    assert image.n_frames == 4


def test_pixels_are_the_clips_enlarged_without_blur():
    one, two = video(), video(seed=1)
    [(image, _, _)] = gifs(show(one=one, two=two))
    for i in range(4):
        np.testing.assert_array_equal(frame(image, i)[:, :128, :1], enlarge(read(one)[0, i], 8))
        np.testing.assert_array_equal(frame(image, i)[:, 144:, :1], enlarge(read(two)[0, i], 8))


def test_clips_of_different_size_meet_at_one_height():
    [(image, width, height)] = gifs(show(low=video(side=16), high=video(side=32)))
    assert (width, height) == image.size == (128 + 16 + 128, 128)


def test_grey_and_colour_stand_side_by_side():
    grey, colour = video(side=4), video(c=3, side=4)
    [(image, _, _)] = gifs(show(grey=grey, colour=colour))
    np.testing.assert_array_equal(frame(image, 2)[:, 144:], enlarge(read(colour)[0, 2], 32))


def test_a_batch_fills_even_rows_that_last_equally_long():
    images = gifs(show(real=video(10), sampled=video(10, seed=1)))
    assert len({image.size for image, _, _ in images}) == 1
    assert len({image.info["duration"] for image, _, _ in images}) == 1
    assert images[0][0].size[0] <= 840


def test_columns_are_those_asked_for():
    images = gifs(show(video(6), columns=2, height=64))
    assert [image.size for image, _, _ in images] == [(64 + 4 + 64, 64)] * 3


def test_titles_and_captions_are_written_and_escaped():
    page = show(x_hat=video(2), captions=["a 3 moves right", "<b>"])._repr_html_()
    assert "x\u0302</div>" in page and "a 3 moves right</div>" in page and "&lt;b&gt;" in page and "<b>" not in page
    assert "image-rendering:pixelated" in page


def test_captions_may_differ_by_name():
    page = show(real=video(2), sampled=video(2), captions={"sampled": ["left", "right"]})._repr_html_()
    assert page.count("left</div>") == page.count("right</div>") == 1


def test_single_clips_take_one_caption_each():
    page = show(one=video(), two=video(), captions=["first", "second"])._repr_html_()
    assert page.count("first</div>") == page.count("second</div>") == 1


@pytest.mark.parametrize("captions", [["a"], [["a", "b"]], {"clip": ["a"]}])
def test_captions_that_do_not_match_are_said(captions):
    with pytest.raises(ValueError, match=r"has 2 clips but \d captions"):
        show(clip=video(2), other=video(2), captions=captions)


def test_a_caption_for_no_clip_is_said():
    with pytest.raises(ValueError, match=r"captions name \['smapled'\], but the clips are \['sampled'\]"):
        show(sampled=video(), captions={"smapled": ["a"]})


def test_outside_a_notebook_it_says_what_to_do():
    words = repr(show(clip=video(), noisy=video()))
    assert words.startswith("2 clips of 4 frames (clip, noisy)") and '.save("clips.gif")' in words


def test_saved_gif_has_the_clips_and_their_titles(tmp_path):
    path = show(clip=video(), noisy=video(seed=1), captions=["a 3 moves right, slowly", "noise"]).save(
        tmp_path / "x.gif"
    )
    image = Image.open(path)
    picture = frame(image, 1)
    title, clip = picture[8:28, 8:136], picture[28:156, 8:136]
    assert image.n_frames == 4 and (title < 100).any() and (title == 255).any()
    np.testing.assert_array_equal(clip[..., :1], enlarge(read(video())[0, 1], 8))
    assert (picture[156:, 8:136] < 100).any(), "the caption is drawn"


def test_saved_page_stands_alone(tmp_path):
    page = show(clip=video()).save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "data:image/gif;base64," in page and "http" not in page


def test_more_lists_of_captions_than_batches_are_said():
    with pytest.raises(ValueError, match="2 lists of captions for 1"):
        show(torch.zeros(1, 1, 2, 4, 4), captions=[["a"], ["b"]])


def test_a_height_beyond_every_page_still_draws():
    assert show(torch.zeros(1, 1, 2, 4, 4), height=10**400)

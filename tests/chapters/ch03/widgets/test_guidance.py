"""The guidance dial: each position shows the clips sampled with that strength."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from minivid.chapters.ch03.widgets import guidance_dial, guidance_dial_still
from minivid.show.frames import enlarge, read

CLIPS = {scale: torch.full((2, 1, 3, 16, 16), scale / 4 - 1.0) for scale in (4, 0, 1)}
for clips in CLIPS.values():
    clips[:, :, 0, 0, 0] = 1.0  # a first frame unlike the others


def first_frame(page):
    data = re.search(r"data:image/gif;base64,([^\"]+)", page).group(1)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_every_position_shows_its_own_clips_in_order_of_strength():
    dial, page = guidance_dial(CLIPS, captions=["a 3", "a 7"]).children
    assert [value for _, value in dial.options] == [0, 1, 4]
    for scale in (4, 0, 1):
        dial.value = scale
        assert f"guidance {scale}</div>" in page.value and "a 7</div>" in page.value
        np.testing.assert_array_equal(first_frame(page.value)[:, :128, :1], enlarge(read(CLIPS[scale])[0, 0], 8))


def test_the_twin_has_a_row_for_each_strength_and_first_and_last_frames():
    picture = guidance_dial_still(CLIPS, captions=["a 3", "a 7"])
    words = [text.get_text() for text in picture.texts]
    assert [word for word in words if word.startswith("guidance")] == [
        f"guidance {scale}" for scale in (0, 0, 1, 1, 4, 4)
    ]
    strip = picture.axes[4].images[0].get_array()  # the first clip at strength 4, the last row
    k = strip.shape[0] // 16
    np.testing.assert_array_equal(strip[::k, : 16 * k : k, :1], read(CLIPS[4])[0, 0])
    np.testing.assert_array_equal(strip[::k, 16 * k + 4 :: k, :1], read(CLIPS[4])[0, -1])


def test_no_videos_is_said():
    with pytest.raises(ValueError, match="was given no videos"):
        guidance_dial({})

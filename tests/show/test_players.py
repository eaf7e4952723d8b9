"""The player, without a browser: the slider turns the frames of every clip together."""

import io

import ipywidgets as w
import numpy as np
import pytest
import torch
from PIL import Image

from minivid.show import player
from minivid.show.frames import enlarge, read


def video(n=1, t=4):
    return torch.rand((n, 1, t, 16, 16), generator=torch.Generator().manual_seed(n)) * 2 - 1


def find(widget, kind):
    if isinstance(widget, kind):
        return [widget]
    return [found for child in getattr(widget, "children", ()) for found in find(child, kind)]


def pixels(image):
    return np.asarray(Image.open(io.BytesIO(image.value)))[..., None]


def test_the_slider_turns_every_clip_to_the_same_frame():
    clip, noisy = video(), video(1) * 0.5
    widget = player(clip=clip, noisy=noisy)
    [slider] = find(widget, w.IntSlider)
    for i in (2, 0, 3):
        slider.value = i
        for image, source in zip(find(widget, w.Image), (clip, noisy), strict=True):
            np.testing.assert_array_equal(pixels(image), enlarge(read(source)[0, i], 16))


def test_pictures_have_a_width_of_half_their_pixels():
    widget = player(clip=video(), batch=video(3))
    for image in find(widget, w.Image):
        assert image.layout.width == f"{pixels(image).shape[1] // 2}px"


def test_titles_are_there():
    assert [title.value for title in find(player(x_hat=video(), noisy=video()), w.HTML)] == [
        "<b>x\u0302</b>",
        "<b>noisy</b>",
    ]


def test_speed_sets_the_interval():
    widget = player(clip=video(), fps=10)
    [play], [speed] = find(widget, w.Play), find(widget, w.SelectionSlider)
    assert (play.interval, play.max) == (100, 3)
    speed.value = 0.5
    assert play.interval == 200


def test_clips_out_of_step_are_said():
    with pytest.raises(ValueError, match="player plays its clips in step"):
        player(a=video(t=4), b=video(t=5))

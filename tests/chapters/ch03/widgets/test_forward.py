"""The forward process: what the slider draws is α x + σ ε at its u, and its twin holds the same."""

import ipywidgets as w
import numpy as np
import pytest
import torch

from minivid.chapters.ch03.widgets import forward_process, forward_process_still
from minivid.diffusion import COSINE, LINEAR
from minivid.show.frames import read


@pytest.fixture
def clip():
    return torch.rand(1, 1, 4, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


def strips(picture):
    return [axes.images[0].get_array() for axes in picture.axes if axes.images]


def test_the_first_row_is_the_clip_and_the_last_is_noise(clip):
    first, _, last = strips(forward_process_still(clip, levels=[0.0, 0.5, 1.0], seed=3))
    noise = torch.randn(clip.shape, generator=torch.Generator().manual_seed(3))
    k = first.shape[0] // 16
    for drawn, expected in ((first, read(clip)), (last, read(noise.clamp(-1, 1)))):
        pixels = drawn[::k, : 16 * k : k, :1].astype(int)  # σ = 4.5e-5 is left at u = 0, and α at 1: a level at most
        np.testing.assert_allclose(pixels, expected[0, 0].astype(int), atol=1)


def test_dots_lie_on_the_schedule(clip):
    picture = forward_process_still(clip, levels=[0.2, 0.7])
    alphas = next(line for axes in picture.axes for line in axes.get_lines() if line.get_marker() == "o")
    expected, _ = COSINE.alpha_sigma(COSINE.logsnr(torch.tensor([0.2, 0.7])))
    np.testing.assert_allclose(alphas.get_ydata(), expected)


def test_numbers_are_written(clip):
    words = [text.get_text() for text in forward_process_still(clip, levels=[0.5]).texts]
    assert words == ["u = 0.50     α = 0.707     σ = 0.707     λ = 0.0"]


def test_the_slider_and_the_switch_redraw(clip):
    widget = forward_process(clip, {"cosine": COSINE, "linear": LINEAR})
    (u, schedule), image = widget.children[0].children, widget.children[1]
    seen = [bytes(image.value)]
    u.value = 0.2
    seen.append(bytes(image.value))
    schedule.value = "linear"
    seen.append(bytes(image.value))
    assert len(set(seen)) == 3 and isinstance(image, w.Image)


def test_a_wrong_shape_is_said_before_anything_is_drawn():
    with pytest.raises(ValueError, match="clip has 4 channels"):
        forward_process(torch.zeros(1, 4, 1, 8, 8))

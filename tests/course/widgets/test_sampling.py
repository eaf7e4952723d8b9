"""A sampler's path: the slider shows the z and x̂ that the sampler gave, also when it is a generator."""

import numpy as np
import pytest
import torch

from minivid.course.widgets import sampling_path, sampling_path_still
from minivid.course.widgets.sampling import _one, _steps
from minivid.diffusion import COSINE, Objective, ancestral
from minivid.show.frames import read


def path(steps=5):
    """The sampler of a world in which every clip is grey: it knows x̂ = 0, which in v is σ-less noise."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(2, 1, 4, 8, 8, generator=generator)
    return ancestral(
        lambda z, t, cond: torch.sigmoid(t).sqrt().reshape(-1, 1, 1, 1, 1) * z,
        z,
        COSINE,
        Objective.V,
        steps,
        generator=generator,
    )


def test_the_picture_of_an_update_holds_its_z_and_its_guess():
    steps = list(path())
    z_image, x_image = (axes.images[0].get_array() for axes in _one(_steps(steps), 2).axes)
    z, x_hat = (part[:1].clamp(-1, 1) for part in steps[1])
    k = z_image.shape[0] // 8
    np.testing.assert_array_equal(z_image[::k, : 8 * k : k, :1], read(z)[0, 0])
    np.testing.assert_array_equal(x_image[::k, : 8 * k : k, :1], read(x_hat)[0, 0])


def test_the_slider_runs_over_the_updates_of_a_generator():
    widget = sampling_path(path(steps=5))
    step, image = widget.children[0].children[0], widget.children[1]
    assert (step.min, step.max, step.value) == (1, 5, 5)
    before = bytes(image.value)
    step.value = 1
    assert bytes(image.value) != before


def test_the_twin_has_first_and_last_update():
    words = [text.get_text() for text in sampling_path_still(path(steps=9), rows=3).texts]
    assert [word for word in words if "update" in word] == [f"after update {i} of 9" for i in (1, 5, 9)]


def test_a_guess_far_outside_is_drawn_and_its_range_written():
    z = torch.zeros(1, 1, 2, 8, 8)
    words = [text.get_text() for text in sampling_path_still([(z, z - 300)]).texts]
    assert "from -300.00 to -300.00" in words


def test_a_drained_path_is_said():
    with pytest.raises(ValueError, match=r"no updates.*list\(path\)"):
        sampling_path(iter(()))

"""Films break as they are told to, and in no other way."""

import pytest
import torch

from minivid.chapters.ch01.camera import KINDS, MARGIN, SCENE, exposed, film, filmed, slices


def test_a_camera_on_its_place_sees_the_middle_of_the_scene():
    scene = SCENE.sample(2, 0).video
    seen = filmed(scene, torch.zeros(2, 16, 2))
    assert torch.allclose(seen, scene[..., MARGIN:-MARGIN, MARGIN:-MARGIN], atol=1e-5)


def test_a_camera_to_the_right_sees_everything_further_left():
    scene = SCENE.sample(2, 0).video
    path = torch.tensor([3.0, 0.0]).expand(2, 16, 2)
    seen = filmed(scene, path)
    assert torch.allclose(seen, scene[..., MARGIN:-MARGIN, MARGIN + 3 : 3 - MARGIN], atol=1e-5)


def test_gain_multiplies_the_light_and_not_the_number():
    grey = torch.full((1, 1, 2, 4, 4), -0.5)  # a quarter of the light
    assert exposed(grey, torch.tensor([[2.0, 8.0]]))[0, 0, :, 0, 0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_film_is_the_seeds_alone_and_in_range(kind):
    once = film(kind, 3, 5)
    assert once.shape == (3, 1, 16, 32, 32) and once.abs().max() <= 1
    assert torch.equal(once, film(kind, 3, 5)) and not torch.equal(once, film(kind, 3, 6))


def test_only_a_flicker_changes_the_light_of_what_stands_still():
    """The upper left corner, which few digits visit: its light over time."""
    spread = {kind: film(kind, 20, 1)[:, 0, :, :3, :3].mean((2, 3)).std(1).median().item() for kind in KINDS}
    assert spread["steady"] < 1e-6 < 0.02 < spread["flicker"]


def test_a_jump_happens_once_and_a_drift_all_the_time():
    jumps, drifts = (film(kind, 20, 2).diff(dim=2).abs().mean((1, 3, 4)) for kind in ("jump", "drift"))
    assert (jumps.amax(1) > 2 * jumps.median(1).values).all()
    assert (drifts.amax(1) < 2 * drifts.median(1).values).all()


def test_slices_are_rows_through_the_digit():
    films = film("steady", 4, 3)
    cut = slices(films)
    assert cut.shape == (4, 16, 32)
    assert all(any(torch.equal(one, clip[0, :, y]) for y in range(32)) for one, clip in zip(cut, films, strict=True))


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="steady, flicker, drift, jump"):
        film("blur", 1, 0)

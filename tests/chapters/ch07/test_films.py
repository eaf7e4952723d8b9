"""Chapter 7's films: what each piece must and must not change."""

from dataclasses import replace

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch07.films import ALL, FRAMES, GUIDANCE, STEPS, TURN, delta_of, film, pushed
from minivid.nn.attention import keys

CAPTIONS = ["a green 0 moves left", "a red 3 moves down"]


@pytest.fixture(scope="module")
def image():
    return zoo.load("image-digits")


@pytest.fixture(scope="module")
def whole(image):
    return film(image, CAPTIONS, frames=2)


def test_a_captions_direction_is_its_delta():
    assert [delta_of(caption, 2.0) for caption in CAPTIONS] == [(-2.0, 0.0), (0.0, 2.0)]


def test_the_turn_lies_on_the_way():
    assert 0 < TURN[0] < TURN[1] < STEPS and FRAMES > 1


def test_the_first_frame_is_the_image_models_picture_whatever_the_pieces(image, whole):
    picture = image.sample(CAPTIONS, 0, STEPS, GUIDANCE).clamp(-1, 1)
    torch.testing.assert_close(whole[:, :, :1], picture, atol=1e-3, rtol=0)
    alone = film(image, CAPTIONS, pieces=replace(ALL, attention=False), frames=2)
    torch.testing.assert_close(alone[:, :, :1], picture, atol=1e-3, rtol=0)
    assert (alone[:, :, 1] - whole[:, :, 1]).abs().max() > 0.05


def test_without_motion_and_noise_all_frames_are_one(image, whole):
    still = film(image, CAPTIONS, pieces=replace(ALL, motion=False, noise=False), frames=2)
    torch.testing.assert_close(still[:, :, 1], still[:, :, 0], atol=1e-3, rtol=0)
    assert (whole[:, :, 1] - whole[:, :, 0]).abs().max() > 0.5


def test_a_policy_of_its_own_is_no_attention(image):
    own = film(image, CAPTIONS[:1], policy=keys.itself, frames=2)
    torch.testing.assert_close(own, film(image, CAPTIONS[:1], pieces=replace(ALL, attention=False), frames=2))


def test_a_picture_that_is_pushed_moves_and_black_comes_in():
    clips = torch.zeros(2, 1, 3, 4, 5)
    clips[:, :, :, 1, 2] = 1.0
    left, down = pushed(clips, CAPTIONS)
    assert [place[1:] for place in (left == 1).nonzero().tolist()] == [[0, 1, 2], [1, 1, 1], [2, 1, 0]]
    assert [place[1:] for place in (down == 1).nonzero().tolist()] == [[0, 1, 2], [1, 2, 2], [2, 3, 2]]
    assert (left[0, 2, :, -2:] == -1).all() and (down[0, 2, :2] == -1).all()

"""Films by a control: what they begin from, and whose control reaches whom."""

from dataclasses import replace

import pytest
import torch

from minivid import zoo
from minivid.adapt.controlnet import control_of
from minivid.adapt.controlvideo import interleaved
from minivid.chapters.ch07.films import GUIDANCE, STEPS
from minivid.chapters.ch07.steered import (
    EVERY,
    SMOOTH,
    WORLD,
    edges_of,
    long_film,
    pair,
    recoloured,
    renumbered,
    shown,
    steered,
)
from minivid.nn.attention import keys


@pytest.fixture(scope="module")
def model():
    return zoo.load("control-digits")


CLIPS = replace(WORLD, frames=2).sample(1, seed=5)


def test_the_image_model_beside_it_is_the_zoo_s(model):
    image, _ = pair(model)
    theirs = zoo.load("image-digits").network.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in image.state_dict().items())


def test_without_a_control_all_frames_are_the_image_model_s_picture(model):
    film = steered(model, CLIPS.caption, None, frames=2, seed=3, steps=3)
    picture = zoo.load("image-digits").sample(CLIPS.caption, 3, 3, GUIDANCE).clamp(-1, 1)
    torch.testing.assert_close(film, picture.expand_as(film), atol=1e-3, rtol=0)
    nothing = steered(model, CLIPS.caption, edges_of(CLIPS), seed=3, steps=3, strength=0)
    torch.testing.assert_close(nothing, film, atol=1e-3, rtol=0)


def test_the_first_frame_of_a_film_that_looks_at_it_is_the_picture_of_its_control(model):
    film = steered(model, CLIPS.caption, edges_of(CLIPS), seed=3, steps=3)
    alone = steered(model, CLIPS.caption, edges_of(CLIPS)[:, :, :1], keys.itself, seed=3, steps=3)
    torch.testing.assert_close(film[:, :, :1], alone, atol=1e-3, rtol=0)
    assert (film[:, :, 1] - film[:, :, 0]).abs().max() > 0.3


def test_a_long_film_that_is_one_segment_of_two_keys_is_full_attention(model):
    short = steered(model, CLIPS.caption, edges_of(CLIPS), keys.all_frames, seed=3, steps=STEPS)
    torch.testing.assert_close(long_film(model, CLIPS.caption, edges_of(CLIPS), seed=3), short, atol=1e-2, rtol=0)


def test_the_smoother_s_steps_lie_as_far_on_the_way_as_the_paper_s():
    assert [i / STEPS for i in SMOOTH] == pytest.approx([30 / 50, 31 / 50], abs=0.05)
    assert SMOOTH[1] == SMOOTH[0] + 1 and EVERY > 1
    x = torch.arange(6.0)[None, None, :, None, None] ** 2
    met = [(interleaved(x, i, lambda a, b: a + b) != x).flatten().tolist() for i in SMOOTH]
    assert [sum(turns) for turns in zip(*met, strict=True)] == [0, 1, 1, 1, 1, 0]


def test_captions_are_changed_in_one_word():
    said = ["a red 3 moves down, slowly", "an orange 9 moves left"]
    assert recoloured(said, ["green", "pink"]) == ["a green 3 moves down, slowly", "a pink 9 moves left"]
    assert renumbered(said) == ["a red 4 moves down, slowly", "an orange 0 moves left"]


def test_a_control_is_shown_white_on_black():
    picture = shown(control_of(CLIPS, "edges"))
    assert picture.shape == (1, 3, 2, 24, 24) and picture.min() == -1 and picture.max() > 0.5

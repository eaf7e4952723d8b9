"""The slider asks for a guess once an α, and the twin has a row for each with its error."""

import pytest
import torch

from minivid.chapters.ch06.widgets import mixing, mixing_still

CLIP = -torch.ones(3, 4, 8, 8)


def guess(alpha):
    """A guess that is the clip at α = 1, and farther off the smaller α is."""
    return CLIP + 1 - alpha


def test_the_twin_has_a_row_for_each_alpha_with_its_error():
    picture = mixing_still(guess, CLIP, [1.0, 0.5, 0.0])
    words = [text.get_text() for text in picture.texts]
    assert words[:2] == ["the clip", "x̂ at α = 1.0, squared error 0.000"]
    assert words[2:] == ["x̂ at α = 0.5, squared error 0.250", "x̂ at α = 0.0, squared error 1.000"]


def test_the_slider_asks_once_an_alpha_and_shows_another_picture():
    asked = []

    def noted(alpha):
        asked.append(alpha)
        return guess(alpha)

    widget = mixing(noted, CLIP, 0.5)
    bar, image = widget.children
    before = bytes(image.value)
    bar.children[0].value = 0.0
    assert asked == [0.5, 0.0] and bytes(image.value) != before


def test_no_alpha_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="list of numbers"):
        mixing_still(guess, CLIP, [])

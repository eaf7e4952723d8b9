"""The quiz without a browser: buttons pressed, answers kept to itself until they are given."""

import pytest

from minivid.chapters.ch01.camera import KINDS
from minivid.chapters.ch01.widgets import Quiz, quiz, quiz_still


def test_every_kind_occurs_and_the_order_is_the_seeds():
    game = Quiz(8, seed=1)
    assert {kind: game.kinds.count(kind) for kind in KINDS} == dict.fromkeys(KINDS, 2)
    assert Quiz(8, seed=1).kinds == game.kinds and any(Quiz(8, seed=s).kinds != game.kinds for s in range(2, 5))


def test_pressing_names_the_film_and_goes_on():
    game = Quiz(3, seed=0)
    picture, bar, words = quiz(game).children
    first = picture.value
    assert words.value == ""
    for kind in list(game.kinds):
        next(button for button in bar.children if button.description == kind).click()
        assert "Yes" in words.value and "<img" in words.value
    assert picture.value != first and game.done and game.right == 3
    assert all(button.disabled for button in bar.children)


def test_a_wrong_word_is_told_what_it_was():
    game = Quiz(4, seed=2)
    wrong = next(kind for kind in KINDS if kind != game.kinds[0])
    assert game.say(wrong).startswith(f"No, {game.kinds[0]}")
    assert game.right == 0 and len(game.said) == 1


def test_it_refuses_what_is_no_answer():
    game = Quiz(1)
    with pytest.raises(ValueError, match="A film is one of"):
        game.say("blur")
    game.say("jump")
    with pytest.raises(ValueError, match="are named"):
        game.say("jump")
    with pytest.raises(ValueError, match="at least one film"):
        Quiz(0)


def test_the_twin_has_every_slice():
    assert len(quiz_still(Quiz(6)).axes) == 6

"""Captions can be written, read back and turned into tokens, and wrong ones are refused by name."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data.captions import COLOURS, DIRECTIONS, SPEEDS, VOCABULARY, Motion, detokenize, parse, tokenize, write


def one_or_two(words):
    return st.lists(st.sampled_from(list(words)), min_size=1, max_size=2, unique=True).map(tuple)


parts = st.tuples(
    st.integers(0, 9),
    one_or_two(DIRECTIONS),
    st.just(()) | one_or_two(SPEEDS),
    st.none() | st.sampled_from(list(COLOURS)),
)
clauses = st.lists(parts, min_size=1, max_size=3)


def motions(said):
    return tuple(Motion(*one) for one in said)


@given(clauses)
def test_what_is_written_is_read_back(said):
    said = motions(said)
    assert parse(write(said)) == said


@given(clauses)
def test_a_caption_means_the_same_without_commas_and_in_capitals(said):
    said = motions(said)
    assert parse(write(said).replace(",", "").upper()) == said


def test_captions_read_like_english():
    assert write([Motion(3, ("right",), ("slowly",))]) == "a 3 moves right, slowly"
    assert write([Motion(3, ("right", "up"), ("slowly",))]) == "a 3 moves first right, then up, slowly"
    assert write([Motion(8, ("left",)), Motion(0, ("up",), (), "orange")]) == "an 8 moves left and an orange 0 moves up"
    assert write([Motion(5, ("up",), ("slowly", "quickly"))]) == "a 5 moves up, first slowly, then quickly"


@given(st.lists(clauses, min_size=1, max_size=4))
def test_tokens_say_the_caption_word_for_word(captions):
    captions = [write(motions(said)) for said in captions]
    tokens, mask = tokenize(captions)
    assert [parse(line) for line in detokenize(tokens, mask)] == [parse(line) for line in captions]


@given(st.lists(clauses, min_size=1, max_size=4), st.integers(0, 3))
def test_the_mask_is_true_on_words_and_false_on_padding(captions, spare):
    captions = [write(motions(said)) for said in captions]
    words = [len(line.split()) for line in captions]
    tokens, mask = tokenize(captions, length=max(words) + spare)
    assert tokens.shape == mask.shape == (len(captions), max(words) + spare)
    assert mask.sum(1).tolist() == words
    assert torch.equal(mask, tokens != 0), "the padding's token is no word's token"
    assert torch.equal(mask, mask.cummin(1).values.bool()), "words first, padding after"


def test_an_is_the_word_a():
    assert torch.equal(tokenize(["an 8 moves up"])[0], tokenize(["a 8 moves up"])[0])


def test_no_word_stands_twice_in_the_vocabulary():
    assert len(set(VOCABULARY)) == len(VOCABULARY)
    assert VOCABULARY[0] == ""


def test_directions_are_unit_vectors_with_y_downwards():
    for word, (x, y) in DIRECTIONS.items():
        assert x * x + y * y == pytest.approx(1)
        assert (x > 0, x < 0) == ("right" in word, "left" in word)
        assert (y > 0, y < 0) == ("down" in word, "up" in word)


def test_an_unknown_word_is_named_with_its_nearest_neighbours():
    with pytest.raises(ValueError, match=r'the word "rihgt".*did you mean right'):
        tokenize(["a 3 moves up", "a 3 moves rihgt"])


def test_two_letters_in_the_wrong_order_are_known_again():
    with pytest.raises(ValueError, match=r'the word "pu".*did you mean up or'):
        tokenize(["a 3 moves pu"])


def test_an_unknown_word_like_no_other_brings_the_whole_vocabulary():
    with pytest.raises(ValueError, match=r'the word "xyzzy".*there are a, moves'):
        parse("a 3 xyzzy right")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a 3",
        "a moves right",
        "3 moves right",
        "a 3 moves slowly",
        "a 3 moves right left",
        "a 3 moves right and",
        "a 3 red moves right",
        "a 3 moves first right, then right",
        "a 3 moves first right",
        "a 3 moves right, slowly a 5 moves up",
    ],
)
def test_words_that_make_no_caption_are_refused_with_the_grammar(line):
    with pytest.raises(ValueError, match=r"is not a caption.*moves DIRECTION"):
        parse(line)


def test_one_string_is_no_list_of_captions():
    with pytest.raises(ValueError, match="takes a list of captions"):
        tokenize("a 3 moves right")


def test_a_caption_longer_than_the_length_is_refused():
    with pytest.raises(ValueError, match="has 5 words; length=4"):
        tokenize(["a 3 moves right, slowly"], length=4)

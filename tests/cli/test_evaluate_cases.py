"""Files of clips as people bring them: bright ones, and captions that are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from minivid.data import World, to_uint8

CASES = Path(__file__).parent / "cases"
CLIPS = World().sample(6, seed=3)


@pytest.fixture
def scored(minivid, tmp_path):
    """`scored(file)`: what `minivid evaluate` finds, its words, and its metrics as json."""

    def score(file, *options):
        code, told, said = minivid("evaluate", file, "--json", "x.json", *options)
        assert code == 0, said
        return told, json.loads((tmp_path / "x.json").read_text())["metrics"]

    return score


@pytest.fixture
def with_captions(tmp_path):
    def write(captions):
        np.savez(tmp_path / "clips.npz", video=to_uint8(CLIPS.video), caption=captions)
        return tmp_path / "clips.npz"

    return write


def text_of(found: dict) -> dict | None:
    return found.get("text") if found.get("text") and found["text"]["value"] is not None else None


def test_bright_bytes_are_bytes_on_either_side(scored):
    _, found = scored(CASES / "bright.npz", "--against", CASES / "bright.npz")
    assert found["warping_error"]["value"] > 0


def test_a_file_of_empty_captions_has_no_text_score(scored):
    told, found = scored(CASES / "empty.npz")
    assert "No text score" in told and "caption found" not in told and found.get("retrieval") is None


def test_foreign_captions_are_told_and_cost_no_more_than_their_own_score(scored, with_captions):
    told, found = scored(CASES / "foreign.npz")
    assert 'are not of the world\'s language, as "a dog runs"' in told
    told, found = scored(with_captions(np.asarray(["a dog runs", *CLIPS.caption[1:]])))
    assert "1 of 6 captions" in told and text_of(found) is not None
    assert found["text"]["measured"] == pytest.approx(5 / 6)


def test_captions_as_bytes_are_words(scored, with_captions):
    _, of_bytes = scored(with_captions(np.asarray(CLIPS.caption, dtype="S")))
    _, of_words = scored(with_captions(np.asarray(CLIPS.caption)))
    assert of_bytes == of_words and text_of(of_words) is not None


@pytest.mark.parametrize(
    "captions, sentence",
    [
        (np.asarray(CLIPS.caption, dtype=object), "captions are an array of objects"),
        (np.arange(6), "captions are int64"),
    ],
)
def test_captions_that_are_no_words_are_left_out_and_named(scored, with_captions, captions, sentence):
    told, _ = scored(with_captions(captions))
    assert sentence in told

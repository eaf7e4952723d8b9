"""Chapter 4's experiments: what they claim holds where it can be known."""

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch04.experiments.targets import LEVELS, targets_table, x_errors
from minivid.chapters.ch04.experiments.words import WORDS, run_of
from minivid.course import receipt


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.value)
def test_each_word_has_the_same_network_clips_and_training(word):
    first, run = run_of(WORDS[0]), run_of(word)
    assert run.differences(first) in ([], ["name", "objective"])
    assert run.loss.objective is word


def test_an_error_of_a_network_that_says_nothing_is_the_clips_power_where_it_says_x():
    run = run_of(WORDS[1])
    assert run.loss.objective.value == "x"
    network = run.network.build()
    with torch.no_grad():
        for weight in network.parameters():
            weight.zero_()
    errors = x_errors(zoo.Model(run, network), n=4)
    assert len(errors) == len(LEVELS)
    assert max(errors) - min(errors) < 1e-6 < min(errors)


def test_the_table_has_a_column_for_each_word_and_the_real_clips():
    head, *rows = targets_table(receipt("04_targets")).splitlines()
    assert all(word.value in head for word in WORDS) and "real clips" in head
    assert len(rows) == len(LEVELS) + 6

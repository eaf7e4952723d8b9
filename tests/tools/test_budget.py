"""One notebook, three budgets."""

import pytest

from minivid.tools.budget import budget, named, pick


@pytest.mark.parametrize("word, expected", [("smoke", "smoke"), ("laptop", "laptop"), (" GPU ", "gpu"), ("", "laptop")])
def test_the_environment_names_the_budget(monkeypatch, word, expected):
    monkeypatch.setenv("MINIVID_BUDGET", word)
    assert budget() == expected
    assert pick(smoke="smoke", laptop="laptop", gpu="gpu") == expected


def test_a_student_who_sets_nothing_has_the_laptop_budget(monkeypatch):
    monkeypatch.delenv("MINIVID_BUDGET", raising=False)
    assert budget() == "laptop"


def test_nbgrader_waits_for_smoke_alone_unless_it_is_told_otherwise(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.delenv("MINIVID_BUDGET", raising=False)
    assert budget() == "smoke"
    monkeypatch.setenv("MINIVID_BUDGET", "gpu")
    assert budget() == "gpu"


def test_a_wrong_word_is_answered_with_the_words_there_are(monkeypatch):
    monkeypatch.setenv("MINIVID_BUDGET", "labtop")
    with pytest.raises(ValueError, match=r"'labtop'.*smoke, laptop or gpu; did you mean laptop\?"):
        pick(smoke=1, laptop=2, gpu=3)


def test_a_word_from_elsewhere_is_answered_in_the_same_way():
    assert named("gpu") == "gpu"
    with pytest.raises(ValueError, match=r"--budget is 'smok'.*did you mean smoke\?"):
        named("smok")

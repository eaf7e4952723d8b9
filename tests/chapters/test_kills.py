"""Every named wrong answer is caught, by the probe that it says first; every right answer passes, whatever the seed."""

import time

import pytest

from minivid.course import listing
from minivid.course.answers import answers_to
from minivid.course.probing import Verdict, ask, judge

SEEDS = (0, 2**31 - 1)
EXERCISES = [exercise for chapter in listing.chapters().values() for exercise in chapter.exercises]


def named(module):
    return [(probe, answer) for probe, group in module.WRONG.items() for answer in group]


by_id = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


@by_id
def test_every_wrong_answer_is_caught_by_its_own_probe(exercise):
    rows, amiss = [], []
    for probe, answer in named(answers_to(exercise)):
        caught = {judge(exercise, answer, seed).probe or "survives" for seed in SEEDS}
        rows.append(f"{exercise.id}  {answer.__name__:<40} {probe:<24} {' / '.join(sorted(caught))}")
        amiss += [rows[-1]] if caught != {probe} else []
    print("\n".join([f"\n{'':<5}{'wrong answer':<40} {'declared':<24} caught by", *rows]))
    assert not amiss, "\n".join(["these survive, or are caught by another probe than they declare:", *amiss])


@by_id
def test_every_probe_has_a_wrong_answer_and_every_exercise_three(exercise):
    declared = answers_to(exercise).WRONG
    assert list(declared) == [probe.name for probe in exercise.probes]
    assert len(named(answers_to(exercise))) >= 3
    assert all(answer.__name__ != exercise.name for _, answer in named(answers_to(exercise)))


@by_id
def test_a_second_right_answer_passes_at_many_seeds(exercise):
    for seed in range(10):
        outcome = judge(exercise, answers_to(exercise).SECOND, seed)
        assert outcome.verdict is Verdict.PASSED, outcome


@by_id
def test_the_library_s_own_object_is_not_an_answer(exercise):
    outcome = judge(exercise, exercise.reference, 0)
    assert outcome.verdict is Verdict.WRONG
    assert "library's own" in outcome.message


@by_id
def test_a_probe_takes_less_than_a_second(exercise):
    for probe in exercise.probes:
        start = time.perf_counter()
        ask(exercise, probe, answers_to(exercise).SECOND, 0)
        assert time.perf_counter() - start < 1, probe.name

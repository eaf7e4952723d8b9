"""Every named wrong answer is caught, by the probe that it says first; every right answer passes, whatever the seed."""

import time
from pathlib import Path

import pytest

from minivid.course import exercises
from minivid.course.probing import Verdict, ask, judge

FOLDER = Path(__file__).parents[1] / "wrong_answers"
SEEDS = (0, 2**31 - 1)
EXERCISES = [exercise for chapter in sorted(FOLDER.glob("ch*")) for exercise in exercises.of_chapter(chapter.name[2:])]


def named(module):
    return [(probe, answer) for probe, group in module.WRONG.items() for answer in group]


by_id = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


@by_id
def test_every_wrong_answer_is_caught_by_its_own_probe(exercise, answers):
    rows, amiss = [], []
    for probe, answer in named(answers(exercise)):
        caught = {judge(exercise, answer, seed).probe or "survives" for seed in SEEDS}
        rows.append(f"{exercise.id}  {answer.__name__:<40} {probe:<24} {' / '.join(sorted(caught))}")
        amiss += [rows[-1]] if caught != {probe} else []
    print("\n".join([f"\n{'':<5}{'wrong answer':<40} {'declared':<24} caught by", *rows]))
    assert not amiss, "\n".join(["these survive, or are caught by another probe than they declare:", *amiss])


@by_id
def test_every_probe_has_a_wrong_answer_and_every_exercise_three(exercise, answers):
    declared = answers(exercise).WRONG
    assert list(declared) == [probe.name for probe in exercise.probes]
    assert len(named(answers(exercise))) >= 3
    assert all(answer.__name__ != exercise.name for _, answer in named(answers(exercise)))


@by_id
def test_a_second_right_answer_passes_at_many_seeds(exercise, answers):
    for seed in range(10):
        outcome = judge(exercise, answers(exercise).SECOND, seed)
        assert outcome.verdict is Verdict.PASSED, outcome


@by_id
def test_the_library_s_own_object_is_not_an_answer(exercise):
    outcome = judge(exercise, exercise.reference, 0)
    assert outcome.verdict is Verdict.WRONG
    assert "library's own" in outcome.message


@by_id
def test_a_probe_takes_less_than_a_second(exercise, answers):
    for probe in exercise.probes:
        start = time.perf_counter()
        ask(exercise, probe, answers(exercise).SECOND, 0)
        assert time.perf_counter() - start < 1, probe.name

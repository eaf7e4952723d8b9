"""Every named wrong answer is caught, by the probe that it says first; every right answer passes, whatever the seed."""

import pickle
import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from minivid.course import listing
from minivid.course.answers import answers_to, solution_of
from minivid.course.exercise import Exercise
from minivid.course.interception import intercepted
from minivid.course.made_wrong import made_wrong
from minivid.course.probing import Verdict, ask, examine

SEEDS = (0, 2**31 - 1)
BROKEN = re.compile(
    r"raised (Name|Type|Attribute|Syntax|Index|Key|UnboundLocal)Error"
)  # no mistake, but an edit that misses
EXERCISES = [exercise for number in listing.folders() for exercise in listing.written(number)]


by_id = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
in_a_notebook = pytest.mark.usefixtures("as_in_a_notebook")


def of_kept_inputs(exercise: Exercise) -> Exercise:
    """The exercise, with inputs that are made once for each seed: what is asked hundreds of times is the same question."""
    kept = {}
    return replace(exercise, probes=tuple(replace(probe, inputs=once(probe.inputs, kept)) for probe in exercise.probes))


def once(inputs: Callable[[int], dict[str, Any]], kept: dict) -> Callable[[int], dict[str, Any]]:
    """Copies of what was made of the same seed and global random numbers, which are left as the making left them. What is not plain
    numbers is made anew."""

    def again(seed: int) -> dict[str, Any]:
        key = inputs, seed, global_random_state()
        if key not in kept:
            made = inputs(seed)
            if not all(is_plain(part) for part in made.values()):
                return made
            kept[key] = made, global_random_state()
        made, state = kept[key]
        of_torch, of_numpy, of_python = pickle.loads(state)
        torch.set_rng_state(torch.from_numpy(of_torch))
        np.random.set_state(of_numpy)
        random.setstate(of_python)
        return {name: part.clone() if isinstance(part, torch.Tensor) else part for name, part in made.items()}

    return again


def is_plain(part: Any) -> bool:
    """A number, a word, or a tensor whose clone is what it is."""
    if type(part) is torch.Tensor:
        return part.is_contiguous() and not part.requires_grad
    return type(part) in (bool, int, float, str)


def global_random_state() -> bytes:
    """Of torch, NumPy and Python."""
    return pickle.dumps((torch.get_rng_state().numpy(), np.random.get_state(), random.getstate()))


@by_id
@in_a_notebook
def test_every_wrong_answer_is_caught_by_its_own_probe(exercise):
    rows, amiss, asked = [], [], of_kept_inputs(exercise)
    for probe, attempts in answers_to(exercise).wrong.items():
        for attempt in attempts:
            outcomes = [examine(asked, attempt.obj, seed) for seed in SEEDS]
            caught = {"broken" if BROKEN.search(one.message) else one.probe or "survives" for one in outcomes}
            rows.append(f"{exercise.id}  {attempt.name:<40} {probe:<24} {' / '.join(sorted(caught))}")
            amiss += [rows[-1]] if caught != {probe} else []
    print("\n".join([f"\n{'':<5}{'wrong answer':<40} {'declared':<24} caught by", *rows]))
    assert not amiss, "\n".join(["these survive, or are caught by another probe than they declare:", *amiss])


@by_id
def test_every_probe_has_a_wrong_answer_and_every_exercise_three(exercise):
    answers = answers_to(exercise)
    wrong = answers.wrong
    names = [attempt.name for attempts in (answers.right, *wrong.values()) for attempt in attempts]
    assert list(wrong) == [probe.name for probe in exercise.probes] and all(wrong.values())
    assert sum(map(len, wrong.values())) >= 3 and len(set(names)) == len(names) and exercise.name not in names


@by_id
@in_a_notebook
def test_a_second_right_answer_and_all_other_right_ones_pass_at_several_seeds(exercise):
    answers, asked = answers_to(exercise), of_kept_inputs(exercise)
    for right in (answers.second, *answers.right):
        for seed in range(5 if right is answers.second else 2):
            outcome = examine(asked, right.obj, seed)
            assert outcome.verdict is Verdict.PASSED, f"{right.name} is refused: {outcome}"


@by_id
def test_the_chapter_s_own_answer_passes_where_all_shapes_are_checked(exercise):
    outcome = examine(exercise, solution_of(exercise), 0)
    assert outcome.verdict is Verdict.PASSED, outcome


@by_id
@in_a_notebook
def test_a_right_answer_made_wrong_in_one_way_is_refused_and_left_as_it_is_passes(exercise):
    """Whoever writes an exercise declares nothing for it but what the answer promises."""
    right, asked = solution_of(exercise), of_kept_inputs(exercise)
    left = intercepted(right, exercise.reference, lambda call, args, kwargs: call(*args, **kwargs))
    assert examine(asked, left, 0).verdict is Verdict.PASSED
    outcomes = {what: examine(asked, wrong, 0) for what, wrong in made_wrong(asked, right)}
    print("\n".join(["", *(f"{exercise.id}  {what:<55} {one.probe or 'survives'}" for what, one in outcomes.items())]))
    survivors = [what for what, one in outcomes.items() if one.verdict is not Verdict.WRONG]
    assert outcomes and not survivors, (
        f"exercise {exercise.id} accepts its own solution with {'; with '.join(survivors)}"
    )
    blamed = {one.probe for what, one in outcomes.items() if what.startswith("argument") and what.endswith("changed")}
    assert blamed <= {"arguments unchanged"}


@by_id
def test_the_library_s_own_object_is_not_an_answer(exercise):
    outcome = examine(exercise, exercise.reference, 0)
    assert outcome.verdict is Verdict.WRONG
    assert "library's own" in outcome.message


@by_id
def test_a_probe_takes_less_than_a_second_of_the_processor(exercise):
    """Once what a process keeps, clips and judges, is there."""
    second = answers_to(exercise).second.obj
    for probe in exercise.probes:
        ask(exercise, probe, second, 0)
        start = time.process_time()
        ask(exercise, probe, second, 0)
        assert time.process_time() - start < 1, probe.name

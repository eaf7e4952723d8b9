"""Running a student's object through the probes of an exercise, and saying in a sentence what went wrong.

`ask` runs where the student's code is; `decide` runs where the verdict is made (in a notebook the same process, in the grader
another one).
"""

import contextlib
import functools
import inspect
import linecache
import random
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import FrameType
from typing import Any

import numpy as np
import torch

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, describe, plain

LONGEST_MESSAGE = 300
LIBRARY = __name__.split(".")[0]


class Verdict(Enum):
    PASSED = "passed"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Outcome:
    """What became of an exercise. `probe` is the first one that failed, `message` the sentences for the student."""

    verdict: Verdict
    message: str = ""
    probe: str = ""


@dataclass(frozen=True)
class Answer:
    """What the student's object said to one probe: arrays, or a sentence about why there are none."""

    arrays: Arrays | None = None
    problem: str = ""
    not_attempted: bool = False


def examine(exercise: Exercise, obj: Any, seed: int, probes: tuple[Probe, ...] = ()) -> Outcome:
    """The student's object through all probes, in this process. Stops at the first that fails."""
    for probe in probes or exercise.probes:
        outcome = decide(probe, ask(exercise, probe, obj, seed), seed)
        if outcome.verdict is not Verdict.PASSED:
            return outcome
    return Outcome(Verdict.PASSED)


def ask(exercise: Exercise, probe: Probe, obj: Any, seed: int) -> Answer:
    """One probe's question to the student's object. Never raises: an exception becomes a sentence.

    The notebook's random state is left as it was; a direct call from the student's code to the answer is refused.
    """
    problem = _unfit(exercise, obj)
    if problem:
        return Answer(problem=problem)
    inputs = probe.inputs(seed)
    student = _globals_of(obj)
    try:
        with _own_random_state(seed), torch.enable_grad(), _watch(exercise, student) as borrowed:
            arrays = plain(probe.call(obj, inputs))
    except WrongAnswer as error:
        return Answer(problem=_sentence(str(error)))
    except (Exception, SystemExit) as error:
        return _failed(error, student)
    if borrowed:
        return Answer(
            problem=f"Your code calls the library's `{borrowed[0]}`, which is the answer: write it out yourself."
        )
    return Answer(arrays)


def decide(probe: Probe, answer: Answer, seed: int) -> Outcome:
    """The verdict on one answer, from arrays and inputs that no student's code has touched."""
    if answer.not_attempted:
        return Outcome(Verdict.NOT_ATTEMPTED)
    if answer.arrays is None:
        return Outcome(Verdict.WRONG, answer.problem, probe.name)
    try:
        verdict = probe.compare(answer.arrays, probe.inputs(seed))
    except Exception as error:  # arrays of a shape or type that the comparison did not foresee
        verdict = f"The answer could not be compared ({type(error).__name__}: {error})."
    if verdict is True:
        return Outcome(Verdict.PASSED)
    detail = f"{verdict} " if isinstance(verdict, str) else ""
    return Outcome(Verdict.WRONG, f"{detail}{probe.hint}", probe.name)


def explain(error: BaseException, student: dict[str, Any]) -> str:
    """An exception as a sentence: type, message, and the line in the student's cell where it passed through."""
    message = " ".join(str(error).split())
    message = message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + " …"
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_globals is student:
            text = linecache.getline(frame.f_code.co_filename, line).strip()
            where = f" on line {line} of your cell" + (f" (`{text}`)" if text else "")
    return f"Your code raised {type(error).__name__}{where}" + (f": {message}" if message else ".")


def _failed(error: BaseException, student: dict[str, Any]) -> Answer:
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    text = linecache.getline(frame.f_code.co_filename, line)
    # torch raises NotImplementedError too, for operations that it lacks; a stub raises it in the student's own line
    stub = type(error) is NotImplementedError and frame.f_globals is student and (not text or "raise" in text)
    return Answer(not_attempted=True) if stub else Answer(problem=explain(error, student))


def _unfit(exercise: Exercise, obj: Any) -> str:
    """Why an object cannot be the student's answer, or nothing."""
    reference = exercise.reference
    kind = "class" if inspect.isclass(reference) else "function"
    if (kind == "class") != inspect.isclass(obj) or not callable(obj):
        return f"`{exercise.name}` is {describe(obj)}; expected a {kind}."
    bare = obj.func if isinstance(obj, functools.partial) else obj
    classes = tuple(filter(inspect.isclass, exercise.answers))  # a class may have a function among its answers
    if any(bare is answer for answer in exercise.answers) or (inspect.isclass(bare) and issubclass(bare, classes)):
        return f"This is the library's own `{exercise.name}`: write yours in the cell above."
    return ""


def _globals_of(obj: Any) -> dict[str, Any]:
    """The names of the notebook (or module) in which the student's object was written."""
    obj = obj.func if isinstance(obj, functools.partial) else inspect.unwrap(obj)
    module = sys.modules.get(getattr(obj, "__module__", None) or "__main__")
    return getattr(obj, "__globals__", None) or vars(module or sys.modules["__main__"])


@contextlib.contextmanager
def _watch(exercise: Exercise, student: dict[str, Any]) -> Iterator[list[str]]:
    """Notes each direct call from the student's code to an answer of the exercise. Library code may call it freely."""
    answers = {(sys.modules[answer.__module__].__file__, answer.__qualname__) for answer in exercise.answers}
    borrowed: list[str] = []

    files = {file for file, _ in answers}

    def note(frame: FrameType) -> None:
        name = frame.f_code.co_qualname
        for called in (name, name.rpartition(".")[0]):  # a function, or a class by one of its methods
            if (frame.f_code.co_filename, called) in answers and _caller_is(student, frame):
                borrowed.append(called)

    # runs at every call that the student's code makes: a bare test first
    on_event = lambda frame, event, _: event == "call" and frame.f_code.co_filename in files and note(frame)  # noqa: E731
    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        yield borrowed
    finally:
        sys.setprofile(before)


def _caller_is(student: dict[str, Any], frame: FrameType) -> bool:
    """Is the nearest caller, torch and decorators skipped, the student's code (and not the library's)?"""
    caller = frame.f_back
    while caller is not None and caller.f_globals is not student:
        if str(caller.f_globals.get("__name__", "")).split(".")[0] == LIBRARY:
            return False
        caller = caller.f_back
    return caller is not None


@contextlib.contextmanager
def _own_random_state(seed: int) -> Iterator[None]:
    """Global random numbers that depend on the seed alone, and are put back afterwards."""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)
            random.setstate(python_state)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."

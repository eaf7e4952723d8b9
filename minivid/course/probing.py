"""Running a student's object through the probes of an exercise, and saying in a sentence what went wrong.

`ask` runs where the student's code is; `verdict` where it is decided (in a notebook the same process, in the grader another one).
"""

import functools
import inspect
import linecache
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from minivid.course.conduct import change, misconduct
from minivid.course.exercise import Exercise, Probe, WrongAnswer, describe
from minivid.course.outcome import Outcome, Verdict
from minivid.course.recording import Record, record, repeat

LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class Answer:
    """What the student's object said to one probe, seen from outside; `problem` is a sentence about why that is not all there is.

    raised: the problem is an exception that was not raised in the student's own lines.
    """

    record: Record = field(default_factory=Record)
    problem: str = ""
    not_attempted: bool = False
    raised: bool = False


def examine(exercise: Exercise, obj: Any, seed: int, probes: tuple[Probe, ...] = ()) -> Outcome:
    """The student's object through all probes, in this process. Stops at the first that fails."""
    probes = probes or exercise.probes
    answers = (ask(exercise, probe, obj, seed) for probe in probes)
    return verdict(exercise, probes, answers, seed, lambda probe, answer: ask_again(exercise, probe, obj, seed, answer))


def ask(exercise: Exercise, probe: Probe, obj: Any, seed: int) -> Answer:
    """One probe's question to the student's object. Never raises: an exception becomes a sentence.

    The notebook's random state is left as it was; a direct call from the student's code to the answer is refused.
    """
    problem = _unfit(exercise, obj)
    if problem:
        return Answer(problem=problem)
    student, told = _globals_of(obj), Record()
    try:
        record(exercise, probe, obj, seed, told)
    except WrongAnswer as error:
        return Answer(told, _sentence(str(error)))
    except (Exception, SystemExit) as error:
        return _failed(error, student, told)
    return Answer(told)


def ask_again(exercise: Exercise, probe: Probe, obj: Any, seed: int, answer: Answer) -> None:
    """The same question once more, which completes the record of an answer that has no problem. Never raises."""
    try:
        if not answer.problem and not answer.not_attempted:
            repeat(exercise, probe, obj, seed, answer.record)
    except (Exception, SystemExit) as error:
        refused = isinstance(error, WrongAnswer)
        answer.record.failed = _sentence(str(error)) if refused else explain(error, _globals_of(obj))


def verdict(
    exercise: Exercise,
    probes: Iterable[Probe],
    answers: Iterable[Answer],
    seed: int,
    complete: Callable[[Probe, Answer], None] = lambda *_: None,
) -> Outcome:
    """The verdict on the answers to all probes; when these have passed, what holds of every exercise is asked.

    complete: asks again, where the answers are not complete yet.
    """
    passed = []
    for probe, answer in zip(probes, answers, strict=False):
        outcome = decide(exercise, probe, answer, seed)
        if outcome.verdict is not Verdict.PASSED:
            return outcome
        passed.append((probe, answer))
    pairs = []
    for probe, answer in passed:
        complete(probe, answer)
        expected = _expected(exercise, probe, seed)
        repeat(exercise, probe, exercise.reference, seed, expected)
        pairs.append((answer.record, expected))
    return misconduct(exercise, pairs) or Outcome(Verdict.PASSED)


def passed(exercise: Exercise, probes: Iterable[Probe], answers: Iterable[Answer], seed: int) -> int:
    """How many of the probes pass, each by itself."""
    outcomes = (decide(exercise, probe, answer, seed) for probe, answer in zip(probes, answers, strict=True))
    return sum(outcome.verdict is Verdict.PASSED for outcome in outcomes)


def decide(exercise: Exercise, probe: Probe, answer: Answer, seed: int) -> Outcome:
    """The verdict on one answer, from arrays and inputs that no student's code has touched."""
    if answer.not_attempted:
        return Outcome(Verdict.NOT_ATTEMPTED)
    if answer.raised or any(call.changed for call in answer.record.calls):
        expected = _expected(exercise, probe, seed)
        why = change(exercise, answer.record, expected) or (
            answer.raised and misconduct(exercise, [(answer.record, expected)])
        )
        if why:
            return why
    if answer.problem:
        return Outcome(Verdict.WRONG, answer.problem, probe.name)
    try:
        right = probe.compare(answer.record.arrays, probe.inputs(seed))
    except Exception as error:  # arrays of a shape or type that the comparison did not foresee
        right = f"The answer could not be compared ({type(error).__name__}: {error})."
    if right is True:
        return Outcome(Verdict.PASSED)
    first, *more = probe.hints
    detail = f"{right} " if isinstance(right, str) else ""
    return Outcome(Verdict.WRONG, f"{detail}{first}", probe.name, tuple(more))


def _expected(exercise: Exercise, probe: Probe, seed: int) -> Record:
    """What the reference does when it is asked the same."""
    expected = Record()
    record(exercise, probe, exercise.reference, seed, expected)
    return expected


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


def _failed(error: BaseException, student: dict[str, Any], told: Record) -> Answer:
    frames = list(traceback.walk_tb(error.__traceback__))
    frame, line = frames[-1]
    text = linecache.getline(frame.f_code.co_filename, line)
    # torch raises NotImplementedError too, for operations that it lacks; a stub raises it in the student's own line
    stub = type(error) is NotImplementedError and frame.f_globals is student and (not text or "raise" in text)
    if stub:
        return Answer(not_attempted=True)
    return Answer(told, explain(error, student), raised=all(frame.f_globals is not student for frame, _ in frames))


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


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."

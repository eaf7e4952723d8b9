"""What an exercise is: a reference and a list of probes that are judged on plain arrays.

A probe has three parts, so that they can run in different processes. `inputs(seed)` makes the inputs. `call(obj, inputs)` runs
the student's object, in the student's process. `compare(arrays, inputs)` holds plain arrays against what is expected and runs in
the process that decides; it gets inputs made afresh from the seed, not those that the student's code has seen.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np
import torch

Arrays = dict[str, np.ndarray]
Call = Callable[[Any, dict[str, Any]], Mapping[str, Any]]
Comparison = Callable[[Arrays, dict[str, Any]], bool | str]


class WrongAnswer(Exception):
    """Raised by a probe's `call` when what the student's object returned cannot be judged. Its message is a sentence."""


@dataclass(frozen=True)
class Probe:
    """One question to the student's object. `hint` says what to look at when the answer is wrong: a sentence, or up to three, of which
    a student reads as many as wanted: what is off, where, the line.

    call returns a dict of tensors, arrays or numbers. compare returns True, or False, or a sentence that says more than the hint.
    """

    name: str
    hint: str | tuple[str, ...]
    inputs: Callable[[int], dict[str, Any]]
    call: Call
    compare: Comparison

    def __post_init__(self):
        if not 1 <= len(self.hints) <= 3:
            raise ValueError(
                f"the probe {self.name!r} has {len(self.hints)} hints; expected what is off, where, the line."
            )

    @property
    def hints(self) -> tuple[str, ...]:
        """One to three sentences."""
        return (self.hint,) if isinstance(self.hint, str) else tuple(self.hint)


@dataclass(frozen=True)
class Promises:
    """What an answer promises beside its numbers, each as the reference keeps it on the same call (`minivid.course.conduct`).

    gradient: the result is used under `backward`; by default this holds of a module and of no function. tensor: a tensor stays one,
    and of its arguments' type, as networks want it; a measure's number may be of any. whole: every number that comes back is the
    reference's, to a twentieth of the largest; else the probes judge all of it. own: the result shares memory with no argument, as
    who calls changes one of the two.
    """

    gradient: bool = False
    tensor: bool = True
    whole: bool = True
    own: bool = False


@dataclass(frozen=True)
class Task:
    """What every exercise of a chapter has: `id` is "3.2", chapter 03's second; stars 1 to 3."""

    id: str
    title: str
    points: int
    stars: int
    minutes: int

    @property
    def chapter(self) -> str:
        """Two digits: "03" for "3.2"."""
        return self.id.split(".")[0].zfill(2)

    @property
    def difficulty(self) -> str:
        """★★☆"""
        return "★" * self.stars + "☆" * (3 - self.stars)

    @property
    def heading(self) -> str:
        """What stands above it in the chapter: number, title, difficulty, minutes, points."""
        points = f"{self.points} point{'s' * (self.points != 1)}"
        return f"Exercise {self.id} · {self.title} · {self.difficulty} · {self.minutes} minutes · {points}"


@dataclass(frozen=True)
class Exercise(Task):
    """An exercise that something which the student writes answers; `reference` is the library's answer.

    name: what the student's object is called in the notebook, by default as the reference. answers: library objects that may
    not be called directly from the student's cells while this exercise is judged, by default the reference alone.
    """

    reference: Any
    probes: tuple[Probe, ...]
    name: str = ""
    answers: tuple[Any, ...] | EllipsisType = ...
    promises: Promises | EllipsisType = ...

    def __post_init__(self):
        module = inspect.isclass(self.reference) and issubclass(self.reference, torch.nn.Module)
        object.__setattr__(self, "promises", Promises(gradient=module) if self.promises is ... else self.promises)
        object.__setattr__(self, "name", self.name or self.reference.__name__)
        object.__setattr__(self, "answers", (self.reference,) if self.answers is ... else self.answers)
        names = [probe.name for probe in self.probes]
        if len(set(names)) < len(names) or not names:
            raise ValueError(f"exercise {self.id} needs probes with names of their own; it has {names}.")


def plain(answer: Mapping[str, Any]) -> Arrays:
    """A probe's answer as NumPy arrays of numbers or booleans, and nothing that a student could have overridden."""
    return {name: _plain(name, value) for name, value in answer.items()}


def _plain(name: str, value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        if value.is_meta:
            raise WrongAnswer(
                f"{name} is on the device `meta`, which holds no numbers; expected a tensor on the device of the arguments."
            )
        with torch._C.DisableTorchFunctionSubclass():  # a subclass answers as the tensor that it is
            value = value.detach().cpu()
            return np.array((value.float() if value.dtype == torch.bfloat16 else value).numpy())
    if type(value) in (bool, int, float) or isinstance(value, np.ndarray | np.generic):
        array = np.array(value)
        if array.dtype.kind in "biuf":
            return array
    returned = " (does the function end without a `return`?)" if value is None else ""
    raise WrongAnswer(f"{name or 'what came back'} is {describe(value)}{returned}; expected a tensor of real numbers.")


def describe(value: Any) -> str:
    """What a value is, in a word or two: "None", "a tensor of shape (2, 1)", "a tuple of 3"."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    article = "an" if type(value).__name__[0] in "aeiouAEIOU" else "a"
    return f"{article} {type(value).__name__}"


def several(answer: Any, names: Iterable[str]) -> dict[str, Any]:
    """A returned tuple with names given to its parts; anything else is a WrongAnswer that says what was expected."""
    names = list(names)
    if not isinstance(answer, tuple | list) or len(answer) != len(names):
        raise WrongAnswer(f"it returned {describe(answer)}; expected ({', '.join(names)}).")
    return dict(zip(names, answer, strict=True))


def close(actual: np.ndarray, expected: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool | str:
    """True when the arrays agree: same shape, and each value within atol + rtol · |expected|. Else a sentence, or False.

    Written out in NumPy's arithmetic, so that nobody's patched `allclose` decides.
    """
    expected = _plain("expected", expected)
    if actual.shape != expected.shape:
        return f"The shape is {actual.shape}, expected {expected.shape}."
    if not np.isfinite(actual).all():
        return "There are values that are not finite (nan or inf)."
    difference = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
    return bool((difference <= atol + rtol * np.abs(expected.astype(np.float64))).all())


def told_apart(
    found: np.ndarray | np.generic, expected: Any, mistakes: Mapping[str, Any], rtol: float = 1e-3, atol: float = 1e-4
) -> bool | str:
    """True for what is expected; else the sentence of the first mistake that gives what was found; else what `close` says.

    A mistake that cannot be told from the right answer on these inputs is passed over.
    """
    found = np.asarray(found)
    verdict = close(found, expected, rtol, atol)
    if verdict is True:
        return True
    said = (sentence for sentence, value in mistakes.items() if close(found, value, rtol, atol) is True)
    return next(said, verdict)


def all_of(*verdicts: bool | str) -> bool | str:
    """The first verdict that is not True, or True."""
    return next((verdict for verdict in verdicts if verdict is not True), True)


def returned(*names: str) -> Call:
    """A call that hands copies of all inputs over, in their order, and names what comes back: the answer, or the parts of a tuple."""

    def call(obj: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        answer = obj(*map(copy_of, inputs.values()))
        return several(answer, names) if len(names) > 1 else {names[0]: answer}

    return call


def copy_of(value: Any) -> Any:
    """A tensor or a list of tensors that may be changed in place without anybody noticing; anything else as it is."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    return [copy_of(part) for part in value] if isinstance(value, list) else value


def agrees(reference: Any, call: Call, *names: str, rtol: float = 1e-4, atol: float = 1e-5) -> Comparison:
    """A comparison that puts the same call to the reference: the arrays of these names, by default all, should be `close`."""

    def compare(arrays: Arrays, inputs: dict[str, Any]) -> bool | str:
        expected = call(reference, inputs)
        return all_of(*(close(arrays[name], expected[name], rtol, atol) for name in names or expected))

    return compare


def shaped(*shape: int) -> Comparison:
    """A comparison that asks for this shape of every array."""

    def compare(arrays: Arrays, inputs: dict[str, Any]) -> bool | str:
        wrong = next((name for name, array in arrays.items() if array.shape != shape), None)
        return wrong is None or f"{wrong} has the shape {arrays[wrong].shape}, expected {shape}."

    return compare

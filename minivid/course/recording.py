"""A probe's call to an object: its answer, and what is seen of each call that it makes; the same in the student's process and, for
the reference, in the one that decides.

Records are plain data, and travel as JSON and arrays. `minivid.course.conduct` holds one against the other.
"""

import contextlib
import functools
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from minivid.course.exercise import Arrays, Exercise, Probe, plain
from minivid.course.interception import intercepted
from minivid.course.observing import Call, seen
from minivid.course.sealed import closed

ROUNDING = 1e-5  # of the largest value: with gradients torch may take other kernels
OTHER_SEED = 1  # added to a probe's: what the global random numbers are the second time


APART = 2**30
"""Added to the seed of global random numbers: else the first that an answer draws would be the probe's own inputs."""


@dataclass
class Record:
    """A probe's call: each call that it made of the object, its answer, and what is seen when it is made again.

    again: the calls with other global random numbers and, where the exercise promises gradients, arguments that want them.
    failed: why there are none. unsteady: "seed" where global random numbers decide the answer, "call" where the very same call
    gives another one.
    """

    calls: list[Call] = field(default_factory=list)
    arrays: Arrays = field(default_factory=dict)
    again: list[Call] = field(default_factory=list)
    failed: str = ""
    unsteady: str = ""


def written(told: Record) -> tuple[dict[str, Any], Arrays]:
    """A record as plain JSON values and as arrays by name: `restored(*written(told))` is the same record."""
    fields, arrays = asdict(told), {f"answer.{name}": array for name, array in told.arrays.items()}
    for kind in ("calls", "again"):
        for number, call in enumerate(fields[kind]):
            arrays |= {f"{kind}.{number}.{where}": array for where, array in call.pop("values").items()}
    del fields["arrays"]
    return fields, arrays


def restored(fields: dict[str, Any], arrays: Arrays) -> Record:
    """The record that was `written`. Raises whatever comes of fields that are none."""
    told = Record(**fields | {kind: [Call(**call) for call in fields[kind]] for kind in ("calls", "again")})
    for name, array in arrays.items():
        kind, _, rest = name.partition(".")
        if kind == "answer":
            told.arrays[rest] = array
        else:
            number, _, where = rest.partition(".")
            getattr(told, kind)[int(number)].values[where] = array
    return told


def record(exercise: Exercise, probe: Probe, obj: Any, seed: int, into: Record) -> None:
    """The probe's call to the object. Raises whatever it raises; what was seen before that is kept."""
    into.arrays = _once(exercise, probe, obj, seed, seed, into.calls)


def repeat(exercise: Exercise, probe: Probe, obj: Any, seed: int, into: Record) -> None:
    """The same call again, to complete the record. Raises whatever it raises."""
    gradients = exercise.promises.gradient
    if not _alike(into.arrays, _once(exercise, probe, obj, seed, seed + OTHER_SEED, into.again, gradients)):
        same = _once(exercise, probe, obj, seed, seed, [])
        into.unsteady = "seed" if _alike(into.arrays, same) else "call"


def _once(
    exercise: Exercise, probe: Probe, obj: Any, seed: int, state: int, calls: list[Call], gradients: bool = False
) -> Arrays:
    """The probe's answer, with global random numbers from `state`; what is seen of each call is added to `calls`."""
    around = functools.partial(seen, calls, gradients)
    with own_state(state + APART), torch.enable_grad():
        inputs = probe.inputs(seed)
        if obj is exercise.reference:
            return plain(probe.call(intercepted(obj, exercise.reference, around), inputs))
        with closed(exercise):
            return plain(probe.call(intercepted(obj, exercise.reference, around), inputs))


def _alike(one: Arrays, other: Arrays) -> bool:
    """Equal but for rounding."""
    if one.keys() != other.keys() or any(one[name].shape != other[name].shape for name in one):
        return False
    return not any(strays(one[name], other[name], ROUNDING).any() for name in one)


def strays(found: np.ndarray, expected: np.ndarray, share: float) -> np.ndarray:
    """Where a value is farther from the expected one than this share of the largest, or of 0.1. Two that are no numbers are alike."""
    found, expected = (
        values if values.dtype.kind == "c" else np.asarray(values, np.float64) for values in (found, expected)
    )
    room = share * np.abs(expected[np.isfinite(expected)]).max(initial=0.1)
    with np.errstate(invalid="ignore"):
        alike = (found == expected) | (np.abs(found - expected) <= room) | (np.isnan(found) & np.isnan(expected))
    return np.asarray(~alike)


@contextlib.contextmanager
def own_state(seed: int) -> Iterator[None]:
    """Global random numbers that depend on the seed alone, and torch's usual kind of tensors; both are put back afterwards.

    A notebook may have set another type or device for all that it makes: what is asked is the same question.
    """
    numpy_state, python_state, kind = np.random.get_state(), random.getstate(), torch.get_default_dtype()
    elsewhere = torch.get_default_device().type != "cpu"
    with torch.random.fork_rng(devices=[]), torch.device("cpu") if elsewhere else contextlib.nullcontext():
        torch.set_default_dtype(torch.float32)
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)
            random.setstate(python_state)
            torch.set_default_dtype(kind)

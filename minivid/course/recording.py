"""What can be seen of calls without knowing what they compute: what came back, what became of the arguments, where gradients go.

`record` runs a probe's call twice, in the student's process and, for the reference, in the one that decides. The records are plain
data; `minivid.course.conduct` holds one against the other.
"""

import contextlib
import functools
import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from types import FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from minivid.course.exercise import Arrays, Exercise, Probe, plain
from minivid.course.interception import intercepted
from minivid.course.tree import leaves, mapped

ROUNDING = 1e-3  # of the largest value: gradients may lead through other kernels
OTHER_SEED = 1  # added to a probe's: what the global random numbers are the second time


@dataclass
class Call:
    """One call from outside. Arguments and parts of the result go by where they stand: "[1]", "[0].norm.weight"."""

    names: list[str] = field(default_factory=list)
    """Of the positional arguments."""
    types: dict[str, str] = field(default_factory=dict)
    """Of each tensor or number that came back: "torch.float32", "float"."""
    devices: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    """Of a part of the result the argument whose memory it shares."""
    changed: list[str] = field(default_factory=list)
    """Arguments that are others after the call."""
    given: list[str] = field(default_factory=list)
    """The types of the arguments that are tensors of real numbers."""
    seeded: bool = False
    """A generator of random numbers was among the arguments."""
    connected: list[str] = field(default_factory=list)
    """Parts of the result through which gradients flow."""
    reached: list[str] = field(default_factory=list)
    """Arguments, and weights, which those gradients reach."""
    cut: list[str] = field(default_factory=list)
    """Arguments that were called with gradients switched off."""
    values: Arrays = field(default_factory=dict)


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
    around = functools.partial(_seen, calls, gradients)
    with own_random_state(state), torch.enable_grad():
        return plain(probe.call(intercepted(obj, exercise.reference, around), probe.inputs(seed)))


def _seen(calls: list[Call], gradients: bool, call: Callable, args: tuple, kwargs: dict) -> Any:
    """Make a call, and add what is seen of it."""
    told = Call(_names(call, args), seeded=any(map(_is_generator, (*args, *kwargs.values()))))
    wanting: dict[str, Tensor] = {}
    if gradients and torch.is_grad_enabled():
        args, kwargs = mapped([args, kwargs], functools.partial(_wanting, wanting))
    before = {where: _copy(what) for where, what in _given(args, kwargs)}
    with _noted(told, args) as handed:
        result = call(*handed, **kwargs)
    after = dict(_given(args, kwargs))
    told.changed = [where for where in {**before, **after} if not _same(before.get(where), after.get(where))]
    told.given = sorted(
        {str(what.dtype) for what in after.values() if isinstance(what, Tensor) and what.is_floating_point()}
    )
    homes = {_home(what): where for where, what in after.items() if isinstance(what, Tensor)}
    for where, part in leaves(result):
        told.types[where] = str(part.dtype) if isinstance(part, Tensor) else type(part).__name__
        told.devices[where] = str(part.device.type) if isinstance(part, Tensor) else ""
        if isinstance(part, Tensor) and _home(part) in homes:
            told.shared[where] = homes[_home(part)]
        if told.devices[where] != "meta":
            told.values |= plain({where: part})
    told.connected = [where for where, part in leaves(result) if _wants(part)]
    if gradients:
        told.reached = _reached(result, wanting | {where: what for where, what in after.items() if _wants(what)})
    calls.append(told)
    return result


def _reached(result: Any, sources: Mapping[str, Tensor]) -> list[str]:
    """Of these tensors those that a gradient reaches."""
    sums = [part.sum() for _, part in leaves(result) if _wants(part)]
    if not sums or not sources:
        return []
    found = torch.autograd.grad(sums, list(sources.values()), retain_graph=True, allow_unused=True)
    return [where for where, slope in zip(sources, found, strict=True) if slope is not None]


@contextlib.contextmanager
def _noted(told: Call, args: tuple) -> Iterator[list[Any]]:
    """The arguments, with a note where one that can be called is called while gradients are off."""
    handed, hooks = [], []

    def note(where: str) -> None:
        if not torch.is_grad_enabled() and where not in told.cut:
            told.cut.append(where)

    def noting(function: Callable, where: str) -> Callable:
        @functools.wraps(function)
        def noted(*args, **kwargs):
            note(where)
            return function(*args, **kwargs)

        return noted

    for number, argument in enumerate(args):
        where = f"[{number}]"
        if isinstance(argument, nn.Module):
            hooks.append(argument.register_forward_pre_hook(lambda *_, where=where: note(where)))
        handed.append(noting(argument, where) if isinstance(argument, FunctionType) else argument)
    try:
        yield handed
    finally:
        for hook in hooks:
            hook.remove()


def _given(args: tuple, kwargs: dict) -> Iterator[tuple[str, Any]]:
    yield from leaves(args)
    yield from leaves(kwargs)


def _wanting(wanting: dict[str, Tensor], where: str, value: Any) -> Any:
    """The argument, wanting a gradient if it can; not a leaf itself, so that what may be done to the caller's tensor may be done to it."""
    if not isinstance(value, Tensor) or not value.is_floating_point() or value.requires_grad:
        return value
    where = where.partition("]")[2]  # of the list of args and kwargs
    wanting[where] = value.detach().clone().requires_grad_()
    return wanting[where].clone()


def _wants(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _names(call: Callable, args: tuple) -> list[str]:
    """What the positional arguments are called where the function was written."""
    try:
        names = [
            p.name
            for p in inspect.signature(call).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"argument {number + 1}" for number in range(len(names), len(args)))][: len(args)]


def _is_generator(value: Any) -> bool:
    return isinstance(value, torch.Generator | np.random.Generator | np.random.RandomState | random.Random)


def _home(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() or id(tensor)


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else np.copy(value)


def _same(before: Any, after: Any) -> bool:
    """Equal in type, shape and every value; nan is nan."""
    if before is None or after is None:
        return False
    if isinstance(after, Tensor):
        after = after.detach()
        if before.shape != after.shape or before.dtype != after.dtype:
            return False
        return bool(((before == after) | ((before != before) & (after != after))).all())
    return bool(np.array_equal(before, after, equal_nan=np.asarray(after).dtype.kind == "f"))


def _alike(one: Arrays, other: Arrays) -> bool:
    """Equal but for rounding."""
    if one.keys() != other.keys() or any(one[name].shape != other[name].shape for name in one):
        return False
    return not any(strays(one[name], other[name], ROUNDING).any() for name in one)


def strays(found: np.ndarray, expected: np.ndarray, share: float) -> np.ndarray:
    """Where a value is farther from the expected one than this share of the largest, or of 0.1. Two that are no numbers are alike."""
    found, expected = (np.asarray(values, dtype=np.float64) for values in (found, expected))
    room = share * np.abs(expected[np.isfinite(expected)]).max(initial=0.1)
    with np.errstate(invalid="ignore"):
        alike = (found == expected) | (np.abs(found - expected) <= room) | (np.isnan(found) & np.isnan(expected))
    return np.asarray(~alike)


@contextlib.contextmanager
def own_random_state(seed: int) -> Iterator[None]:
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

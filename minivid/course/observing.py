"""One call, seen from outside: what came back, what became of the arguments, where gradients go. Not what was computed."""

import functools
import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import FunctionType, GeneratorType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from minivid.course.exercise import Arrays, plain
from minivid.course.tree import leaves, mapped

GENERATORS = torch.Generator | np.random.Generator | np.random.RandomState | random.Random


@dataclass
class Call:
    """What is seen of a call. Arguments and parts of the result go by where they stand: "[1]", "[0].norm.weight"."""

    names: list[str] = field(default_factory=list)
    """Of the positional arguments, in the order of the call."""
    given: list[str] = field(default_factory=list)
    """Types of the arguments that are tensors of real numbers: "torch.float32"."""
    seeded: bool = False
    """A generator of random numbers was among the arguments."""
    changed: list[str] = field(default_factory=list)
    """Arguments that are others after the call."""
    turned: list[str] = field(default_factory=list)
    """Arguments, and a module's own weights, that want a gradient after the call and did not before, or the other way round."""
    switched: bool = False
    """Gradients were on before the call and are off after it, or the other way round."""
    types: dict[str, str] = field(default_factory=dict)
    """Of each part of the result: "torch.float32", "float"."""
    devices: dict[str, str] = field(default_factory=dict)
    """Of each part that is a tensor."""
    shared: dict[str, str] = field(default_factory=dict)
    """The argument whose memory a part has."""
    connected: list[str] = field(default_factory=list)
    """Parts through which gradients flow."""
    reached: list[str] = field(default_factory=list)
    """Arguments, and a module's own weights, which those gradients reach."""
    cut: list[str] = field(default_factory=list)
    """Arguments that were called while gradients were switched off."""
    values: Arrays = field(default_factory=dict)
    """The parts of the result themselves."""


def seen(calls: list[Call], gradients: bool, call: Callable, args: tuple, kwargs: dict) -> Any:
    """Make the call, add what is seen of it to `calls`, and give back what it returned.

    gradients: let the arguments want gradients, and follow these. A generator is seen when it has ended.
    """
    wanting: dict[str, Tensor] | None = {} if gradients else None
    if gradients and torch.is_grad_enabled():
        args, kwargs = mapped([args, kwargs], functools.partial(_wanting, wanting))
    watch = _Watch(args, kwargs, Call(_names(call, args)), wanting)
    with ExitStack() as stack:
        handed = [_noting(watch.told, stack, f"[{number}]", part) for number, part in enumerate(args)]
        on = torch.is_grad_enabled()
        result = call(*handed, **kwargs)
        watch.told.switched = torch.is_grad_enabled() != on
        torch.set_grad_enabled(on)
        noting = stack.pop_all()
    if isinstance(result, GeneratorType):
        return watch.passed_on(result, calls, noting)
    noting.close()
    calls.append(watch.ended(result))
    return result


@dataclass
class _Watch:
    """What was there before a call, and what is told of it when it has ended."""

    args: tuple
    kwargs: dict
    told: Call
    wanting: dict[str, Tensor] | None
    """Arguments that want a gradient for the sake of this; None where gradients are not followed."""

    def __post_init__(self):
        self.before = {where: _copy(part) for where, part in self.given()}
        self.wanted = self.asking()

    def given(self) -> Iterator[tuple[str, Any]]:
        """The tensors and numbers among the arguments."""
        yield from leaves(self.args)
        yield from leaves(self.kwargs)

    def asking(self) -> set[str]:
        """Those that want a gradient."""
        return {where for where, part in self.given() if isinstance(part, Tensor) and part.requires_grad}

    def ended(self, result: Any) -> Call:
        """All that is seen."""
        told, after = self.told, dict(self.given())
        tensors = {where: part for where, part in after.items() if isinstance(part, Tensor)}
        told.seeded = any(isinstance(part, GENERATORS) for part in (*self.args, *self.kwargs.values()))
        told.given = sorted({str(part.dtype) for part in tensors.values() if part.is_floating_point()})
        told.changed = [where for where in self.before | after if not _same(self.before.get(where), after.get(where))]
        told.turned = sorted(self.wanted ^ self.asking())
        _describe(told, result, {_memory(part): where for where, part in tensors.items()})
        if self.wanting is not None:
            own = {where: part for where, part in tensors.items() if part.requires_grad}
            told.reached = _reached(result, own | self.wanting)
        return told

    def passed_on(self, steps: Iterator, calls: list[Call], noting: ExitStack) -> Iterator:
        """The same steps; when there are no more, or no more are wanted, all of them have been the result."""
        taken = []
        try:
            for step in steps:
                taken.append(mapped(step, lambda _, part: part.clone() if isinstance(part, Tensor) else part))
                yield step
        finally:
            noting.close()
            calls.append(self.ended(taken))


def _describe(told: Call, result: Any, memory: Mapping[int, str]) -> None:
    """Types, devices, memory and values of the parts of a result."""
    for where, part in leaves(result):
        told.types[where] = str(part.dtype) if isinstance(part, Tensor) else type(part).__name__
        if isinstance(part, Tensor):
            told.devices[where] = part.device.type
            if part.requires_grad:
                told.connected.append(where)
            if _memory(part) in memory:
                told.shared[where] = memory[_memory(part)]
        if told.devices.get(where) != "meta":
            told.values |= plain({where: part})


def _reached(result: Any, sources: Mapping[str, Tensor]) -> list[str]:
    """Of these tensors those that a gradient reaches."""
    sums = [part.sum() for _, part in leaves(result) if isinstance(part, Tensor) and part.requires_grad]
    if not sums or not sources:
        return []
    found = torch.autograd.grad(sums, list(sources.values()), retain_graph=True, allow_unused=True)
    return [where for where, slope in zip(sources, found, strict=True) if slope is not None]


def _wanting(wanting: dict[str, Tensor], where: str, value: Any) -> Any:
    """The argument, wanting a gradient if it can; a copy, so that what may be done to the caller's tensor may be done to it."""
    if not isinstance(value, Tensor) or not value.is_floating_point() or value.requires_grad:
        return value
    where = where.partition("]")[2]  # after the place in the list of args and kwargs
    wanting[where] = value.detach().clone().requires_grad_()
    return wanting[where].clone()


def _noting(told: Call, stack: ExitStack, where: str, argument: Any) -> Any:
    """The argument, with a note when it is called while gradients are off."""
    if isinstance(argument, nn.Module):
        stack.callback(argument.register_forward_pre_hook(lambda *_: _note(told, where)).remove)
    if not isinstance(argument, FunctionType):
        return argument
    return functools.wraps(argument)(lambda *args, **kwargs: (_note(told, where), argument(*args, **kwargs))[1])


def _note(told: Call, where: str) -> None:
    if not torch.is_grad_enabled() and where not in told.cut:
        told.cut.append(where)


def _names(call: Callable, args: tuple) -> list[str]:
    """What the positional arguments are called where the function was written."""
    try:
        names = list(inspect.signature(call).bind(*args).arguments)
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"argument {number + 1}" for number in range(len(names), len(args)))][: len(args)]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() or id(tensor)


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else np.copy(value)


def _same(before: Any, after: Any) -> bool:
    """Equal in type, shape and every value; nan is nan."""
    if before is None or after is None:
        return False
    if not isinstance(after, Tensor):
        return bool(np.array_equal(before, after, equal_nan=np.asarray(after).dtype.kind == "f"))
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    return bool(((before == after) | ((before != before) & (after != after))).all())

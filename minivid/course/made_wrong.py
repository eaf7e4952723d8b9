"""Wrong answers that nobody has to write: a right one that does one thing which no answer to any exercise may do.

Each must be refused, by the exercise's probes or by what `minivid.course.conduct` asks of all. Checked by tests/chapters/test_kills.py.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from minivid.course.exercise import Exercise
from minivid.course.interception import intercepted
from minivid.course.probing import ask
from minivid.course.recording import Record, record, repeat
from minivid.course.tree import leaves, mapped

PLACES = {"first": 0.0, "middle": 0.5, "last": 1.0}
OTHERS: dict[str, Callable[[float, float], float]] = {
    "nan": lambda value, largest: float("nan"),
    "12345": lambda value, largest: 12345.0,
    "one more": lambda value, largest: value + 1 + largest / 10,
}
Change = Callable[[Any], Any]


def made_wrong(exercise: Exercise, right: Any, seed: int = 0) -> Iterator[tuple[str, Any]]:
    """(what is wrong, the answer), one by one, for each part that the right answer returns and each tensor that it is given."""
    results, arguments, expected = _survey(exercise, right, seed)
    promises = exercise.promises

    def with_result(where: str, change: Change) -> Any:
        alter = lambda at, part: change(part) if at == where else part  # noqa: E731
        return intercepted(right, exercise.reference, lambda call, args, kwargs: mapped(call(*args, **kwargs), alter))

    for where, part in results.items():
        for value, other in OTHERS.items() if _can_hold_anything(part) else [("one more", OTHERS["one more"])]:
            for place, share in PLACES.items() if np.size(_array(part)) > 1 else [("only", 0.0)]:
                yield (
                    f"{value} at the {place} place of result{where}",
                    with_result(where, partial(_with_one, share, other)),
                )
        yield f"result{where} follows a global seed", with_result(where, _disturbed)
        if isinstance(part, Tensor):
            yield f"result{where} on another device", with_result(where, lambda part: part.to("meta"))
        if isinstance(part, Tensor) and promises.tensor:
            yield f"result{where} as Python numbers", with_result(where, lambda part: part.tolist())
            if any(call.given == [call.types.get(where)] for call in expected.calls):
                yield f"result{where} in double precision", with_result(where, lambda part: part.double())
        if any(where in call.connected for call in expected.again) and promises.gradient:
            yield f"result{where} detached", with_result(where, lambda part: part.detach())
    allowed = {where for call in expected.calls for where in call.changed}
    for where in arguments:
        how = "changed once more" if where in allowed else "changed"
        yield f"argument{where} {how}", intercepted(right, exercise.reference, partial(_changing, where))
    if promises.gradient:
        yield (
            "without gradients",
            intercepted(right, exercise.reference, torch.no_grad()(lambda call, args, kwargs: call(*args, **kwargs))),
        )


def _survey(exercise: Exercise, right: Any, seed: int) -> tuple[dict[str, Any], list[str], Record]:
    """The parts that a right answer returns, the tensors that it is given, and all that the reference does."""
    results, arguments, expected = {}, {}, Record()

    def look(call: Callable, args: tuple, kwargs: dict) -> Any:
        arguments.update((where, part) for where, part in leaves(args) if isinstance(part, Tensor))
        return mapped(call(*args, **kwargs), lambda where, part: (results.setdefault(where, part), part)[1])

    for probe in exercise.probes:
        ask(exercise, probe, intercepted(right, exercise.reference, look), seed)
        told = Record()
        record(exercise, probe, exercise.reference, seed, told)
        repeat(exercise, probe, exercise.reference, seed, told)
        expected.calls += told.calls
        expected.again += told.again
    return results, list(arguments), expected


def _array(part: Any) -> np.ndarray:
    return part.detach().cpu().numpy() if isinstance(part, Tensor) else np.asarray(part)


def _can_hold_anything(part: Any) -> bool:
    return _array(part).dtype.kind == "f"


def _with_one(share: float, other: Callable[[float, float], float], part: Any) -> Any:
    """The same with another value so far along; a yes becomes a no."""
    array = _array(part)
    if not array.size:
        return part
    place = np.unravel_index(round(share * (array.size - 1)), array.shape)
    new = (
        not array[place]
        if array.dtype.kind == "b"
        else other(array[place], np.abs(array[np.isfinite(array)]).max(initial=0))
    )
    if not isinstance(part, Tensor):
        array = array.copy()
        array[place] = new
        return array if isinstance(part, np.ndarray) else array.item()
    here = torch.zeros(part.shape, dtype=torch.bool, device=part.device)
    here[place] = True
    return torch.where(
        here, torch.tensor(new, dtype=part.dtype, device=part.device), part
    )  # other places keep their gradients


def _disturbed(part: Any) -> Any:
    """Other numbers, or some of them the other way round, as torch's global random numbers have it."""
    kind, drawn = _array(part).dtype.kind, torch.rand(np.shape(_array(part)))
    if kind != "f":
        here = drawn < 0.5
        return part ^ here if isinstance(part, Tensor) else part ^ here.numpy()
    if isinstance(part, Tensor):
        return (part * (1 + drawn)).to(part.dtype)
    other = part * (1 + drawn.numpy())
    return other if isinstance(part, np.ndarray) else type(part)(other)


def _changing(where: str, call: Callable, args: tuple, kwargs: dict) -> Any:
    """The call, after which an argument is another; what it returned is not."""
    result = mapped(call(*args, **kwargs), lambda _, part: part.clone() if isinstance(part, Tensor) else part)
    with torch.no_grad():
        for part in (part for at, part in leaves(args) if at == where and isinstance(part, Tensor) and part.numel()):
            one = part[(0,) * part.ndim]  # of an expanded tensor nothing else can be changed
            one.logical_not_() if part.dtype == torch.bool else one.add_(1)
    return result

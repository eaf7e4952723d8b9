"""What tensors and numbers a value holds: alone, in tuples, lists, dicts and dataclasses, or as a module's weights."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from types import GeneratorType
from typing import Any

import numpy as np
from torch import Tensor, nn

NUMBERS = bool | int | float | np.generic


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(where, what) of each tensor, array and number, where as one would write it: "[0].weight"."""
    if isinstance(value, Tensor | np.ndarray | NUMBERS):
        yield path, value
    for step, part in _parts(value):
        yield from leaves(part, path + step)


def mapped(value: Any, change: Callable[[str, Any], Any], path: str = "") -> Any:
    """The same with each tensor, array and number in it replaced; a module and anything unknown stays what it is.

    Of a generator's steps each is replaced when it is taken.
    """
    if isinstance(value, Tensor | np.ndarray | NUMBERS):
        return change(path, value)
    if isinstance(value, GeneratorType):
        return (mapped(step, change, f"{path}[{number}]") for number, step in enumerate(value))
    if isinstance(value, nn.Module) or not (parts := list(_parts(value))):
        return value
    new = [mapped(part, change, path + step) for step, part in parts]
    if isinstance(value, dict):
        return dict(zip(value, new, strict=True))
    if is_dataclass(value):
        changed = {
            field.name: part for field, part, (_, old) in zip(fields(value), new, parts, strict=True) if part is not old
        }
        return replace(value, **changed) if changed else value
    return type(value)(*new) if hasattr(value, "_fields") else type(value)(new)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple | list):
        yield from ((f"[{i}]", part) for i, part in enumerate(value))
    elif isinstance(value, dict):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, nn.Module):
        yield from ((f".{name}", weight) for name, weight in value.state_dict(keep_vars=True).items())
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((f".{field.name}", getattr(value, field.name)) for field in fields(value))

"""Options, frozen dataclasses of plain values, as JSON and back (tests/tools/test_options.py).

Where several kinds may stand (a network's configuration, a loss), the JSON says which: {"is": "minivid.nn.unet.UNetConfig", ...}. Only
a class of this package, or one that the running program has imported itself, is ever looked up: a file of weights never brings code.
"""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from types import FunctionType
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")
PACKAGE = __name__.split(".")[0]


def described(options: Any) -> dict[str, Any]:
    """The fields as JSON holds them: tuples as lists, a choice by its value."""
    return _plain(asdict(options))


def named(options: Any) -> dict[str, Any]:
    """The same with its kind; of a function its name: `restored_as_named(named(options)) == options`.

    Raises ValueError for what could not be found again: a class or function inside another, a lambda, what is no dataclass.
    """
    kind = options if isinstance(options, FunctionType) else type(options)
    name = f"{kind.__module__}.{kind.__qualname__}"
    found = getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is kind
    if not found or not (kind is options or is_dataclass(kind)):
        raise ValueError(
            f"{name} cannot be written down: it must be a dataclass or a function at the top of its module."
        )
    return {"is": name} if kind is options else {"is": name, **described(options)}


def restored(kind: type[T], values: Mapping[str, Any]) -> T:
    """Options from the JSON that they were written as. Raises ValueError for one that this version does not know."""
    hints, known = get_type_hints(kind), {option.name for option in fields(kind)}
    for name in values:
        if name not in known:
            raise ValueError(f"{kind.__name__} has no option '{name}': it was written by another version of minivid.")
    return kind(**{name: _value(hints[name], value) for name, value in values.items()})


def restored_as_named(values: Mapping[str, Any]) -> Any:
    """Options of the kind that stands in them, or the function. Raises ValueError for a kind that is not here."""
    values = dict(values)
    kind = _found(values.pop("is"))
    return restored(kind, values) if isinstance(kind, type) else kind


def _found(name: Any) -> type | FunctionType:
    if not isinstance(name, str):
        raise ValueError(f"{name!r} names no kind of options.")
    module, _, bare = name.rpartition(".")
    if module not in sys.modules and module.split(".")[0] == PACKAGE:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ValueError(f"there is no {name} in this version of minivid ({error}).") from error
    found = getattr(sys.modules.get(module), bare, None)
    if not isinstance(found, FunctionType) and not (isinstance(found, type) and is_dataclass(found)):
        own = module.split(".")[0] == PACKAGE
        todo = "another version of minivid wrote it" if own else f"import {module} first, if you have it"
        raise ValueError(f"there is no {name} here: {todo}.")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _value(hint: Any, value: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return tuple(_value(None, part) for part in value) if isinstance(value, list) else value

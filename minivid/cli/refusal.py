"""Why tyro refuses what was typed, in one sentence instead of a box: what was given, what is expected, where the help is.

tyro decides whether the words are a command; here they are only read again, in their order, for the first that is at fault.
Checked by tests/cli/test_refusal.py, where tyro's verdict is the oracle.
"""

import inspect
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, NoReturn, get_args, get_origin, get_type_hints

from tyro.conf import Positional, Suppress

from minivid.cli.errors import BadInput

Commands = Mapping[str, "Callable[..., int] | tuple[str, Commands]"]

KINDS = {
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    Path: ("a path", "paths"),
    str: ("a word", "words"),
}


@dataclass(frozen=True)
class Parameter:
    """What a command takes: an option, or, where it is positional, a word that stands by itself."""

    name: str  # as `--help` has it: --no-browser, or NAME|FILE
    kind: type
    positional: bool
    required: bool
    many: bool
    none: bool  # whether the word None stands for no value
    metavar: str | None

    @property
    def usage(self) -> str:
        """How it is written."""
        return self.name if self.positional else f"{self.name} {self.metavar or self.kind.__name__.upper()}"

    @property
    def expected(self) -> str:
        """What its value is."""
        kind = KINDS[self.kind][self.many]
        if self.kind in (int, float) and self.metavar:
            return f"{kind}, {self.metavar}"
        return self.metavar or kind

    def takes(self, value: str) -> bool:
        """Whether the value is of its kind."""
        if self.kind not in (int, float):
            return True
        try:
            self.kind(value)
        except ValueError:
            return self.none and value == "None"
        return True


def explain(words: Sequence[str], commands: Commands, typed: str = "minivid") -> NoReturn:
    """Raise BadInput for the first word at fault or, where none is, for what is lacking."""
    if not words or is_option(words[0]):
        before = f" before {words[0]!r}" if words else ""
        raise BadInput(f"no command is given{before}; expected {either(commands)} (see `{typed} --help`).")
    word, *rest = words
    if word not in commands:
        raise BadInput(f"there is no command {word!r}; {offer(word, commands, typed)}")
    typed, what = f"{typed} {word}", commands[word]
    if isinstance(what, tuple):
        explain(rest, what[1], typed)
    explain_command(rest, list(parameters(what)), typed, hands_on(what))


def explain_command(words: Sequence[str], takes: Sequence[Parameter], typed: str, hands_on: bool) -> NoReturn:
    """Raise BadInput for the first of the words after a command's name that is at fault, or for what is lacking."""
    left, given, see = deque(words), set(), f"(see `{typed} --help`)"
    options = {parameter.name: parameter for parameter in takes if not parameter.positional}
    places = deque(parameter for parameter in takes if parameter.positional)
    while left:
        word = left.popleft()
        name = word.partition("=")[0].replace("_", "-")  # tyro reads both
        if not is_option(word):
            if not places:
                raise BadInput(f"{word!r} is one word too many; expected {only(takes)} after `{typed}` {see}.")
            given.add(places[0].name)
            if not places[0].many:
                places.popleft()
        elif name in options:
            given.add(name)
            check_values(options[name], word, left, sum(place.required for place in places), see)
        elif hands_on and not near(name, options):
            raise BadInput(f"`{typed}` has no option {word!r}; what it hands on stands after `--` {see}.")
        else:
            raise BadInput(f"`{typed}` has no option {word!r}; {offer(name, options, typed)}")
    required = [parameter for parameter in takes if parameter.required]
    if lacking := [parameter.name for parameter in required if parameter.name not in given]:
        usage = " ".join((typed, *(parameter.usage for parameter in required)))
        raise BadInput(f"`{typed}` lacks {listed(lacking, 'and')}; expected `{usage}` {see}.")
    raise BadInput(f"`{typed}` does not understand {listed([repr(word) for word in words], 'and') or 'this'} {see}.")


def check_values(option: Parameter, word: str, left: deque[str], reserved: int, see: str) -> None:
    """Take an option's values from the words that are left, but for those reserved. Raises BadInput where they are at fault."""
    _, attached, value = word.partition("=")
    if option.kind is bool:
        if attached:
            raise BadInput(f"{option.name} is {value!r}; expected {option.name} without a value {see}.")
        return
    if attached:
        left.appendleft(value)
    values = []
    while left and (len(left) > reserved if option.many else not values):
        if is_option(left[0]) and (values or not attached):
            break
        values.append(left.popleft())
    if not values and not option.many:
        before = f" before {left[0]!r}" if left else ""
        raise BadInput(f"{option.name} has no value{before}; expected {option.expected} {see}.")
    for value in values:
        if not option.takes(value):
            raise BadInput(f"{option.name} is {value!r}; expected {option.expected} {see}.")


def parameters(command: Callable[..., int]) -> Iterable[Parameter]:
    """What a command takes, without what is suppressed."""
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        hint, notes = hints[name], ()
        if get_origin(hint) is Annotated:
            hint, *notes = get_args(hint)
        if Suppress in notes:
            continue
        metavar = next((note.metavar for note in notes if hasattr(note, "metavar")), None)
        positional = Positional in notes
        yield Parameter(
            name=(metavar or name.upper()) if positional else f"--{name.replace('_', '-')}",
            kind=leaf(hint),
            positional=positional,
            required=parameter.default is inspect.Parameter.empty,
            many=get_origin(hint) is tuple,
            none=NoneType in get_args(hint),
            metavar=metavar,
        )


def leaf(hint: Any) -> type:
    """The type of one word: int of int | None and of tuple[int, ...]."""
    inner = [part for part in get_args(hint) if part not in (NoneType, ...)]
    return leaf(inner[0]) if inner else hint


def hands_on(command: Callable[..., int]) -> bool:
    """Whether a command hands on what stands after `--`."""
    return "handed_on" in inspect.signature(command).parameters


def is_option(word: str) -> bool:
    """Whether tyro reads a word as an option: -5 and -inf are numbers, and - is a file."""
    bare = word.partition("=")[0].lstrip("-")
    number = not word.startswith("--") and bare.lower() in ("inf", "infinity", "nan")
    return word.startswith("-") and bare[:1].isalpha() and not number


def near(word: str, names: Iterable[str]) -> str | None:
    """The name that is most like a word, whatever its dashes."""
    bare = {name.lstrip("-"): name for name in names}
    found = get_close_matches(word.lstrip("-"), bare, n=1)
    return bare[found[0]] if found else None


def offer(word: str, names: Iterable[str], typed: str) -> str:
    """The end of a sentence: the nearest name, or all of them."""
    if found := near(word, names):
        return f"did you mean {found} (see `{typed} --help`)?"
    return f"expected {either(names)} (see `{typed} --help`)."


def only(takes: Sequence[Parameter]) -> str:
    """What may follow a command's name."""
    places = [parameter.name for parameter in takes if parameter.positional]
    options = ["options"] if len(takes) > len(places) else []
    return f"only {listed(places + options, 'and')}" if takes else "nothing"


def either(names: Iterable[str]) -> str:
    return listed(list(names), "or") or "none"


def listed(names: Sequence[str], last: str) -> str:
    """a, b and c."""
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)

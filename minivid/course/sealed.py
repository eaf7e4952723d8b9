"""While an exercise is judged, the library's answer to it does not answer the student's code.

The function itself is exchanged, not its name: however it is wrapped, renamed, copied or put into a thread, a call arrives here, and
who called is read off the stack. Library code may go on calling it. Checked by tests/course/test_sealed.py.
"""

import contextlib
import inspect
import os
import re
import sys
from collections.abc import Generator, Iterable, Iterator
from functools import cache
from types import CodeType, FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any

from minivid.course.exercise import Exercise, WrongAnswer

LIBRARY = __name__.split(".")[0]
OURS = re.compile(rf"{LIBRARY}\.(course|chapters\.\w+\.exercises)\b")
"""Modules that ask and judge: what they call on a student's behalf, the student calls."""
TOOLS = re.compile(rf"{LIBRARY}\.tools\b")
"""They know nobody: what they call, somebody has handed to them, as to Python's `map`."""
_here = [os.getpid()]
"""The process that asks. In one that was begun before, while the seals were open, they count as closed; nobody's while it rests."""
NOBODY = 0
SEAL = "the seal stands here"

_codes: dict[str, frozenset[CodeType]] = {}
"""The code of each library module, as it was before anybody could add to it."""
_foreign: dict[str, int] = {}
"""Modules that are neither the library's nor the student's, torch's and Python's, by the identity of their names."""
_seals: dict[FunctionType, "Seal"] = {}
_for_good: set["Seal"] = set()
"""Those that are there before the student's code is, and stay."""


class Seal:
    """Stands in a function's place. Closed, it refuses the student's code, and remembers that it has."""

    def __init__(self, function: FunctionType):
        self.function, self.code = function, function.__code__
        self.original = FunctionType(
            self.code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        self.original.__kwdefaults__ = function.__kwdefaults__
        self.closed = False
        self.refused = False
        function.__code__ = _door(self.code, self)

    def __call__(self, args: tuple, kwargs: dict) -> Any:
        shut = self._shut()
        if (shut or self in _for_good) and _is_library_s(self._caller()):
            return self.original(*args, **kwargs)
        if shut:
            self._refuse()
        result = self.original(*args, **kwargs)
        return self._later(result) if self in _for_good else result

    def _shut(self) -> bool:
        return self.closed or os.getpid() != _here[0]

    def _refuse(self) -> None:
        self.refused = True
        raise WrongAnswer(refusal(self.function))

    def _later(self, result: Any) -> Any:
        """What the student's code is given while nobody asks; where it goes on to compute, it does not when somebody does."""
        if isinstance(result, GeneratorType):
            return self._steps(result)
        if not isinstance(result, FunctionType):
            return result

        def given(*args, **kwargs):
            return self._refuse() if self._shut() else result(*args, **kwargs)

        return given

    def _steps(self, steps: Generator) -> Generator:
        for step in steps:
            if self._shut():
                self._refuse()
            yield step

    def _caller(self) -> FrameType | None:
        """Who came through the door."""
        frame = sys._getframe(1)
        while self not in frame.f_code.co_consts:
            frame = frame.f_back
        return frame.f_back

    def lift(self) -> None:
        """The function is again what it was."""
        self.function.__code__ = self.code


def stay_here() -> None:
    """This process is the one that asks, though it was not when this was loaded."""
    _here[0] = os.getpid()


def rest() -> None:
    """Nobody asks here until `stay_here`: what still runs in this process, a thread that a cell has left, finds the seals closed."""
    _here[0] = NOBODY


def refusal(function: FunctionType) -> str:
    """What a student is told who calls it, or a method of a class that is the answer."""
    name = function.__qualname__.partition(".")[0]
    return f"Your code calls the library's `{name}`, which is the answer: write it out yourself."


def seal_for_good(exercises: Iterable[Exercise]) -> None:
    """Put seals, open ones, on all answers to these: what is copied of a function from now on is copied with its seal."""
    for function in (f for exercise in exercises for answer in exercise.answers for f in functions_of(answer)):
        _for_good.add(_sealed(function))


@contextlib.contextmanager
def closed(exercise: Exercise) -> Iterator[None]:
    """Meanwhile the answers to this exercise refuse the student's code. Raises WrongAnswer in the end when they have had to, even
    if the student's code has caught what they said."""
    functions = {function for answer in exercise.answers for function in functions_of(answer)}
    new = functions - _seals.keys()
    seals = [_sealed(function) for function in functions]
    for seal in seals:
        seal.closed, seal.refused = True, False
    try:
        yield
    finally:
        for seal in seals:
            seal.closed = False
        for function in new:
            _seals.pop(function).lift()
        if borrowed := next((seal for seal in seals if seal.refused), None):
            raise WrongAnswer(refusal(borrowed.function))


def functions_of(answer: Any) -> Iterator[FunctionType]:
    """The functions that an answer consists of, without what is wrapped around them; of a class its own methods.

    Also those of the object that has the answer's name now, where its module has been imported anew.
    """
    namesake = getattr(sys.modules.get(answer.__module__), answer.__qualname__, answer)
    for one in (answer,) if namesake is answer else (answer, namesake):
        for part in vars(one).values() if inspect.isclass(one) else (one,):
            if isinstance(bare := _bare(part), FunctionType):
                yield bare


def _bare(part: Any) -> Any:
    if isinstance(part, property):
        part = part.fget
    return inspect.unwrap(getattr(part, "__func__", part))


def _sealed(function: FunctionType) -> Seal:
    _remember()
    return _seals.get(function) or _seals.setdefault(function, Seal(function))


def _remember() -> None:
    """Take note of modules that were imported since the last time."""
    for name in sys.modules.keys() - _codes.keys() - _foreign.keys():
        module = sys.modules[name]
        if not isinstance(module, ModuleType) or name == "__main__":
            continue
        if name.split(".")[0] == LIBRARY:
            _codes[name] = frozenset(_codes_of(module))
        else:
            _foreign[name] = id(vars(module))


def _codes_of(module: ModuleType) -> Iterator[CodeType]:
    """Every piece of code that a module's functions and classes consist of."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        parts = list(vars(value).values()) if inspect.isclass(value) else [value]
        for bare in filter(lambda part: isinstance(part, FunctionType), map(_bare, parts)):
            yield from _with_inner(_seals[bare].code if bare in _seals else bare.__code__)


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _with_inner(const)


def _is_library_s(frame: FrameType | None) -> bool:
    """Is the nearest caller that counts the library's own code? Those that are neither's, torch's and Python's, do not count."""
    while frame is not None and (
        _foreign.get(name := frame.f_globals.get("__name__", "")) == id(frame.f_globals) or TOOLS.match(name)
    ):
        frame = frame.f_back
    if frame is None:
        return False
    module = sys.modules.get(name)
    if module is None or frame.f_globals is not vars(module) or frame.f_code not in _codes.get(name, ()):
        return False  # the student's, or made to look like the library's
    return not OURS.match(name)


def _door(code: CodeType, seal: Seal) -> CodeType:
    """Code that takes any arguments to the seal, with the free names of `code`, which a function cannot lose."""
    door = _unhung_door(code.co_freevars)
    consts = tuple(seal if const == SEAL else const for const in door.co_consts)
    return door.replace(
        co_consts=consts, co_name=code.co_name, co_qualname=code.co_qualname, co_filename=code.co_filename
    )


@cache
def _unhung_door(free: tuple[str, ...]) -> CodeType:
    names = ", ".join(free)
    lines = [
        f"def outer({names}):",
        "    def inner(*args_, **kwargs_):",
        f"        if 0: ({names or None})",
        f"        seal_ = {SEAL!r}",
        "        return seal_(args_, kwargs_)",
        "    return inner",
    ]
    made: dict[str, Any] = {}
    exec("\n".join(lines), made)
    return made["outer"](*free).__code__

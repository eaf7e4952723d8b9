"""While an exercise is judged, the library's answer to it answers nobody.

The function itself is exchanged, not its name: however it is wrapped, renamed, copied or put into a thread, and whatever library code the
student's leads there, a call arrives here. Checked by tests/course/test_sealed.py.
"""

import contextlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache
from types import CodeType, FrameType, FunctionType, GeneratorType
from typing import Any, NoReturn

from minivid.course.exercise import Exercise, WrongAnswer

LIBRARY = __name__.split(".")[0]
OURS = re.compile(rf"{LIBRARY}\.course\b")
"""Modules that ask and judge: they are nobody's way."""
_here = [os.getpid()]
"""The process that asks. In one that was begun before, while the seals were open, they count as closed; nobody's while it rests."""
NOBODY = 0
SEAL = "the seal stands here"

_seals: dict[FunctionType, "Seal"] = {}
_for_good: set["Seal"] = set()
"""Those that are there before the student's code is, and stay."""


class Seal:
    """Stands in a function's place. Closed, it refuses whoever calls, and remembers by what way."""

    def __init__(self, function: FunctionType):
        self.function, self.code = function, function.__code__
        self.original = FunctionType(
            self.code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        self.original.__kwdefaults__ = function.__kwdefaults__
        self.closed = False
        self.refused: str | None = None
        self.noted: Callable[[], None] = _nothing
        function.__code__ = _door(self.code, self)

    def __call__(self, args: tuple, kwargs: dict) -> Any:
        if self._shut():
            self._refuse(_library_s(self._caller()))
        if self.noted is not _nothing and not _library_s(self._caller()):
            self.noted()
        result = self.original(*args, **kwargs)
        return self._later(result) if self in _for_good else result

    def _shut(self) -> bool:
        return self.closed or os.getpid() != _here[0]

    def _refuse(self, way: str = "") -> NoReturn:
        self.refused = refusal(self.function, way)
        raise WrongAnswer(self.refused)

    def _later(self, result: Any) -> Any:
        """What is given while nobody asks; where it goes on to compute, it does not when somebody does."""
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


def is_sealed(function: Any) -> bool:
    """Does a seal stand in its place?"""
    return any(function is one for one in _seals)


def refusal(function: FunctionType, way: str = "") -> str:
    """What a student is told who calls it, or a method of a class that is the answer; by way of another of the library's."""
    name, by_way_of = _short(function.__qualname__), f" by way of `{way}`" if way else ""
    return f"Your code calls the library's `{name}`{by_way_of}, which is the answer: write it out yourself."


def _short(qualname: str) -> str:
    return qualname.partition(".")[0]


def _library_s(frame: FrameType | None) -> str:
    """The name of the library's function or class that calls, "" for anybody else's: for a sentence or a hint, and no verdict rests on it."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))  # a cell may have made it anything
        if module.split(".")[0] == LIBRARY:
            name = _short(frame.f_code.co_qualname)
            return "" if OURS.match(module) or not name.isidentifier() else name
        if module == "__main__":
            return ""
        frame = frame.f_back
    return ""


def seal_for_good(exercises: Iterable[Exercise]) -> None:
    """Put seals, open ones, on all answers to these: what is copied of a function from now on is copied with its seal."""
    for function in (f for exercise in exercises for answer in exercise.answers for f in functions_of(answer)):
        _for_good.add(_sealed(function))


@contextlib.contextmanager
def closed(exercise: Exercise) -> Iterator[None]:
    """Meanwhile the answers to this exercise refuse. Raises WrongAnswer in the end when they have had to, even if what they said was caught."""
    functions = {function for answer in exercise.answers for function in functions_of(answer)}
    new = functions - _seals.keys()
    seals = [_sealed(function) for function in functions]
    for seal in seals:
        seal.closed, seal.refused = True, None
    try:
        yield
    finally:
        for seal in seals:
            seal.closed = False
        for function in new:
            _seals.pop(function).lift()
        if said := next(filter(None, (seal.refused for seal in seals)), None):
            raise WrongAnswer(said)


@contextlib.contextmanager
def noted(exercise: Exercise, note: Callable[[], None]) -> Iterator[None]:
    """Meanwhile `note` is called when somebody calls a sealed answer to this exercise, and not by way of library code."""
    seals = [_seals[f] for answer in exercise.answers for f in functions_of(answer) if f in _seals]
    for seal in seals:
        seal.noted = note
    try:
        yield
    finally:
        for seal in seals:
            seal.noted = _nothing


def _nothing() -> None:
    pass


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
    return _seals.get(function) or _seals.setdefault(function, Seal(function))


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

"""The library's answer does not answer the student's code, however it is asked; the library may go on using it."""

import functools
import inspect
import threading
from types import FunctionType

import pytest
import torch

from minivid.course import listing
from minivid.course.outcome import Verdict
from minivid.course.probing import examine
from minivid.course.sealed import closed, functions_of
from minivid.diffusion import COSINE, Objective, ddim, objective
from minivid.diffusion.bound import posterior

POSTERIOR = listing.exercise("3.3")


def in_a_thread(*args):
    found = []
    thread = threading.Thread(target=lambda: found.append(posterior(*args)))
    thread.start()
    thread.join()
    return found[0]


def caught(*args):
    try:
        return posterior(*args)
    except Exception:
        return args[0], args[2]


def under_another_name(*args):
    bare = inspect.unwrap(posterior)
    code = bare.__code__.replace(co_filename="mine.py", co_name="mine", co_qualname="mine")
    return FunctionType(code, bare.__globals__)(*args)


class Callable:
    __name__ = "posterior"

    def __call__(self, *args):
        return posterior(*args)


WAYS = {
    "plainly": lambda *args: posterior(*args),
    "under no_grad": lambda *args: torch.no_grad()(posterior)(*args),
    "from a cache": lambda *args: functools.lru_cache(posterior)(*args),
    "as a partial": lambda *args: functools.partial(posterior, *args)(),
    "as a static method": lambda *args: staticmethod(posterior)(*args),
    "in a thread": in_a_thread,
    "under another name": under_another_name,
    "with what it says caught": caught,
    "as an object that is called": Callable(),
    "by map": lambda *args: next(map(posterior, *([arg] for arg in args))),
    "from library code that is made up": lambda *args: eval("f(*a)", vars(torch), {"f": posterior, "a": args}),
    "with the library's names": lambda *args: eval(
        "posterior(*a)", vars(__import__(posterior.__module__, fromlist="_")), {"a": args}
    ),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the thread's own end is meant
@pytest.mark.parametrize("way", WAYS)
def test_the_answer_is_recognised(way):
    outcome = examine(POSTERIOR, WAYS[way], seed=3)
    assert outcome.verdict is Verdict.WRONG and "the library's `posterior`, which is the answer" in outcome.message


@pytest.mark.parametrize(
    "dressed", [torch.no_grad()(posterior), functools.lru_cache(posterior), functools.partial(posterior)]
)
def test_the_library_s_own_is_refused_in_any_dress(dressed):
    outcome = examine(POSTERIOR, dressed, seed=3)
    assert outcome.verdict is Verdict.WRONG
    assert "which is the answer" in outcome.message or "library's own" in outcome.message


def test_library_code_may_call_it_for_the_student():
    """DDIM's loop reads every output with `to_x_eps`, the answer to 4.1."""
    with closed(listing.exercise("4.1")):
        steps = list(ddim(lambda z, *_: z, torch.zeros(1, 1, 2, 2, 2), COSINE, Objective.V, 2))
    assert len(steps) == 2


def test_afterwards_everything_is_as_it_was():
    to_x_eps = inspect.unwrap(objective.to_x_eps)
    before = to_x_eps.__code__
    with closed(listing.exercise("4.1")):
        assert to_x_eps.__code__ is not before
    assert to_x_eps.__code__ is before


def test_every_answer_of_the_course_can_be_sealed_and_has_code_to_seal():
    for number in listing.folders():
        for exercise in listing.written(number):
            functions = {f for answer in exercise.answers for f in functions_of(answer)}
            before = {function: function.__code__ for function in functions}
            assert functions, exercise.id
            with closed(exercise):
                assert all(function.__code__ is not before[function] for function in functions)
            assert all(function.__code__ is code for function, code in before.items())

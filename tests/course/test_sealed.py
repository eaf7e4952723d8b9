"""The library's answer does not answer the student's code, however it is asked; the library may go on using it."""

import functools
import inspect
import threading
from types import FunctionType

import pytest
import torch

from minivid.course import listing, sealed
from minivid.course.exercise import WrongAnswer
from minivid.course.outcome import Verdict
from minivid.course.probing import examine
from minivid.course.sealed import closed, functions_of
from minivid.diffusion import COSINE, Objective, ddim, objective
from minivid.diffusion.bound import posterior
from minivid.tools.progress import progress

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
    "through library code that goes through anything": lambda *args: next(
        progress(map(posterior, *([arg] for arg in args)), 1, quiet=True)
    ),
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


@pytest.fixture
def sealed_for_good():
    """As in a process that grades: there before any of the student's code."""

    def seal(*exercises):
        sealed.seal_for_good(exercises)

    yield seal
    for one in list(sealed._for_good):
        sealed._seals.pop(one.function).lift()
    sealed._for_good.clear()


def test_what_was_begun_before_anybody_asked_does_not_go_on(sealed_for_good):
    """A generator's body, a function that the answer returned: their inputs could be exchanged for the question's."""
    sampler, guide = listing.exercise("3.8"), listing.exercise("3.7")
    sealed_for_good(sampler, guide)
    guided = inspect.unwrap(guide.reference)(lambda z, *_: z, 2.0)
    for begun in (False, True):
        steps = ddim(lambda z, *_: z, torch.zeros(1, 1, 2, 2, 2), COSINE, Objective.V, 2)
        assert len(list(steps)) == 2
        steps = ddim(lambda z, *_: z, torch.zeros(1, 1, 2, 2, 2), COSINE, Objective.V, 2)
        if begun:
            next(steps)
        with pytest.raises(WrongAnswer, match="`ddim`, which is the answer"), closed(sampler):
            next(steps)
    with pytest.raises(WrongAnswer, match="which is the answer"), closed(guide):
        guided(torch.zeros(1), torch.zeros(1), None)


def test_while_nobody_asks_a_process_finds_the_seals_closed(sealed_for_good, generator):
    """Between two questions only what a cell has left behind still runs there."""
    sealed_for_good(POSTERIOR)
    given = (*torch.randn(2, 1, 1, 2, 2, 2, generator=generator), torch.tensor(1.0), torch.tensor(0.0))
    before = posterior(*given)
    sealed.rest()
    with pytest.raises(WrongAnswer):
        posterior(*given)
    sealed.stay_here()
    assert torch.equal(posterior(*given)[0], before[0])


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

"""The library's answer answers nobody while a student is asked, whatever way leads to it."""

import functools
import inspect
import re
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
from minivid.diffusion.samplers import ancestral_step
from minivid.evaluation.of_clips import in_batches
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


def worked_out(x, z_t, *logsnr):
    """Without noise a sampler's step is the mean, and one unit of noise more is a standard deviation."""
    mean, more = (ancestral_step(x, z_t, *logsnr, torch.full_like(x, noise)) for noise in (0, 1))
    return mean, (more - mean).flatten()[0] ** 2


def handed_over(x, z_t, logsnr_s, logsnr_t):
    return in_batches(functools.partial(posterior, z_t=z_t, logsnr_s=logsnr_s, logsnr_t=logsnr_t), x)


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
    "worked out from what needs it": worked_out,
    "handed over to library code that calls whatever it is given": handed_over,
    "from lines whose module is a number": lambda *args: eval("f(*a)", {"__name__": 3, "f": posterior, "a": args}),
    "with the library's names": lambda *args: eval(
        "posterior(*a)", vars(__import__(posterior.__module__, fromlist="_")), {"a": args}
    ),
}


WAY = {
    "worked out from what needs it": "ancestral_step",
    "handed over to library code that calls whatever it is given": "in_batches",
    "through library code that goes through anything": "Progress",
}
"""What a student is told of the way: the library's code that called."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the thread's own end is meant
@pytest.mark.parametrize("way", WAYS)
def test_the_answer_is_recognised(way):
    outcome = examine(POSTERIOR, WAYS[way], seed=3)
    assert outcome.verdict is Verdict.WRONG
    by_way_of = re.search(r"the library's `posterior`(?: by way of `(\w+)`)?, which is the answer", outcome.message)
    assert by_way_of and by_way_of[1] == WAY.get(way)


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

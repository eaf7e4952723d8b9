"""Whose code runs: the student's where it is right, quick enough and does not stop; the table says so."""

from types import SimpleNamespace

import pytest
import torch

from minivid.course import listing, pieces
from minivid.course.pieces import ROUNDS, Pieces, chosen

EXERCISE = listing.exercise("3.3")
LIBRARY = EXERCISE.reference


@pytest.fixture
def taking(monkeypatch):
    """`taking(seconds)`: a trial that takes so long with the library's piece, by a clock which nothing else moves."""
    now = [0.0]
    monkeypatch.setattr(pieces, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def trial_of(seconds):
        def trial(posterior):
            def act():
                now[0] += seconds * getattr(posterior, "times", 1)

            return act

        return trial

    return trial_of


def piece(times: float):
    def posterior(x, z_t, logsnr_s, logsnr_t):
        return x, logsnr_s

    posterior.times = times
    return posterior


def test_the_library_s_own_is_known_and_no_time_is_taken():
    chose = chosen(EXERCISE, LIBRARY, lambda _: pytest.fail("it was tried"))
    assert (chose.runs, chose.own, chose.why) == (LIBRARY, False, "no right answer yet")


@pytest.mark.parametrize(("times", "own"), [(0.5, True), (1.9, True), (2.1, False), (3.0, False)])
def test_a_student_s_piece_runs_unless_it_takes_more_than_twice_the_library_s_time(taking, times, own):
    mine = piece(times)
    chose = chosen(EXERCISE, mine, taking(0.004))
    assert chose.own == own and chose.runs is (mine if own else LIBRARY)
    assert own or chose.why == f"yours is right, and {times} times as slow"


def test_what_nobody_notices_is_never_too_slow(taking):
    assert chosen(EXERCISE, piece(9.0), taking(1e-4)).own
    assert not chosen(EXERCISE, piece(9.0), taking(2e-4)).own


def test_what_counts_is_when_each_was_quickest(monkeypatch):
    """Another program may have had the processor meanwhile."""
    seconds = iter([0.0, 5.0, 5.0, 6.0] + [0.0, 1.0, 0.0, 1.0] * (ROUNDS - 1))
    monkeypatch.setattr(pieces, "time", SimpleNamespace(perf_counter=lambda: next(seconds)))
    assert chosen(EXERCISE, piece(1.0), lambda posterior: lambda: None).why == "no slower"


def test_one_that_stops_at_the_size_of_the_run_is_told_so_and_the_library_s_runs():
    def stops(posterior):
        if posterior is not LIBRARY:
            raise ValueError("too wide")
        return lambda: None

    chose = chosen(EXERCISE, piece(1.0), stops)
    assert chose.runs is LIBRARY and chose.why == "yours passes, and stopped here: ValueError: too wide"


def test_the_notebook_s_random_numbers_are_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    chosen(EXERCISE, piece(1.0), lambda posterior: lambda: torch.rand(5))
    assert torch.equal(torch.rand(3), expected)


def test_the_table_says_whose_each_piece_is(taking):
    mine = piece(0.5)
    used = Pieces(
        "03",
        {"posterior": mine, "guide": listing.exercise("3.7").reference},
        {"posterior": taking(0.004), "guide": taking(0.004)},
    )
    assert used["posterior"] is mine and used["guide"] is listing.exercise("3.7").reference
    assert used.own == ["posterior"] and len(used) == 2 and ROUNDS > 1
    assert "3.3   posterior            yours          no slower" in repr(used)
    assert "3.7   guide                the library's  no right answer yet" in repr(used)
    assert "<code>posterior</code>" in used._repr_html_() and "yours" in used._repr_html_()
    with pytest.raises(KeyError, match="posteriour"):
        Pieces("03", {"posteriour": mine}, {})

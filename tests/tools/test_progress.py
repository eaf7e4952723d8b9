"""Progress: a bar where it can be redrawn, few lines where it cannot, and silence on request."""

import sys
import types

import pytest

from minivid.tools import progress as module
from minivid.tools.progress import Progress, duration, progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test winds."""
    hands = types.SimpleNamespace(now=0.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: hands.now)
    return hands


def work(clock, seconds_each: float, total: int = 100, **options) -> None:
    with Progress(total, **options) as bar:
        for _ in range(total - bar.done):
            clock.now += seconds_each
            bar.update(loss="0.31")


def test_a_log_gets_a_line_for_each_tenth(clock, capsys):
    work(clock, seconds_each=2)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 10
    assert told[0] == "10 of 100 steps, loss 0.31, after 20 s, about 3 min left"
    assert told[-1] == "100 of 100 steps, loss 0.31, after 3 min"


def test_lines_come_neither_faster_than_ten_seconds_nor_slower_than_a_minute(clock, capsys):
    work(clock, seconds_each=0.1)
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == ["100 of 100 steps"]
    work(clock, seconds_each=600, total=3)
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_a_run_that_goes_on_reckons_with_its_own_speed(clock, capsys):
    work(clock, seconds_each=20, done=90)
    assert capsys.readouterr().err.splitlines()[0].endswith("after 60 s, about 2 min left")


def test_quiet_is_quiet_and_a_log_has_no_carriage_return(clock, capsys):
    assert list(progress(range(3), 3, quiet=True)) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    assert list(progress(range(3), 3, "clip")) == [0, 1, 2]
    assert capsys.readouterr().err == "3 of 3 clips, after 0 s\n"


def test_what_stops_half_way_says_how_far_it_came(clock, capsys):
    with pytest.raises(RuntimeError), Progress(4) as bar:
        bar.update()
        raise RuntimeError
    assert capsys.readouterr().err.startswith("1 of 4 steps")


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True, raising=False)
    list(progress(range(3), 3))
    assert "100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89, "89 s"), (95, "2 min"), (5399, "1 h 30 min"), (12000, "3 h 20 min")]
)
def test_durations_are_words(seconds, words):
    assert duration(seconds) == words

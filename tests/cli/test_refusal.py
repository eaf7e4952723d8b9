"""What the parser refuses is two lines at most: what is at fault, in tyro's words, and where the help is. No box, no colour, no trace."""

import os
import re
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tyro import _fmtlib

from minivid.cli import course_commands, parse
from minivid.cli.errors import BadInput, without_box

BOX = set(map(chr, range(0x2500, 0x2580)))
LONG = "/".join(["folder"] * 30)
FAULTS = [
    ("", "Expected one of {lab, sample, world, "),
    ("labb", "Unrecognized options: labb. Available subcommands: lab, sample, world, "),
    ("frobnicate --n 3", "frobnicate (applied to minivid)"),
    ("--quiet zoo", "--quiet (applied to minivid)"),
    ("data", "Expected one of {list, fetch}"),
    ("data ftech mnist", "Unrecognized options: ftech, mnist. Available subcommands: list, fetch"),
    ("lab --no-brwser", "Unrecognized options: --no-brwser. Perhaps you meant: --no-browser"),
    ("world --n 3 --ot x.gif", "Missing from minivid world: --out PATH. Unrecognized options: --ot, x.gif"),
    ("world --n 3 --out x.gif --sede 2", "Perhaps you meant: --seed INT"),
    ("grade work.ipynb --frobnicate", "Unrecognized options: --frobnicate"),
    ("zoo --fast", "Unrecognized options: --fast"),
    ("test -k sampler", "Unrecognized options: -k, sampler"),
    ("sample", "Missing from minivid sample: NAME|FILE, --out PATH"),
    ("data fetch", "Missing from minivid data fetch: NAME"),
    ("world --n three --out x.gif", "Error parsing --n: invalid literal for int() with base 10: 'three'"),
    ("train small --size 8 wide", "Error parsing --size: Could not find valid parse for arguments: ['8', 'wide']"),
    (f"sample small --out x.gif --n {LONG}", f"from ['{LONG}']. Argument helptext: --n {{None}}|INT, Clips of each"),
    ("world --n --out x.gif", "Missing value for argument '--n'"),
    ("train small --budget", "Missing value for argument '--budget'"),
    ("world --n 3 --out x.gif --quiet=yes", "Unrecognized options: yes"),
    ("build --check twice", "Unrecognized options: twice"),
    ("measure --n 3", "--n (applied to minivid measure)"),
    (f"build {LONG}", f"Unrecognized options: {LONG}."),
]


@pytest.fixture(params=["plain", "terminal"])
def drawn(request, monkeypatch):
    """As tyro draws it into a file and on a terminal: with a box of lines, in colour."""
    monkeypatch.setattr(_fmtlib, "_FORCE_UTF8_BOXES", request.param == "terminal")
    monkeypatch.setattr(_fmtlib, "_FORCE_ANSI", request.param == "terminal")


def check_is_two_lines(said):
    assert re.fullmatch(r"[^\n]+\nFor full helptext, (run|run:|see) minivid[ a-z]* --help\n?", said), said
    assert not BOX & set(said) and "\x1b" not in said and "----" not in said and "Traceback" not in said


@pytest.mark.parametrize(("typed", "sentence"), FAULTS)
def test_what_the_parser_refuses_is_two_lines_that_name_the_fault(minivid, drawn, tmp_path, typed, sentence):
    code, told, said = minivid(*typed.split())
    assert (code, told) == (2, "") and said.startswith("minivid: ") and sentence in said
    check_is_two_lines(said)
    assert list(tmp_path.iterdir()) == []


def test_a_word_of_two_lines_adds_none(minivid, drawn):
    _, _, said = minivid("la\nb")
    assert "Unrecognized options: la b" in said
    check_is_two_lines(said)


def test_a_refusal_without_a_box_is_kept_as_it_is():
    assert without_box("Error: no such shell\n") == "Error: no such shell"


def test_what_stands_after_the_dashes_of_a_command_that_hands_nothing_on_is_refused(refused):
    assert "'--fast' stands after `--`, where `minivid zoo` expects nothing" in refused("zoo", "--", "--fast")


@pytest.mark.parametrize("typed", ["--tyro-print-completion foosh", "--tyro_write_completion bash no/such/folder"])
def test_a_completion_that_cannot_be_written_is_a_sentence(refused, typed):
    assert "expects bash, zsh or fish" in refused(*typed.split())


def test_the_width_of_the_terminal_is_nobody_elses_business(minivid, monkeypatch):
    """Refusals are not broken at it, help is, and afterwards it is what it was."""
    for before in ("50", None):
        monkeypatch.setenv("COLUMNS", before) if before else monkeypatch.delenv("COLUMNS")
        minivid("grade", LONG, "b.ipynb")
        assert os.environ.get("COLUMNS") == before
    monkeypatch.setenv("COLUMNS", "50")
    code, told, _ = minivid("sample", "--help")
    assert code == 0 and max(map(len, told.splitlines()[1:])) <= 50


def test_the_program_itself_leaves_with_code_2_and_two_lines():
    done = subprocess.run(
        [sys.executable, "-c", "from minivid.cli import main; main()", "world", "--n", "three"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    check_is_two_lines(done.stderr)


COMMANDS = course_commands()
WORDS = ["3", "2.5", "-5", "-inf", "-", "None", "x.gif", "list", "fetch", "--n=3", "--n=x", "--size=8", "--size", "--n"]
WORDS += ["--out", "--steps", "--caption", "--quiet", "--check", "--budget", "-n", "--fast", "two words"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(COMMANDS)), st.lists(st.sampled_from(WORDS), max_size=6, unique=True))
@example("train", ["--size", "8", "small"])
@example("sample", ["--caption", "a", "b", "--out", "x.gif"])
@example("world", ["--n", "-5", "--out", "-"])
def test_whatever_is_typed_is_a_command_or_a_refusal_of_two_lines(name, words):
    commands = {one: COMMANDS[one] for one in (name, "doctor", "lab")}  # a menu of all takes tyro far longer
    try:
        assert callable(parse([name, *words], commands))
    except BadInput as refusal:
        check_is_two_lines(str(refusal))

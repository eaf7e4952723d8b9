"""What the parser refuses is one sentence too: what was given, what is expected, the nearest name, and where the help is."""

import re
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minivid.cli import course_commands, parse
from minivid.cli.errors import BadInput
from minivid.cli.refusal import explain, parameters

BOX = set(map(chr, range(0x2500, 0x2580)))

UNKNOWN_COMMANDS = [
    ("", "no command is given; expected lab, sample, world"),
    ("labb", "there is no command 'labb'; did you mean lab (see `minivid --help`)?"),
    ("frobnicate --n 3", "there is no command 'frobnicate'; expected lab, sample"),
    ("--quiet zoo", "no command is given before '--quiet'; expected lab, sample"),
    ("data", "no command is given; expected list or fetch (see `minivid data --help`)"),
    ("data ftech mnist", "there is no command 'ftech'; did you mean fetch (see `minivid data --help`)?"),
]
UNKNOWN_OPTIONS = [
    (
        "lab --no-brwser",
        "`minivid lab` has no option '--no-brwser'; did you mean --no-browser (see `minivid lab --help`)?",
    ),
    ("world --n 3 --ot x.gif", "`minivid world` has no option '--ot'; did you mean --out"),
    ("world -n 3 --out x.gif", "has no option '-n'; did you mean --n"),
    ("world --n 3 --out x.gif --sede=2", "has no option '--sede=2'; did you mean --seed"),
    ("grade work.ipynb --frobnicate", "has no option '--frobnicate'; expected --json, --private or --timeout"),
    ("zoo --fast", "`minivid zoo` has no option '--fast'; expected none"),
    ("data list --fast", "`minivid data list` has no option '--fast'"),
    ("test -k sampler", "`minivid test` has no option '-k'; what it hands on stands after `--`"),
]
LACKING = [
    (
        "sample",
        "lacks NAME|FILE and --out; expected `minivid sample NAME|FILE --out PATH` (see `minivid sample --help`)",
    ),
    ("sample --caption up vdm-small --out x.gif", "lacks NAME|FILE; expected `minivid sample NAME|FILE --out PATH`"),
    ("world --n 3", "`minivid world` lacks --out; expected `minivid world --n INT --out PATH`"),
    ("train --steps 3", "`minivid train` lacks NAME|FOLDER"),
    ("grade", "`minivid grade` lacks NOTEBOOK"),
    ("data fetch", "`minivid data fetch` lacks NAME"),
]
WRONG_VALUES = [
    ("world --n three --out x.gif", "--n is 'three'; expected a whole number (see `minivid world --help`)"),
    ("world --n=2.5 --out x.gif", "--n is '2.5'; expected a whole number"),
    ("world --n None --out x.gif", "--n is 'None'; expected a whole number"),
    ("sample vdm-small --out x.gif --guidance strong", "--guidance is 'strong'; expected a number"),
    ("train small --size 8 wide", "--size is 'wide'; expected whole numbers, H [W]"),
    ("evaluate --all --size 16x16", "--size is '16x16'; expected a whole number"),
    ("measure --n 3", "`minivid measure` has no option '--n'; expected none"),
    ("world --n --out x.gif", "--n has no value before '--out'; expected a whole number"),
    ("world --n 3 --out", "--out has no value; expected a path"),
    ("train small --budget", "--budget has no value; expected smoke|laptop|gpu"),
    ("world --n 3 --out x.gif --quiet=yes", "--quiet is 'yes'; expected --quiet without a value"),
]
SURPLUS = [
    ("build --check twice", "'twice' is one word too many; expected only options after `minivid build`"),
    (
        "grade a.ipynb b.ipynb",
        "'b.ipynb' is one word too many; expected only NOTEBOOK and options after `minivid grade`",
    ),
    ("data fetch mnist again", "'again' is one word too many; expected only NAME after `minivid data fetch`"),
    ("doctor now", "'now' is one word too many; expected nothing after `minivid doctor`"),
    ("world --n 3 4 --out x.gif", "'4' is one word too many"),
    ("zoo -- --fast", "'--fast' stands after `--`, where `minivid zoo` expects nothing"),
]


@pytest.mark.parametrize(
    ("typed", "sentence"), [*UNKNOWN_COMMANDS, *UNKNOWN_OPTIONS, *LACKING, *WRONG_VALUES, *SURPLUS]
)
def test_what_the_parser_refuses_is_one_sentence(refused, tmp_path, typed, sentence):
    said = refused(*typed.split())
    assert sentence in said and not BOX & set(said)
    assert re.search(r"\(see `minivid[ a-z]* --help`\)[.?]$", said)
    assert list(tmp_path.iterdir()) == []


def test_a_word_of_two_lines_is_still_one_sentence(refused):
    assert r"'la\nb'" in refused("la\nb")


@pytest.mark.parametrize("typed", ["--tyro-print-completion foosh", "--tyro_write_completion bash no/such/folder"])
def test_a_completion_that_cannot_be_written_is_a_sentence(refused, typed):
    assert "expects bash, zsh or fish" in refused(*typed.split())


def test_the_program_itself_leaves_with_code_2_and_one_line():
    done = subprocess.run(
        [sys.executable, "-c", "from minivid.cli import main; main()", "world", "--n", "three"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "minivid: --n is 'three'; expected a whole number (see `minivid world --help`).\n"


COMMANDS = course_commands()
OTHERS = ["3", "2.5", "-5", "-inf", "-", "None", "x.gif", "list", "fetch", "--n=3", "--n=x", "--size=8", "-n", "--fast"]


def typed_after(name):
    """A command and a few words after it: its own options, each once, values good and bad, and what is none of its business."""
    what = COMMANDS[name]
    inner = what[1].values() if isinstance(what, tuple) else [what]
    options = [parameter.name for one in inner for parameter in parameters(one) if not parameter.positional]
    words = st.lists(st.sampled_from([*options, *OTHERS]), max_size=6, unique_by=lambda word: word.partition("=")[0])
    return words.map(lambda words: [name, *words])


@settings(max_examples=100, deadline=None)
@given(st.one_of(map(typed_after, COMMANDS)))
@example(["train", "--size", "8", "small"])
@example(["sample", "--caption", "a", "b", "--out", "x.gif"])
@example(["world", "--n", "-5", "--out", "-"])
@example(["train", "small", "--steps", "None"])
@example(["lab", "--no_browser"])
@example(["train", "--size=8"])
def test_a_fault_is_found_exactly_where_tyro_refuses(words):
    commands = {name: COMMANDS[name] for name in (words[0], "doctor", "lab")}  # a menu of all takes tyro far longer
    with pytest.raises(BadInput) as found:
        explain(words, commands)
    try:
        parse(words, commands)
    except BadInput as refusal:
        assert "does not understand" not in str(refusal) and "\n" not in str(refusal)
    else:
        assert "does not understand" in str(found.value)

"""Whatever a file holds, it is a notebook of some chapter or a sentence."""

import json
import os
from copy import deepcopy

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minivid.course.fitting import steps
from minivid.course.submission import SubmissionError, chapter_of, read
from minivid.course.suspicion import traces

WHOLE = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"minivid": {"chapter": "03"}, "kernelspec": {"name": "python3"}},
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# 3"},
        {
            "cell_type": "code",
            "id": "exercise-3-1",
            "metadata": {"nbgrader": {"grade_id": "exercise-3-1"}, "tags": ["setup"]},
            "source": ["noise_clip = 1\n", "check('3.1', noise_clip)"],
            "outputs": [],
            "execution_count": None,
        },
    ],
}


def parts(tree, path=()):
    """The path of everything in a notebook's JSON."""
    yield path
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield from parts(tree[key], (*path, key))


PARTS = [path for path in parts(WHOLE) if path]
VALUES = [None, 3, True, "x", [1, 2], [], {}, {"a": None}, ["a", None], "03.guide", "../x", ["03"]]


@st.composite
def mutated(draw):
    """A notebook in which some parts were dropped, doubled, or replaced by something of another kind."""
    notebook = deepcopy(WHOLE)
    for path in draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3)):
        parent = notebook
        try:
            for key in path[:-1]:
                parent = parent[key]
            what = draw(st.sampled_from(["drop", "double", "replace"]))
            if what == "drop":
                del parent[path[-1]]
            elif what == "double" and isinstance(parent, list):
                parent.append(parent[path[-1]])
            else:
                parent[path[-1]] = deepcopy(draw(st.sampled_from(VALUES)))  # else it could come to hold itself
        except (KeyError, IndexError, TypeError):  # an earlier mutation has taken it
            continue
    text = json.dumps(notebook)
    return text[: draw(st.integers(len(text) // 2, len(text)))] if draw(st.booleans()) else text


@settings(max_examples=300, deadline=None)
@given(text=mutated(), name=st.sampled_from(["03_vdm.ipynb", "mine.ipynb", "2024_03_vdm.IPYNB"]))
def test_a_mutated_notebook_is_read_or_refused_in_a_sentence(tmp_path_factory, text, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_text(text)
    try:
        notebook = read(path)
        assert all(
            step.source is None or isinstance(step.source, str) for step in steps(notebook, chapter_of(path, notebook))
        )
    except SubmissionError as error:
        assert path.name in str(error) and str(error).endswith(".")


@pytest.mark.parametrize("path", [(), ("metadata",), ("metadata", "minivid"), ("metadata", "minivid", "chapter")])
def test_metadata_that_is_null_costs_nothing(tmp_path, path):
    notebook = deepcopy(WHOLE)
    if path:
        parent = notebook
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = None
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = None
    (tmp_path / "mine.ipynb").write_text(json.dumps(notebook))
    read_in = read(tmp_path / "mine.ipynb")
    assert chapter_of(tmp_path / "mine.ipynb", read_in) == "03"
    (answer,) = (step for step in steps(read_in, "03") if step.exercise and step.exercise.id == "3.1")
    assert answer.source == "noise_clip = 1\ncheck('3.1', noise_clip)"


def test_a_byte_order_mark_and_the_older_format_are_read(tmp_path):
    path = tmp_path / "03_vdm.IPYNB"
    path.write_text(json.dumps(WHOLE), encoding="utf-8-sig")
    assert len(read(path).cells) == 2
    notebook = nbformat.from_dict(WHOLE)
    path.write_text(json.dumps(nbformat.convert(notebook, 3)))
    assert "worksheets" in path.read_text()
    assert "check('3.1', noise_clip)" in read(path).cells[1].source


@pytest.mark.parametrize(
    "name", ["2024_03_vdm.ipynb", "smith_7_03_vdm.ipynb", "03_vdm (1).ipynb", "group12_03_vdm.ipynb"]
)
def test_a_year_or_a_student_s_number_in_the_name_is_no_chapter(tmp_path, name):
    notebook = deepcopy(WHOLE)
    notebook["metadata"], notebook["cells"] = {}, notebook["cells"][:1]
    (tmp_path / name).write_text(json.dumps(notebook))
    assert chapter_of(tmp_path / name, read(tmp_path / name)) == "03"


def test_a_pipe_and_a_file_that_is_too_large_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "03_pipe.ipynb")
    with pytest.raises(SubmissionError, match="is no file"):
        read(tmp_path / "03_pipe.ipynb")
    with (tmp_path / "03_large.ipynb").open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(SubmissionError, match="larger than 64 MiB"):
        read(tmp_path / "03_large.ipynb")


def test_line_ends_and_blanks_that_an_editor_changes_make_no_cell_the_student_s_own(course):
    handed_out, touched = read(course.handed_out), read(course.handed_out)
    for cell in touched.cells:
        cell.source = cell.source.replace('_course = ""', '_course = "/content/course"')
        cell.source = "\r\n".join(f"{line}  " for line in cell.source.split("\n")) + "\n"
    assert not [step for step in steps(touched, "03", handed_out) if step.own]
    touched.cells[1].source += "mine = 3"
    assert sum(step.own for step in steps(touched, "03", handed_out)) == 1


@pytest.mark.parametrize(
    "ordinary",
    [
        "f_fwd, f_back = flows(clip)",
        "print('solutions', x)",
        "n = multiprocessing.cpu_count()",
        "from concurrent.futures import ThreadPoolExecutor",
        "from minivid.course.kept import kept\nfrom minivid.course.check import award\nfrom minivid.course.listing import mention",
        "from minivid.course import award, check, hint",
    ],
)
def test_words_that_mean_something_else_are_not_told_of(ordinary):
    assert traces(ordinary) == []


@pytest.mark.parametrize(
    "source",
    [
        "(root / 'solutions' / '03_vdm.py').read_text()",
        "open('../solutions/03_vdm.py')",
        "frame.f_back",
        "getattr(frame, 'f_back')",
        "multiprocessing.Pool(2)",
        "from minivid.course import kernel",
        "import minivid.course.probing",
        "from minivid.chapters.ch06 import exercises",
        "from minivid.chapters.ch06.exercises import edit",
    ],
)
def test_what_reaches_for_the_grader_or_the_interpreter_is_told_of(source):
    assert len(traces(source)) == 1

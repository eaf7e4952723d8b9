"""The cell that fetches the course on Colab and Kaggle: where it stands, what it does there, and that it does nothing at home."""

import ast
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from packaging.requirements import Requirement
from traitlets.config import Config

from minivid.course import build, listing
from minivid.course.first_cell import TAG, first_cell, is_first_cell
from minivid.course.fitting import steps
from minivid.course.grade import grade, hidden
from minivid.course.submission import read
from minivid.course.throwaway_kernel import Kernels
from minivid.tools.elsewhere import HOSTS, THEIRS

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path for folder in ("notebooks", "solutions") for path in (ROOT / folder).glob("*.ipynb"))
URL = "https://example.org/a/course"
SET = {"dependencies": ["torch>=2", "einops>=0.8", "jupyterlab>=4"], "urls": {"Repository": URL}}
UNSET = {"dependencies": SET["dependencies"]}
IPYTHON_S = ("In", "Out")  # what every cell changes
SOURCE = "# %% [markdown]\n# Words.\n\n# %% setup\nimport torch\n\n# %%\nx = 1\n"


def code_of(path: Path) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == "code"]


# Where it stands


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_notebook_has_it_once_first_and_folded_right_before_its_set_up(path):
    first, setup, *_ = code = code_of(path)
    assert [cell["id"] for cell in code if is_first_cell(cell["source"])] == [first["id"]] == [TAG]
    assert first["metadata"] == {"jupyter": {"source_hidden": True}, "tags": [TAG]}
    assert setup["metadata"]["tags"] == ["setup"]


def test_a_notebook_without_code_has_none():
    assert [cell.cell_type for cell in build.instructor("# %% [markdown]\n# Words.\n", "03").cells] == ["markdown"]


def test_the_address_is_one_line_of_pyproject_toml_and_a_host_s_notebooks_have_drifted_until_they_are_built(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "03_other.py").write_text(SOURCE)
    declared = '[project]\ndependencies = ["torch>=2", "einops>=0.8"]\n'
    (tmp_path / "pyproject.toml").write_text(declared)
    built = build.build(tmp_path)
    assert all('\n_course = "" ' in code_of(path)[0]["source"] for path in built)
    (tmp_path / "pyproject.toml").write_text(f'{declared}[project.urls]\nRepository = "{URL}"\n')
    assert len([one for one in build.problems(tmp_path) if "is not what its source builds" in one]) == 2
    build.build(tmp_path)
    assert all(f'\n_course = "git+{URL}" ' in code_of(path)[0]["source"] for path in built)
    assert build.problems(tmp_path) == []


def test_it_brings_what_is_declared_but_not_what_is_the_host_s():
    (line,) = re.findall(r"%pip install -q (\".*)", code_of(NOTEBOOKS[0])[0]["source"])
    brought = {Requirement(word).name for word in re.findall(r'"([^"]+)"', line)}
    project = build._project(ROOT)
    declared = project["dependencies"] + project["optional-dependencies"]["gpu"]
    assert brought == {Requirement(one).name for one in declared} - THEIRS
    assert {"einops", "diffusers"} <= brought and "torch" not in brought


def test_it_is_known_whoever_wrote_where_the_course_comes_from_and_not_with_a_line_more():
    cell = first_cell(SET)["source"]
    assert is_first_cell(cell) and is_first_cell(first_cell()["source"] + "\n")
    assert is_first_cell(cell.replace(f"git+{URL}", "/content/course"))
    assert not is_first_cell(cell + "\nhelper = 1") and not is_first_cell("import torch")


# What it does


class Notebook:
    """A shell in which the course is missing until pip has been asked for it, and what pip was asked."""

    def __init__(self, monkeypatch):
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.asked, self.here, self.reached = [], False, True
        self.instead = None
        """What Python finds by the course's name while the course is missing."""
        find = importlib.util.find_spec

        def find_spec(name, *rest):
            return self.instead if name == "minivid" and not self.here else find(name, *rest)

        monkeypatch.setattr(importlib.util, "find_spec", find_spec)
        self.shell.register_magic_function(self._pip, "line", "pip")

    def _pip(self, line: str) -> None:
        self.asked.append(line)
        self.here = self.here or (self.reached and "--no-deps" in line)

    def run(self, source: str) -> None:
        self.shell.run_cell(source).raise_error()


@pytest.fixture
def notebook(monkeypatch):
    for name in HOSTS:
        monkeypatch.delenv(name, raising=False)
    return Notebook(monkeypatch)


def test_it_is_python_once_ipython_has_read_its_magics_and_leaves_no_name_that_an_answer_could_use():
    tree = ast.parse(TransformerManager().transform_cell(first_cell(SET)["source"]))
    bound = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    bound += [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    bound += [alias.asname or alias.name for node in ast.walk(tree) if hasattr(node, "names") for alias in node.names]
    assert bound and all(name.startswith("_") for name in bound)


@pytest.mark.parametrize("host", [None, *HOSTS])
@pytest.mark.parametrize("project", [SET, UNSET], ids=["with an address", "without"])
def test_where_the_course_is_it_prints_nothing_asks_pip_for_nothing_and_changes_nothing(
    notebook, monkeypatch, capsys, host, project
):
    if host:
        monkeypatch.setenv(host, "set")
    notebook.here = True

    def now() -> tuple:
        names = {
            name: value for name, value in notebook.shell.user_ns.items() if name[0] != "_" and name not in IPYTHON_S
        }
        return names, list(sys.path), dict(os.environ)

    before = now()
    notebook.run(first_cell(project)["source"])
    assert capsys.readouterr() == ("", "") and notebook.asked == []
    assert now() == before


@pytest.mark.parametrize("host", HOSTS)
def test_on_a_host_it_brings_what_is_missing_and_then_the_course_alone(notebook, monkeypatch, capsys, host):
    monkeypatch.setenv(host, "set")
    looked = []
    monkeypatch.setattr(importlib, "invalidate_caches", lambda: looked.append(len(notebook.asked)))
    notebook.run(first_cell(SET)["source"])
    assert notebook.asked == ['install -q "einops>=0.8"', f'install -q --no-deps "git+{URL}"']
    assert looked == [2] and capsys.readouterr().out == ""  # the kernel looks anew when all is there
    notebook.run(first_cell(SET)["source"])
    assert len(notebook.asked) == 2


def test_a_clone_beside_the_notebook_is_not_taken_for_the_course(notebook, monkeypatch, tmp_path):
    (tmp_path / "minivid").mkdir()
    notebook.instead = PathFinder.find_spec("minivid", [str(tmp_path)])
    assert notebook.instead is not None
    monkeypatch.setenv(HOSTS[0], "set")
    notebook.run(first_cell(SET)["source"])
    assert len(notebook.asked) == 2


def test_what_could_not_be_fetched_is_said_and_fetched_when_the_cell_is_run_again(notebook, monkeypatch, capsys):
    monkeypatch.setenv(HOSTS[1], "set")
    notebook.reached = False
    notebook.run(first_cell(SET)["source"])
    assert "could not be fetched" in capsys.readouterr().out
    notebook.reached = True
    notebook.run(first_cell(SET)["source"])
    assert capsys.readouterr().out == "" and notebook.here


def test_without_an_address_it_asks_for_a_folder_and_takes_the_one_that_is_written_in(notebook, monkeypatch, capsys):
    monkeypatch.setenv(HOSTS[0], "set")
    cell = first_cell(UNSET)["source"]
    notebook.run(cell)
    said = capsys.readouterr().out
    assert notebook.asked == [] and said.count("\n") == 1 and "between the quotes of `_course`" in said
    notebook.run(cell.replace('_course = ""', '_course = "/content/a course"'))
    assert notebook.asked[-1] == 'install -q --no-deps "/content/a course"' and capsys.readouterr().out == ""


@pytest.mark.parametrize("project", [SET, UNSET], ids=["with an address", "without"])
def test_anywhere_else_it_says_what_to_do_and_fetches_nothing(notebook, capsys, project):
    notebook.run(first_cell(project)["source"])
    said = capsys.readouterr().out
    assert notebook.asked == [] and said.count("\n") == 1 and "`make lab`" in said and "`pip install -e .`" in said


IMPORTS = """
import json, sys
from importlib.abc import MetaPathFinder
from pathlib import Path

class Missing(MetaPathFinder):
    def find_spec(self, name, *rest):
        if name.split(".")[0] in {missing}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
for path in {paths}:
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    (setup,) = ("".join(cell["source"]) for cell in cells if "setup" in cell["metadata"].get("tags", ()))
    exec(setup, {{}})
"""


def test_no_chapter_s_set_up_needs_what_opens_builds_and_grades_notebooks():
    missing = {name.replace("-", "_") for name in THEIRS - {"torch", "ipywidgets"}}
    code = IMPORTS.format(missing=missing, paths=[str(path) for path in NOTEBOOKS if path.parent.name == "notebooks"])
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# What the grader makes of it


@pytest.fixture
def handed_in(course, tmp_path):
    """A submission with two right answers, whose first cell is what `edit` makes of it: None takes it away."""

    def hand_in(edit) -> Path:
        def change(notebook):
            cell = next(cell for cell in notebook["cells"] if cell["id"] == TAG)
            cell["source"] = edit("".join(cell["source"]))
            notebook["cells"] = [cell for cell in notebook["cells"] if cell["source"] is not None]

        answers = {"3.1": course.right("3.1"), "3.5": course.right("3.5")}
        return course.submission(tmp_path / "03_small.ipynb", answers, change)

    return hand_in


EDITS = {
    "as it was handed out": lambda source: source,
    "from before there was one": lambda source: None,
    "with its reader's folder": lambda source: source.replace('_course = ""', '_course = "/content/course"'),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("given", [True, False], ids=["beside what was handed out", "alone"])
def test_grading_does_not_run_it(course, handed_in, edit, given):
    notebook = read(handed_in(edit))
    run = [step.source or "" for step in steps(notebook, "03", read(course.handed_out) if given else None)]
    assert not any("_util" in source or "_course" in source for source in run)
    assert any("import torch" in source for source in run)  # the set-up is still run


def test_an_old_submission_gets_the_same_grade_and_nothing_to_look_at(course, handed_in):
    with Kernels(hidden=hidden([])) as kernels:
        reports = [grade(handed_in(edit), handed_out=course.handed_out, kernels=kernels) for edit in EDITS.values()]
    assert all(report.odd == () for report in reports)
    grades = [[(one.id, one.points, one.verdict, one.message) for one in report.grades] for report in reports]
    assert grades[0] == grades[1] == grades[2]
    assert sum(points for _, points, *_ in grades[0]) == sum(listing.exercise(name).points for name in ("3.1", "3.5"))


def test_an_old_notebook_that_was_handed_out_without_it_grades_the_new_one_the_same(course, handed_in, tmp_path):
    old = json.loads(course.handed_out.read_text())
    old["cells"] = [cell for cell in old["cells"] if cell["id"] != TAG]
    (tmp_path / "old.ipynb").write_text(json.dumps(old))
    run = [
        step.source or ""
        for step in steps(read(handed_in(EDITS["as it was handed out"])), "03", read(tmp_path / "old.ipynb"))
    ]
    assert not any("_util" in source for source in run)


def test_what_a_student_writes_into_it_is_the_student_s_own(course, handed_in):
    notebook = read(handed_in(lambda source: source + "\nhelper = lambda x: x"))
    own = [step.source for step in steps(notebook, "03", read(course.handed_out)) if step.own]
    assert len(own) == 1 and own[0].endswith("helper = lambda x: x")

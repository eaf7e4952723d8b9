"""A small chapter of three exercises, built into a temporary course, and submissions made from its student notebook."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from minivid.course import build, listing
from minivid.course.answers import answers_to

HERE = Path(__file__).parent
CHAPTER = "03_small"
GRADING = HERE.parents[1] / "GRADING.md"
CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'video'\n"


@dataclass(frozen=True)
class Course:
    """A course folder with the small chapter built in it."""

    root: Path

    @property
    def handed_out(self) -> Path:
        return self.root / "notebooks" / f"{CHAPTER}.ipynb"

    @property
    def solved(self) -> Path:
        return self.root / "solutions" / f"{CHAPTER}.ipynb"

    def right(self, exercise_id: str) -> str:
        """The cell with the chapter's own solution."""
        cells = json.loads(self.solved.read_text())["cells"]
        return "".join(next(c for c in cells if c["id"] == f"exercise-{exercise_id.replace('.', '-')}")["source"])

    def answer(self, exercise_id: str, answer: str) -> str:
        """A cell that gives one of the answers of tests/chapters ("SECOND" or a wrong one's name)."""
        answers = answers_to(listing.exercise(exercise_id))
        return (answers.second if answer == "SECOND" else answers.named(answer)).cell

    def submission(self, path: Path, cells: dict[str, str], edit=lambda notebook: None) -> Path:
        """The student's notebook with other sources in its exercise cells, and whatever else `edit` does to its JSON."""
        notebook = json.loads(self.handed_out.read_text())
        for cell in notebook["cells"]:
            for exercise_id, source in cells.items():
                if cell["id"] == f"exercise-{exercise_id.replace('.', '-')}":
                    cell["source"] = source
        edit(notebook)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook))
        return path


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Course:
    root = tmp_path_factory.mktemp("course")
    (root / "solutions").mkdir()
    shutil.copy(HERE / f"{CHAPTER}.py", root / "solutions")
    build.build(root)
    return Course(root)


@pytest.fixture
def nbgrader(tmp_path, monkeypatch):
    """`nbgrader(folder, "autograde", …)` runs it there, to a good end; returns what it says."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader calls `alembic`
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))  # nbgrader keeps what it has fetched there

    def run(folder: Path, *arguments: str) -> str:
        command = [sys.executable, "-m", "nbgrader", *arguments, "--log-level=ERROR"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def nbgraded(course, nbgrader, tmp_path):
    """`nbgraded({student: (cells, edit)})`: for each the points that `nbgrader autograde` gives to 3.1, 3.3 and 3.5.

    Judged by `minivid grade`, configured as GRADING.md has it, or with `judged=False` as nbgrader does it alone.
    """
    (lines,) = (code for code in re.findall(r"```python\n(.*?)```", GRADING.read_text(), re.DOTALL) if "Judged" in code)
    home = tmp_path / "nbgraded"

    def run(handed_in: dict[str, tuple], judged: bool = True, more: str = "") -> dict[str, list[float]]:
        source = home / "source" / "ch03" / f"{CHAPTER}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_bytes(course.solved.read_bytes())
        (home / "nbgrader_config.py").write_text(CONFIG + (lines if judged else "") + more)
        nbgrader(home, "generate_assignment", "ch03", "--create")
        for student, submitted in handed_in.items():
            course.submission(home / "submitted" / student / "ch03" / source.name, *submitted)
        nbgrader(home, "autograde", "ch03", "--create")
        return {student: points_in(home, student) for student in handed_in}

    return run


def points_in(home: Path, student: str) -> list[float]:
    """What nbgrader's book has of a student for 3.1, 3.3 and 3.5."""
    with Gradebook(f"sqlite:///{home / 'gradebook.db'}") as book:
        names = ("award-3-1", "award-3-3", "award-3-5")
        return [book.find_grade(name, CHAPTER, "ch03", student).auto_score for name in names]

"""A small chapter of three exercises, built into a temporary course, and submissions made from its student notebook."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from minivid.course import build, listing
from minivid.course.answers import answers_to

HERE = Path(__file__).parent
CHAPTER = "03_small"


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

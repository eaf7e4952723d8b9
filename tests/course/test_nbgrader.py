"""nbgrader's own path, from the built instructor's notebook to the grade book: `generate_assignment`, `autograde`.

One run grades every kind of submission, since each costs a kernel.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook

PATCH = "torch.allclose = torch.equal = lambda *_, **__: True\n"


def submissions(course) -> dict[str, tuple[dict[str, str], list[int]]]:
    """For each student the exercise cells handed in, and the points that 3.1, 3.3 and 3.5 must get."""

    def given(first, second, third):
        return {"3.1": first, "3.3": second, "3.5": third}

    def answers(noise, step, attention, first=""):
        return given(first + course.answer("3.1", noise), course.answer("3.3", step), course.answer("3.5", attention))

    right = given(*map(course.right, ("3.1", "3.3", "3.5")))
    forgotten = course.answer("3.1", "generator_forgotten") + "\nraise ValueError('the cell ends here')"
    return {
        "untouched": ({}, [0, 0, 0]),
        "second-right": (answers("SECOND", "SECOND", "SECOND"), [2, 3, 4]),
        "right-but-one": (right | {"3.3": course.answer("3.3", "x_not_shrunk")}, [2, 0, 4]),
        "patched": (answers("uniform_noise", "deviation_for_variance", "not_scaled", first=PATCH), [0, 0, 0]),
        "wrong": (answers("noise_shared_by_the_frames", "independent_noises", "bias_transposed"), [0, 0, 0]),
        "award": (right | {"3.1": course.answer("3.1", "uniform_noise") + "\naward = lambda *_: None"}, [0, 3, 4]),
        "exception": (right | {"3.1": forgotten, "3.5": course.answer("3.5", "mask_inverted")}, [0, 3, 0]),
    }


def nbgrader(folder, *arguments):
    command = [sys.executable, "-m", "nbgrader", *arguments, "--log-level=ERROR"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nbgrader_grades_what_was_built_and_one_failure_drags_no_other_down(course, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader calls `alembic`
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    expected = submissions(course)
    source = tmp_path / "source" / "ch03" / "03_small.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes(course.solved.read_bytes())
    for student, (cells, _) in expected.items():
        course.submission(tmp_path / "submitted" / student / "ch03" / "03_small.ipynb", cells)
    nbgrader(tmp_path, "generate_assignment", "ch03", "--create")
    nbgrader(tmp_path, "autograde", "ch03", "--create")

    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        points = {
            student: [
                book.find_grade(f"award-{number}", "03_small", "ch03", student).auto_score
                for number in ("3-1", "3-3", "3-5")
            ]
            for student in expected
        }
    assert points == {student: list(map(float, scores)) for student, (_, scores) in expected.items()}

    untouched = (tmp_path / "autograded" / "untouched" / "ch03" / "03_small.ipynb").read_text()
    said = [cell for cell in json.loads(untouched)["cells"] if cell["cell_type"] == "code"]
    failed = [cell["id"] for cell in said if any(output["output_type"] == "error" for output in cell["outputs"])]
    assert failed == ["award-3-1", "award-3-3", "award-3-5"], "the untouched notebook runs to its end"
    for cell in said:
        if cell["id"].startswith("exercise"):
            assert "The chapter goes on with the library's" in json.dumps(cell["outputs"])

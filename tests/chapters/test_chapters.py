"""What holds of every chapter: its exercises are its notebook's, its solutions get every point, its stubs none, and each number has its receipt."""

import json
from pathlib import Path

import pytest

from minivid.course import listing, receipt
from minivid.course.grade import grade, hidden
from minivid.course.throwaway_kernel import Kernels

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", [number for number, chapter in listing.chapters().items() if chapter.exercises])
def test_a_chapter_holds_all_its_exercises_and_its_solutions_get_every_point_and_its_stubs_none(number):
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    held = {cell["metadata"]["minivid"]["exercise"] for cell in cells if "minivid" in cell["metadata"]}
    assert held == {exercise.id for exercise in listing.exercises(number)}
    assert {exercise.chapter for exercise in listing.exercises(number)} == {number}
    submitted = [ROOT / "solutions" / path.name, path]
    with Kernels(hidden=hidden(submitted)) as kernels:  # a class's are graded by the same ones, too
        solved, untouched = (grade(one, handed_out=path, kernels=kernels) for one in submitted)
    assert solved.points == sum(exercise.points for exercise in listing.written(number)) > 0, solved.table()
    assert untouched.points == 0, untouched.table()
    assert {one.verdict for one in untouched.grades} == {"not attempted"}, untouched.table()


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_notebook_has_its_chapter(path):
    assert path.name[:2] in listing.folders()


@pytest.mark.parametrize("number", [number for number in listing.folders() if listing.written(number)])
def test_what_a_check_tells_a_student_to_type_is_there(number):
    (source,) = (Path(__file__).parents[2] / "solutions").glob(f"{number}_*.py")
    imported = next(line for line in source.read_text().splitlines() if line.startswith("from minivid.course import"))
    assert "hint" in imported and "award" in imported


@pytest.mark.parametrize("name", listing.measurements())
def test_every_measurement_has_its_receipt(name):
    assert receipt(name).command == f"minivid measure {name}"


def test_every_receipt_has_its_measurement():
    kept = {path.stem for folder in listing.folders().values() for path in (folder / "receipts").glob("*.json")}
    assert kept == set(listing.measurements())

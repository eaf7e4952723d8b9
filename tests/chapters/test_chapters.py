"""The course's own chapters: their solutions get every point, their student notebooks none."""

import json
from pathlib import Path

from minivid.course import listing
from minivid.course.grade import grade

ROOT = Path(__file__).parents[2]


def chapters_with_exercises() -> list[Path]:
    paths = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [path for path in paths if listing.exercises(path.name[:2])]


def test_a_chapter_holds_all_its_exercises_and_its_solutions_get_every_point_and_its_stubs_none():
    for path in chapters_with_exercises():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        held = {cell["metadata"]["minivid"]["exercise"] for cell in cells if "minivid" in cell["metadata"]}
        assert held == {exercise.id for exercise in listing.exercises(path.name[:2])}
        solved = grade(ROOT / "solutions" / path.name, handed_out=path)
        assert solved.points == solved.out_of, solved.table()
        untouched = grade(path, handed_out=path)
        assert untouched.points == 0, untouched.table()

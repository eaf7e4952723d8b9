"""The notebooks are what their sources say. That each runs to its end is nbval's to find: `minivid test` gives it both trees."""

from pathlib import Path

from minivid.course import build

ROOT = Path(__file__).parents[1]


def test_no_built_notebook_has_drifted_leaked_or_would_break():
    assert build.problems(ROOT) == []


def test_every_chapter_has_both_notebooks_and_no_notebook_lacks_its_chapter():
    chapters = {path.stem for path in (ROOT / "solutions").glob("[0-9]*.py")}
    assert chapters, "a course has chapters"
    assert {path.stem for path in (ROOT / "solutions").glob("*.ipynb")} == chapters
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == chapters

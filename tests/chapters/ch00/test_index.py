"""The front door says only what it has looked up."""

import pytest

from minivid.chapters.ch00.index import DoctorTable, ProgressTable, chapter_map, chapters_on_the_map
from minivid.course import listing
from minivid.course.outcome import Outcome, Verdict
from minivid.course.progress import OPEN, Standing
from minivid.doctor import Finding


@pytest.fixture
def folder(tmp_path):
    for name in ("00_index.ipynb", "03_vdm.ipynb", "12_editing.ipynb", "99_notes.ipynb", "05_dit.py"):
        (tmp_path / name).touch()
    return tmp_path


def states(text: str) -> dict[int, str]:
    return {int(line[:2]): line[44:].strip() for line in text.splitlines()}


def test_a_chapter_is_here_when_its_notebook_is(folder, monkeypatch):
    monkeypatch.chdir(folder)
    seen = states(repr(chapter_map()))
    assert [number for number, state in seen.items() if state.startswith("is here")] == [3, 12]
    assert set(seen.values()) >= {"to come"}


def test_the_chapters_here_are_links_beside_the_index(folder):
    page = chapter_map(folder)._repr_html_()
    assert (
        'href="03_vdm.ipynb"' in page
        and page.count("href=") == 2
        and page.count("to come") == len(chapters_on_the_map()) - 2
    )


def test_exercises_and_points_are_counted(folder):
    several = listing.exercises("03")
    points = sum(exercise.points for exercise in several)
    assert states(repr(chapter_map(folder)))[3] == f"is here · {len(several)} exercises, {points} points"
    assert states(repr(chapter_map(folder)))[12] == "is here"


def test_away_from_all_notebooks_the_course_s_own_are_counted_and_nothing_is_linked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "href" not in chapter_map()._repr_html_()


def test_every_chapter_but_the_index_is_on_the_map_in_order_with_its_promise():
    chapters = chapters_on_the_map()
    assert list(chapters) == sorted({*listing.folders()} - {"00"}) and all(c.promise for c in chapters.values())
    page = chapter_map()._repr_html_()
    assert page.index("The core") < page.index(chapters["03"].title) < page.index("And on from there")
    assert page.index("And on from there") < page.index(chapters["13"].title)


def test_the_doctor_s_table_marks_what_is_amiss_and_says_what_to_do():
    sick = DoctorTable([Finding("disk", "0.1 GB <free>", False, "run `df`"), Finding("python", "3.12")])
    page = sick._repr_html_()
    assert "1 of 2 need a hand" in page and page.count("✘") == 1 and page.count("✔") == 1
    assert "<code>df</code>" in page and "&lt;free&gt;" in page
    assert "All is well" in DoctorTable([Finding("python", "3.12")])._repr_html_()
    assert repr(sick).endswith("1 of 2 need a hand.")


def test_the_table_of_progress_has_the_chapters_that_were_begun_and_what_is_next():
    tasks = listing.exercises("03")
    begun = Standing("03", "Film & noise", ((tasks[0], Outcome(Verdict.PASSED)), (tasks[1], OPEN)))
    idle = Standing("04", "Later", ((listing.exercises("04")[0], OPEN),))
    table = ProgressTable([begun, idle])
    points = f"1 of 2 passed, {tasks[0].points} of {tasks[0].points + tasks[1].points} points"
    assert points in repr(table) and "open: 3.2" in repr(table) and "Later" not in repr(table)
    assert "Next: Exercise 3.2" in repr(table)
    assert points in table._repr_html_() and "Film &amp; noise" in table._repr_html_()
    done = Standing("03", "Film", ((tasks[0], Outcome(Verdict.PASSED)),))
    assert "all passed" in repr(ProgressTable([done])) and "Everything is passed." in repr(ProgressTable([done]))

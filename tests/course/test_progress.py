"""What `check` keeps of a student's verdicts, where, and what is read from it."""

import importlib

import pytest
import torch

from minivid.course import check, listing
from minivid.course.outcome import Outcome, Verdict
from minivid.course.progress import FOLDER, next_exercise, read, remember, standings

module = importlib.import_module("minivid.course.check")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The mine/ of a course, in which a fresh kernel runs."""
    for name in ("bootstrap.py", "constraints.txt"):
        (tmp_path / name).touch()
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(module, "_checked", {})
    monkeypatch.delenv("MINIVID_GRADING", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return folder


def noise_clip(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    return x + eps, eps


def weighed(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    logsnr = logsnr.reshape(-1, 1, 1, 1, 1)
    return logsnr.sigmoid().sqrt() * x + (-logsnr).sigmoid().sqrt() * eps, eps


def standing(folder, number):
    return next(one for one in standings(folder) if one.number == number)


def test_a_check_in_mine_is_remembered_and_the_last_one_counts(mine):
    check("3.1", noise_clip)
    assert read(mine, "03")["3.1"].verdict is Verdict.WRONG
    check("3.1", weighed)
    three = standing(mine, "03")
    assert [task.id for task in three.passed] == ["3.1"] and three.begun
    assert three.points == listing.exercise("3.1").points
    assert three.most == sum(task.points for task in listing.exercises("03"))


def test_nothing_is_kept_elsewhere_nor_while_it_is_graded(mine, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIVID_GRADING", "award")
    check("3.1", noise_clip)
    monkeypatch.delenv("MINIVID_GRADING")
    monkeypatch.chdir(tmp_path)
    check("3.1", noise_clip)
    other = tmp_path / "other" / "mine"  # a folder of that name in which no course lies
    other.mkdir(parents=True)
    monkeypatch.chdir(other)
    check("3.1", noise_clip)
    assert [path for path in tmp_path.rglob("*") if path.name == FOLDER] == []


def test_no_answer_is_kept(mine):
    check("3.1", noise_clip)
    kept = (mine / FOLDER / "03.json").read_text()
    assert "noise_clip" not in kept and len(kept) < 100


def test_a_file_that_cannot_be_read_is_no_progress_and_a_check_still_says_how_it_stands(mine, capsys):
    (mine / FOLDER).mkdir()
    for kept in ("{", "[1]", '{"3.1": {"verdict": "GREAT", "points": 1}}', '{"3.1": 4}'):
        (mine / FOLDER / "03.json").write_text(kept)
        assert not standing(mine, "03").begun
    (mine / FOLDER / "03.json").unlink()
    (mine / FOLDER).rmdir()
    (mine / FOLDER).write_text("a file where a folder should be")
    check("3.1", noise_clip)
    assert "3.1" in capsys.readouterr().out


def test_points_in_part_count_and_do_not_pass(mine):
    task = listing.exercise("3.12")
    remember(task, Outcome(Verdict.PARTLY, points=2))
    three = standing(mine, "03")
    assert three.points == 2 and task.id in [one.id for one in three.open]


def test_the_next_exercise_is_an_open_one_where_one_is_at_work(mine):
    assert next_exercise(standings(mine)).id == "1.1"
    remember(listing.exercise("3.1"), Outcome(Verdict.PASSED))
    assert next_exercise(standings(mine)).id == "3.2"
    for task in listing.exercises("03"):
        remember(task, Outcome(Verdict.PASSED))
    assert next_exercise(standings(mine)).id == "1.1", "a chapter that is done is left"


def test_everything_passed_leaves_no_next_one(mine):
    for number in listing.folders():
        for task in listing.exercises(number):
            remember(task, Outcome(Verdict.PASSED))
    assert next_exercise(standings(mine)) is None
    assert all(one.points == one.most for one in standings(mine))

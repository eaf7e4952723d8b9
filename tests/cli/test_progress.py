"""`minivid progress` says what mine/progress holds, and which models are there."""

from minivid.course import listing
from minivid.course.outcome import Outcome, Verdict
from minivid.course.progress import remember


def test_it_tells_passed_open_points_next_and_models(minivid, tmp_path, monkeypatch):
    for name in ("bootstrap.py", "constraints.txt"):
        (tmp_path / name).touch()
    (tmp_path / "mine/runs/own").mkdir(parents=True)
    (tmp_path / "mine/runs/own/own.safetensors").touch()
    (tmp_path / "mine/runs/own/state.safetensors").touch()
    monkeypatch.setattr("minivid.cli.progress.course_root", lambda: tmp_path)
    remember(listing.exercise("3.1"), Outcome(Verdict.PASSED), tmp_path / "mine")
    code, told, _ = minivid("progress")
    several = listing.exercises("03")
    three = next(line for line in told.splitlines() if line.startswith("3 "))
    assert code == 0 and f"1 of {len(several)}" in three
    assert f"{several[0].points} of {sum(task.points for task in several)}" in three
    assert three.endswith(", ".join(task.id for task in several[1:]))
    assert next(line for line in told.splitlines() if line.startswith("1 ")).endswith("all"), "a chapter not begun"
    assert "next: Exercise 3.2" in told
    assert "vdm-small" in told and told.rstrip().endswith("your own: own")

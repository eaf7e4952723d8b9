"""A class graded side by side: whose, what is done already, what each gets back; one bad notebook costs no other."""

import csv
import json

import pytest

from minivid.cli import main
from minivid.course import class_page, classroom, confinement, feedback
from minivid.course.classroom import Graded, Submission, graded, read_journal, submissions, table
from minivid.course.grades import Grade, GradeReport
from minivid.course.submission import SubmissionError


def report(*marks, problem="") -> GradeReport:
    """Exercises 3.1, 3.2 … with (verdict, probe, message, private)."""
    grades = [
        Grade(f"3.{n}", "Title", 2 * (verdict == "passed"), 2, verdict, message, 0.1, probe, private)
        for n, (verdict, probe, message, private) in enumerate(marks, 1)
    ]
    return GradeReport("03_vdm.ipynb", "03", tuple(grades), problem)


PASSED = ("passed", "", "", False)
WRONG = ("wrong", "levels", "The levels are others.", False)
HIDDEN = ("wrong", "secret", "The answer is 42.", True)
ENDED = ("wrong", "", "Your code ended the Python process that it ran in.", False)
CLASS = [
    Graded("anna", "a/03_vdm.ipynb", "1", report(PASSED, PASSED)),
    Graded("ben", "b/03_vdm.ipynb", "2", report(WRONG, HIDDEN)),
    Graded("cem", "c/03_vdm.ipynb", "3", report(WRONG, ENDED)),
    Graded("dora", "d/03_vdm.ipynb", "4", report(problem="It is no notebook.")),
]


@pytest.mark.parametrize(
    "file, student, alone",
    [
        ("anna/03_vdm.ipynb", "anna", "anna"),
        ("ben/ch03/03_vdm.IPYNB", "ben", "ch03"),
        ("cem_03_vdm.ipynb", "cem_03_vdm", "cem_03_vdm"),
    ],
)
def test_whose_a_notebook_is(tmp_path, file, student, alone):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "x.ipynb").touch()
    assert submissions([tmp_path]) == [Submission(student, tmp_path / file)]
    assert submissions([tmp_path / file]) == [Submission(alone, tmp_path / file)]


def test_a_place_without_notebooks_is_a_sentence(tmp_path):
    with pytest.raises(SubmissionError, match="no notebook in"):
        submissions([tmp_path])
    with pytest.raises(SubmissionError, match="no file or folder"):
        submissions([tmp_path / "nowhere"])


def test_a_row_for_each_with_every_exercise_in_order_and_what_to_look_at():
    rows = table(CLASS)
    assert list(rows[0])[3:5] == ["3.1", "3.2"] and [row["points"] for row in rows] == [4, 0, 0, 0]
    assert rows[3]["3.1"] == "" and [bool(row["flags"]) for row in rows] == [False, False, True, True]
    assert classroom.in_order("3.10") > classroom.in_order("3.9")


def test_the_feedback_has_the_hint_and_never_a_private_probe_s():
    for text in (feedback.markdown(CLASS[1]), feedback.page(CLASS[1])):
        assert "The levels are others." in text and "42" not in text and "instructor" in text
    assert "It is no notebook." in feedback.markdown(CLASS[3])


def test_the_class_page_counts_mistakes_by_name_and_escapes_what_students_write():
    assert class_page.mistakes([one.report.grades[0] for one in CLASS[:3]]) == "levels ×2"
    bad = Graded("<script>", "e/03_vdm.ipynb", "5", report(problem="<b>"))
    text = class_page.page([*CLASS, bad])
    assert "5 submissions" in text and "data:image/png" in text and "<script>" not in text and "Your code ended" in text
    assert "data:image/png" not in class_page.page([CLASS[3]])


def test_a_mistake_that_costs_a_part_is_counted_and_a_model_that_reaches_a_part_is_none():
    in_part, of_model = ("in part", "levels", "", False), ("in part", "", "", False)
    assert class_page.mistakes(report(WRONG, in_part, of_model, PASSED).grades) == "levels ×2"


def test_a_line_of_an_older_grader_is_kept_and_what_could_not_be_graded_is_tried_again(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "03_vdm.ipynb").write_text("a")
    monkeypatch.setattr(classroom, "_side_by_side", lambda left, *_: ((one, report(PASSED)) for one in left))
    journal, handed_in = tmp_path / "grades.jsonl", submissions([tmp_path])
    list(graded(handed_in, journal))
    fields = json.loads(journal.read_text())
    del fields["report"]["odd"]
    journal.write_text(json.dumps(fields) + "\n")
    assert [one.report.odd for one in read_journal(journal)] == [()]
    fields["report"]["problem"] = "Grading it failed."
    journal.write_text(json.dumps(fields) + "\n")
    (again,) = graded(handed_in, journal, resume=True)
    assert not again.report.problem and len(journal.read_text().splitlines()) == 1


def test_better_weights_beside_the_same_notebook_are_another_submission(tmp_path):
    notebook = tmp_path / "03_vdm.ipynb"
    notebook.write_text("n")
    found = [classroom.fingerprint(notebook)]
    for weights in (b"1", b"2"):
        (tmp_path / "03_vdm.safetensors").write_bytes(weights)
        found.append(classroom.fingerprint(notebook))
    assert len(set(found)) == 3 and classroom.fingerprint(tmp_path / "none.ipynb") == ""


def test_what_is_in_the_journal_is_not_graded_again_unless_it_has_changed(tmp_path, monkeypatch):
    asked = []

    def side_by_side(left, jobs, options):
        asked.extend(one.student for one in left)
        return ((one, report(PASSED)) for one in left)

    monkeypatch.setattr(classroom, "_side_by_side", side_by_side)
    for student in "abc":
        (tmp_path / student).mkdir()
        (tmp_path / student / "03_vdm.ipynb").write_text(student)
    journal, handed_in = tmp_path / "grades.jsonl", submissions([tmp_path])
    first = list(graded(handed_in, journal))
    assert asked == ["a", "b", "c"] and read_journal(journal) == first
    whole = journal.read_text().splitlines()
    journal.write_text("\n".join([*whole[:2], whole[2][:40]]))  # killed while it wrote
    (tmp_path / "a" / "03_vdm.ipynb").write_text("another")
    asked.clear()
    again = list(graded(handed_in, journal, resume=True))
    assert sorted(asked) == ["a", "c"] and {one.student for one in again} == {"a", "b", "c"}
    asked.clear()
    assert len(list(graded(handed_in, journal, resume=True))) == 3 and asked == []  # nothing stands behind half a line


def test_what_was_graded_on_other_terms_is_graded_anew(tmp_path, monkeypatch):
    asked, own = [], tmp_path / "own"
    own.mkdir()
    (own / "mine.py").write_text("PROBES = {}")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.ipynb").write_text("a")
    monkeypatch.setattr(
        classroom, "_side_by_side", lambda left, *_: asked.extend(left) or ((one, report(PASSED)) for one in left)
    )
    journal, handed_in = tmp_path / "grades.jsonl", submissions([tmp_path / "in"])

    def again(**options) -> int:
        """How many are graded, with these options, that were not graded so before."""
        asked.clear()
        list(graded(handed_in, journal, resume=True, **options))
        return len(asked)

    assert [again(timeout_s=60.0, private=own) for _ in range(2)] == [1, 0]
    assert [again(timeout_s=30.0, private=own) for _ in range(2)] == [1, 0]
    (own / "mine.py").write_text("PROBES = {'3.1': ()}")
    assert [again(timeout_s=30.0, private=own) for _ in range(2)] == [1, 0]


DYING = """
import os
from minivid.course.grades import GradeReport

def grade(notebook, kernels=None):
    if "bad" in str(notebook):
        os._exit(1)
    if "odd" in str(notebook):
        raise OSError("no space left")
    return GradeReport(notebook.name, "03", ())
"""


def test_a_notebook_that_ends_its_grader_costs_no_other(tmp_path, monkeypatch):
    (tmp_path / "dying.py").write_text(DYING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(classroom, "grade", __import__("dying").grade)
    for student in ("anna", "bad", "odd"):
        (tmp_path / "in" / student).mkdir(parents=True)
        (tmp_path / "in" / student / "03_vdm.ipynb").touch()
    results = {one.student: one.report for one in graded(submissions([tmp_path / "in"]), jobs=2)}
    assert results["anna"].problem == ""
    assert "ended the grader itself" in results["bad"].problem and "no space left" in results["odd"].problem


def test_a_class_from_the_command_line(course, tmp_path, capsys):
    for student, cells in (("anna", {"3.1": course.right("3.1")}), ("ben", {})):
        course.submission(tmp_path / "in" / student / "03_small.ipynb", cells)
    (tmp_path / "in" / "cem").mkdir()
    (tmp_path / "in" / "cem" / "03_small.ipynb").write_text("{ half")
    files = [
        "--json",
        str(tmp_path / "g.jsonl"),
        "--csv",
        str(tmp_path / "g.csv"),
        "--feedback",
        str(tmp_path / "back"),
    ]
    with pytest.raises(SystemExit) as end:
        main(["grade", str(tmp_path / "in"), *files, "--jobs", "2"])
    assert end.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["anna", "ben", "cem"] and "look at it" in lines[2]
    rows = list(csv.DictReader((tmp_path / "g.csv").open()))
    assert [row["3.1"] for row in rows] == ["2", "0", "0"]
    assert len([json.loads(line) for line in (tmp_path / "g.jsonl").read_text().splitlines()]) == 3
    with pytest.raises(SystemExit) as end:
        main(["grade", str(tmp_path / "in"), *files])
    assert end.value.code == 2 and "already holds grades: --resume" in capsys.readouterr().err
    assert (tmp_path / "back" / "anna" / "03_small.html").is_file() and (tmp_path / "back" / "class.html").is_file()


@pytest.mark.skipif(confinement.version() < 1, reason="this machine has no Landlock")
def test_a_student_reads_no_other_s_grades(course, tmp_path):
    """Neither those of this run, nor what an earlier one has left."""
    grades = tmp_path / "grades"
    (grades / "back" / "anna").mkdir(parents=True)
    (grades / "g.csv").write_text("anna,2")
    (grades / "back" / "anna" / "03_small.md").write_text("2 of 2 points")
    course.submission(tmp_path / "in" / "anna" / "03_small.ipynb", {"3.1": course.right("3.1")})
    told = "open(at).read() if os.path.isfile(at) else os.listdir(at)"
    curious = "".join(
        f"    at = {str(grades / name)!r}\n    try: told.append({told})\n    except OSError as error: told.append(type(error).__name__)\n"
        for name in ("g.jsonl", "g.csv", "back/anna/03_small.md")
    )
    head = course.right("3.1").split(":\n")[0]
    wrong = f"import os\n{head}:\n    told = []\n{curious}    raise RuntimeError(' and '.join(map(str, told)))\n"
    course.submission(tmp_path / "in" / "ben" / "03_small.ipynb", {"3.1": wrong})
    unseen = (grades / "g.csv", grades / "back")
    results = {
        one.student: one.report for one in graded(submissions([tmp_path / "in"]), grades / "g.jsonl", unseen=unseen)
    }
    (message,) = [one.message for one in results["ben"].grades if one.id == "3.1"]
    assert "anna" in (grades / "g.jsonl").read_text() and results["anna"].points == 2
    assert "PermissionError and PermissionError and PermissionError" in message, message


@pytest.mark.skipif(confinement.version() < 1, reason="this machine has no Landlock")
def test_graded_alone_a_student_does_not_read_the_grades_that_are_there(course, tmp_path):
    grades = tmp_path / "grades.json"
    grades.write_text(course.right("3.1"))  # had it read that, it would be right
    copied = f"exec(open({str(grades)!r}).read())\n"
    path = course.submission(tmp_path / "anna" / "03_small.ipynb", {"3.1": copied, "3.3": course.right("3.3")})
    with pytest.raises(SystemExit) as end:
        main(["grade", str(path), "--json", str(grades)])
    points = {one["id"]: one["points"] for one in json.loads(grades.read_text())["grades"]}
    assert end.value.code == 0 and (points["3.1"], points["3.3"]) == (0, 3)


@pytest.mark.parametrize("found, words", [(0, "not confined"), (3, "files alone"), (5, "free to end others"), (6, "")])
def test_an_instructor_is_told_what_a_machine_cannot_confine(monkeypatch, capsys, found, words):
    from minivid.cli import grade as command

    monkeypatch.setattr("minivid.course.confinement.version", lambda: found)
    command._say_what_is_open()
    said = capsys.readouterr().err
    assert words in said and bool(said) == bool(words)


@pytest.mark.parametrize(
    "words, sentence",
    [
        ((), "which notebook"),
        (("in", "--resume"), "name that file too"),
        (("in", "--jobs", "0"), "jobs is 0"),
        (("in", "--wall", "0"), "a wall of 0 seconds"),
        (("in", "--memory", "-1"), "memory is -1 GiB"),
        (("in", "--csv", "no/such.csv"), "there is no folder no"),
        (("in",), "there is no notebook in in"),
        (("in", "nowhere"), "there is no file or folder nowhere"),
    ],
)
def test_bad_words_are_one_sentence(tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    if "nowhere" in words:
        (tmp_path / "in" / "03_vdm.ipynb").touch()
    with pytest.raises(SystemExit) as end:
        main(["grade", *words])
    said = capsys.readouterr().err
    assert end.value.code == 2 and sentence in said and said.count("\n") == 1

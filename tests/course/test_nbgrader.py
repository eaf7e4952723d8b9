"""nbgrader's own path, as GRADING.md has it: from the built instructor's notebook over an exchange to grade book, feedback and export.

One run grades every kind of submission, since each costs a kernel.
"""

import csv
import html
import json

from nbgrader.api import Gradebook

from minivid.course.grade import grade

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
        "patched": (answers("uniform_noise", "deviation_for_variance", "not_scaled", first=PATCH), [0, 0, 0]),
        "award": (right | {"3.1": course.answer("3.1", "uniform_noise") + "\naward = lambda *_: None"}, [0, 3, 4]),
        "exception": (right | {"3.1": forgotten, "3.5": course.answer("3.5", "mask_inverted")}, [0, 3, 0]),
    }


CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'video'\nc.Exchange.root = {exchange!r}\n"
LARGEST = 500_000
"""Bytes that a student's executed notebook and feedback may have."""


def test_nbgrader_grades_what_was_built_and_one_failure_drags_no_other_down(course, nbgrader, tmp_path):
    expected, home, me = submissions(course), tmp_path / "course", tmp_path / "student"
    for folder in (home, me, tmp_path / "exchange"):
        folder.mkdir()
        (folder / "nbgrader_config.py").write_text(CONFIG.format(exchange=str(tmp_path / "exchange")))
    (tmp_path / "exchange").chmod(0o777)
    source = home / "source" / "ch03" / "03_small.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes(course.solved.read_bytes())
    nbgrader(home, "generate_assignment", "ch03", "--create")
    nbgrader(home, "release_assignment", "ch03")

    nbgrader(me, "fetch_assignment", "ch03")
    fetched = me / "ch03" / "03_small.ipynb"
    assert "### BEGIN SOLUTION" not in fetched.read_text()
    course.submission(fetched, {"3.3": course.right("3.3")})
    nbgrader(me, "submit", "ch03")
    nbgrader(home, "collect", "ch03")
    (collected,) = (home / "submitted").iterdir()
    expected[collected.name] = ({}, [0, 3, 0])

    for student, (cells, _) in expected.items():
        if student != collected.name:
            course.submission(home / "submitted" / student / "ch03" / "03_small.ipynb", cells)
    nbgrader(home, "autograde", "ch03", "--create")
    nbgrader(home, "generate_feedback", "ch03", f"--student={collected.name}")
    nbgrader(home, "export")

    with Gradebook(f"sqlite:///{home / 'gradebook.db'}") as book:
        points = {
            student: [
                book.find_grade(f"award-{number}", "03_small", "ch03", student).auto_score
                for number in ("3-1", "3-3", "3-5")
            ]
            for student in expected
        }
    assert points == {student: list(map(float, scores)) for student, (_, scores) in expected.items()}
    with (home / "grades.csv").open() as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == {
            student: float(sum(scores)) for student, (_, scores) in expected.items()
        }

    feedback = home / "feedback" / collected.name / "ch03" / "03_small.html"
    executed = [home / "autograded" / student / "ch03" / "03_small.ipynb" for student in expected]
    assert max(file.stat().st_size for file in executed) + feedback.stat().st_size < LARGEST
    untouched = (home / "autograded" / "untouched" / "ch03" / "03_small.ipynb").read_text()
    said = [cell for cell in json.loads(untouched)["cells"] if cell["cell_type"] == "code"]
    failed = [cell["id"] for cell in said if any(output["output_type"] == "error" for output in cell["outputs"])]
    assert failed == ["award-3-1", "award-3-3", "award-3-5"], "the untouched notebook runs to its end"
    for cell in said:
        if cell["id"].startswith("exercise"):
            assert "The chapter goes on with the library's" in json.dumps(cell["outputs"])


DECIDES = "import sys\nc = sys.modules['minivid.course.check']\nc.examine = lambda *_: c.Outcome(c.Verdict.PASSED)\n"


def test_nbgrader_alone_decides_otherwise_where_grading_md_says_so(course, nbgraded, tmp_path):
    """One gives himself points, the answer of another lives from what the chapter has computed."""
    of_the_chapter = course.right("3.3").replace("return mean, ", "return mean + 0 * eps.sum(), ")
    handed_in = {
        "patched": ({"3.1": DECIDES + course.answer("3.1", "uniform_noise"), "3.5": course.right("3.5")},),
        "leans": ({"3.3": of_the_chapter, "3.5": course.right("3.5")},),
    }
    ours = {}
    for student, submitted in handed_in.items():
        path = course.submission(tmp_path / student / "03_small.ipynb", *submitted)
        report = grade(path, handed_out=course.handed_out)
        ours[student] = [one.points for one in report.grades if one.id in ("3.1", "3.3", "3.5")]
    assert ours == {"patched": [0, 0, 4], "leans": [0, 0, 4]}
    assert nbgraded(handed_in, judged=False) == {"patched": [2, 3, 4], "leans": [0, 3, 4]}


PRIVATE = """from minivid.course.exercise import Probe
PROBES = {"3.5": (Probe("quite alone", ("Not with one frame.", "Nowhere.", "None."), lambda seed: {}, lambda obj, inputs: {"one": 1}, lambda arrays, inputs: False),)}
"""


def test_parts_of_points_and_private_probes_count_there_too_and_are_not_told(course, nbgrader, nbgraded, tmp_path):
    private = tmp_path / "private"
    private.mkdir()
    (private / "mine.py").write_text(PRIVATE)
    cells = {
        "3.1": course.right("3.1"),
        "3.3": course.right("3.3").replace("(1 - kept) * alpha_s * x", "x"),
        "3.5": course.right("3.5"),
    }
    path = course.submission(tmp_path / "one" / "03_small.ipynb", cells)
    report = grade(path, handed_out=course.handed_out, private=private, partial=True)
    ours = [one.points for one in report.grades if one.id in cells]
    assert ours == [2, 1, 3], report.table()
    more = f"c.Judged.partial = True\nc.Judged.private = {str(private)!r}\n"
    assert nbgraded({"one": (cells,)}, more=more) == {"one": ours}
    home = tmp_path / "nbgraded"
    nbgrader(home, "generate_feedback", "ch03")
    page = (home / "feedback" / "one" / "ch03" / "03_small.html").read_text()
    assert "Exercise 3.3: 1 of 3 points (in part). 2 of 4 questions are answered right." in page
    assert (
        "A check of your instructor's own has not passed." in html.unescape(page) and "Not with one frame" not in page
    )

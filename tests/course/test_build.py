"""The builder: byte-stable notebooks without outputs, and a sentence for whatever is amiss."""

import json
from textwrap import indent

import nbformat
import pytest

from minivid.course import build

ROOT_FILES = ("notebooks/03_small.ipynb", "solutions/03_small.ipynb")
BODY = "    mean_of_something_long = x + z_t\n    return mean_of_something_long, 1\n"
GOOD = f"""\
# %% [markdown]
# #### Exercise 3.3

# %% exercise="3.3"
def posterior(x, z_t, logsnr_s, logsnr_t):
    ### BEGIN SOLUTION
{BODY}    ### END SOLUTION

posterior = check("3.3", posterior)

# %% award="3.3"
award("3.3")
"""


@pytest.fixture
def found(tmp_path):
    """What the builder finds amiss in a source, drift left out."""

    def problems(source: str, name: str = "03_other.py") -> str:
        (tmp_path / "solutions").mkdir(exist_ok=True)
        (tmp_path / "solutions" / name).write_text(source)
        sentences = build.problems(tmp_path)
        return "\n".join(sentence for sentence in sentences if "missing: run" not in sentence)

    return problems


def cells(course, path):
    return {cell.id: cell for cell in nbformat.read(course.root / path, as_version=4).cells}


def test_building_again_changes_no_byte_and_finds_no_drift(course):
    before = [(course.root / name).read_bytes() for name in ROOT_FILES]
    written = build.build(course.root)
    assert [path.relative_to(course.root).as_posix() for path in written] == list(ROOT_FILES)
    assert [(course.root / name).read_bytes() for name in ROOT_FILES] == before
    assert build.problems(course.root) == []


@pytest.mark.parametrize("name", ROOT_FILES)
def test_a_notebook_is_valid_has_no_outputs_and_ends_in_a_newline(course, name):
    notebook = nbformat.read(course.root / name, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
    text = (course.root / name).read_text()
    assert text.endswith("}\n")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_student_gets_a_stub_and_the_instructor_the_solution(course):
    student, instructor = (cells(course, name)["exercise-3-3"].source for name in ROOT_FILES)
    assert "raise NotImplementedError" in student
    assert "SOLUTION" not in student
    assert "sigma_s**2" in instructor
    assert student.splitlines()[0] == instructor.splitlines()[0] == "def posterior(x, z_t, logsnr_s, logsnr_t):"
    assert "def __init__" in cells(course, ROOT_FILES[0])["exercise-3-5"].source


def test_nbgrader_s_metadata_and_points_are_added(course):
    notebook = cells(course, ROOT_FILES[0])
    assert notebook["award-3-3"].metadata.nbgrader == {
        "grade": True,
        "grade_id": "award-3-3",
        "locked": True,
        "points": 3,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    assert notebook["exercise-3-3"].metadata.nbgrader.solution is True


def test_a_cell_keeps_its_id_when_cells_are_added_around_it():
    source = "# %%\nfirst = 1\n\n# %%\nsecond = 2\n"
    ids = {cell.source: cell.id for cell in build.instructor(source, "03").cells}
    more = {cell.source: cell.id for cell in build.instructor("# %%\nzeroth = 0\n\n" + source, "03").cells}
    assert ids.items() <= more.items()


def test_equal_cells_get_different_ids():
    cells = build.instructor("# %%\nx = 1\n\n# %%\nx = 1\n", "03").cells
    assert len({cell.id for cell in cells if cell.source == "x = 1"}) == 2


def test_hidden_tests_do_not_reach_the_student(tmp_path):
    hidden = "\n# %%\nx = 1\n### BEGIN HIDDEN TESTS\nassert secret == 1\n### END HIDDEN TESTS\n"
    notebook = build.student(build.instructor(GOOD + hidden, "03"))
    assert "secret" not in build.text_of(notebook)


def test_a_heading_gets_title_stars_minutes_and_points(course):
    heading = next(cell.source for cell in cells(course, ROOT_FILES[0]).values() if "Exercise 3.3" in cell.source)
    assert heading.splitlines()[0] == "#### Exercise 3.3 · The posterior, one step back · ★★☆ · 15 minutes · 3 points"


@pytest.mark.parametrize("more", ["", f"\n# %%\n{BODY.splitlines()[0].strip()}\n"])
def test_a_good_source_has_no_problems_even_when_it_shows_one_line_of_a_solution(found, more):
    assert found(GOOD + more) == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s.replace('award("3.3")\n', "pass\n"), 'does not call award("3.3")'),
        (lambda s: s.split("# %% award")[0], "has no award cell"),
        (lambda s: s.replace("#### Exercise 3.3", "Write it."), "has no heading"),
        (lambda s: s.replace("Exercise 3.3", "Exercise 3.3 · Easy · 1 minute"), "is not `Exercise 3.3 · The posterior"),
        (lambda s: s.replace('posterior = check("3.3", posterior)', ""), "no check before it"),
        (lambda s: s.replace("3.3", "3.77"), "There is no exercise '3.77'"),
        (lambda s: s + "\n" + s, 'exercise="3.3" stands at 2 cells'),
        (lambda s: s.replace("    ### END SOLUTION\n", ""), "do not pair"),
        (lambda s: s.replace("### BEGIN", "#").replace("### END", "#"), "has no ### BEGIN SOLUTION"),
        (lambda s: s.replace('# %% exercise="3.3"', "# %%"), "its marker does not say"),
        (lambda s: s + "\n# %% exercise 3.3\nx = 1\n", "it can say [markdown], setup"),
        (lambda s: s + '\n# %% exersise="3.3"\nx = 1\n', "'exersise'"),
        (lambda s: s + '\n# %%\ntext = """\n# %% not a cell\n"""\n', "line 18 begins with `# %%` inside a string"),
        (lambda s: s + "\n# %%\nx = (\n", "is not Python"),
        (lambda s: s + "\n# %% [markdown]\n# $$a\n# + b$$\n", "`+ b$$` stands first on a line of a formula"),
        (lambda s: f"{s}\n# %%\ndef again(x, z_t):\n{BODY}", "can be read in the student's notebook"),
        (
            lambda s: f"{s}\n# %% [markdown]\n# ```\n{indent(BODY, '# ')}# ```\n",
            "can be read in the student's notebook",
        ),
    ],
)
def test_a_problem_is_a_sentence(found, change, sentence):
    assert sentence in found(change(GOOD))


def test_nothing_is_written_while_a_source_has_problems(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "02_good.py").write_text("# %%\nx = 1\n")
    (tmp_path / "solutions" / "03_bad.py").write_text("# %%\nx = (\n")
    with pytest.raises(build.SourceError, match=r"solutions/03_bad\.py: line"):
        build.build(tmp_path)
    assert not list(tmp_path.rglob("*.ipynb"))


def test_drift_a_missing_notebook_and_an_orphan_are_named(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "03_other.py").write_text(GOOD)
    assert "notebooks/03_other.ipynb is missing" in "\n".join(build.problems(tmp_path))
    build.build(tmp_path)
    path = tmp_path / "notebooks" / "03_other.ipynb"
    path.write_text(path.read_text().replace("not written", "NOT written"))
    (tmp_path / "notebooks" / "04_orphan.ipynb").write_text("{}")
    sentences = "\n".join(build.problems(tmp_path))
    assert "notebooks/03_other.ipynb is not what its source builds" in sentences
    assert "notebooks/04_orphan.ipynb has no source" in sentences
    assert "solutions/03_other.ipynb" not in sentences

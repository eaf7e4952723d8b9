"""The grader's verdict on whatever a submission may hold."""

import json

import pytest

from minivid.course.grade import grade, hidden
from minivid.course.throwaway_kernel import Kernels

ENDLESS = "while True:\n        pass"


@pytest.fixture(scope="module")
def kernels():
    with Kernels(hidden=hidden([])) as them:
        yield them


@pytest.fixture
def graded(course, kernels, tmp_path):
    def run(cells=None, edit=lambda notebook: None, timeout_s=20.0, **options):
        path = course.submission(tmp_path / "03_small.ipynb", cells or {}, edit)
        known = {} if "private" in options else {"kernels": kernels}
        report = grade(path, timeout_s=timeout_s, handed_out=course.handed_out, **known, **options)
        return report, {result.id: result for result in report.grades if result.id in ("3.1", "3.3", "3.5")}

    return run


def function(body):
    return f"def posterior(x, z_t, logsnr_s, logsnr_t):\n    {body}\n\nposterior = check('3.3', posterior)"


def test_an_untouched_notebook_gets_no_points_and_the_solutions_all(course, graded):
    _, untouched = graded()
    assert {result.points for result in untouched.values()} == {0}
    assert {result.verdict for result in untouched.values()} == {"not attempted"}
    solved = grade(course.solved, handed_out=course.handed_out)
    assert [r.points for r in solved.grades if r.id in untouched] == [2, 3, 4]
    assert json.loads(solved.to_json())["points"] == 9
    assert "3.5" in solved.table()


def test_second_right_answers_pass_from_cells_that_were_copied_stripped_or_moved_to_new_ones(course, graded):
    def edit(notebook):
        cells = notebook["cells"]
        by_id = {cell["id"]: cell for cell in cells}
        cells.append(
            dict(by_id["exercise-3-1"], source="# an older try\ndef noise_clip(*_): return 0")
        )  # a copy, put before
        cells.insert(1, cells.pop())
        by_id["exercise-3-3"] |= {"metadata": {}, "id": "abc"}  # metadata lost
        cells.remove(by_id["award-3-3"])
        cells.remove(next(cell for cell in cells if cell["metadata"].get("tags") == ["setup"]))  # set-up deleted
        answer = by_id["exercise-3-5"]["source"]
        by_id["exercise-3-5"]["source"] = ["raise NotImplementedError"]
        given = json.loads(course.handed_out.read_text())["cells"]
        by_id["exercise-3-5"]["source"] = next(cell["source"] for cell in given if cell["id"] == "exercise-3-5")
        helper, rest = answer.split("SECOND = ", 1)
        cells.append(
            {"cell_type": "code", "metadata": {}, "source": helper + "\nraise SystemExit", "outputs": [], "id": "own"}
        )
        mine = "class TemporalAttention(FrameByFrame):\n    pass\n\nTemporalAttention = check('3.5', TemporalAttention)"
        cells.append({"cell_type": "code", "metadata": {}, "source": mine, "outputs": [], "id": "own-2"})
        assert rest

    report, results = graded({name: course.answer(name, "SECOND") for name in ("3.1", "3.3", "3.5")}, edit)
    assert [result.points for result in results.values()] == [2, 3, 4], report.table()


def test_an_endless_loop_or_a_dead_process_costs_its_own_exercise_only(course, graded):
    cells = {
        "3.1": f"def noise_clip(x, logsnr, generator):\n    {ENDLESS}",
        "3.3": function("import os; os._exit(0)"),
        "3.5": course.right("3.5"),
    }
    report, results = graded(cells, timeout_s=3.0)
    assert [result.points for result in results.values()] == [0, 0, 4], report.table()
    assert "does a loop never end" in results["3.1"].message
    assert "ended the Python process" in results["3.3"].message


def test_memory_exceptions_and_a_loop_in_c_are_sentences(course, graded):
    cells = {
        "3.1": "noise_clip = lambda x, logsnr, generator: torch.ones(2**36).sum()",
        "3.3": "import itertools\nsum(itertools.repeat(0))\n" + course.right("3.3"),
        "3.5": "def helper(:\n    pass\n" + course.right("3.5"),
    }
    report, results = graded(cells, timeout_s=3.0)
    assert [result.points for result in results.values()] == [0, 0, 0], report.table()
    assert "memory" in results["3.1"].message
    assert "does a loop never end" in results["3.3"].message
    assert "SyntaxError" in results["3.5"].message


def test_nothing_that_a_student_patches_reaches_the_judge(course, graded):
    patched = (
        "import numpy as np, minivid.course.exercise, minivid.course.probing\n"
        "torch.allclose = np.allclose = lambda *_, **__: True\n"
        "np.abs = lambda x: 0 * x\n"
        "minivid.course.exercise.close = lambda *_, **__: True\n"
        "minivid.course.probing.decide = lambda *_: minivid.course.probing.Outcome('passed')\n"
        "check = lambda name, obj: obj\n"
    )
    cells = {
        "3.1": patched + course.answer("3.1", "uniform_noise"),
        "3.3": function(
            "from minivid.diffusion import posterior as library; return library(x, z_t, logsnr_s, logsnr_t)"
        ),
        "3.5": "class Equal:\n    __eq__ = __array__ = lambda *_: True\n"
        "class TemporalAttention(nn.Module):\n    __init__ = lambda self, *_: super(nn.Module, self).__init__()\n"
        "    load_state_dict = lambda *_: None\n    eval = lambda self: self\n    __call__ = lambda *_: Equal()",
    }
    report, results = graded(cells)
    assert [result.points for result in results.values()] == [0, 0, 0], report.table()
    assert "bell-shaped" in results["3.1"].message
    assert "which is the answer" in results["3.3"].message


def test_what_no_answer_may_do_is_found_from_what_the_kernel_has_recorded(course, graded):
    cells = {
        "3.1": course.right("3.1").replace("eps = ", "torch.rand(()); eps = "),
        "3.3": course.right("3.3").replace("(1 - kept) * sigma_s**2", "((1 - kept) * sigma_s**2).item()"),
        "3.5": course.right("3.5").replace("bias = bias.masked_fill(", "bias.masked_fill_("),
    }
    report, results = graded(cells)
    assert [result.points for result in results.values()] == [2, 0, 0], report.table()
    assert "The second value that `posterior` returns is a Python number" in results["3.3"].message
    assert "changed its argument `bias` in place" in results["3.5"].message and "Look for" in results["3.5"].message


def test_a_record_that_is_none_is_no_answer(course, graded):
    def left(fields: str, arrays: str) -> str:
        """A cell that leaves an answer of its own to every probe, where the grader will look for them, and ends its process."""
        return (
            "import json, os, pathlib, numpy as np\n"
            "for folder in filter(pathlib.Path.is_dir, pathlib.Path(os.environ['TMPDIR']).iterdir()):\n"
            "    for number in range(20):\n"
            f"        told = dict(problem='', not_attempted=False, raised=False, record={fields})\n"
            "        (folder / f'{number}.json').write_text(json.dumps(told))\n"
            f"        np.savez(folder / f'{{number}}.npz', **{arrays})\n"
            "os._exit(0)\n"
        )

    call = {"names": 3, "changed": ["[7]"], "types": {"": "torch.float32"}}
    cells = {
        "3.1": left("{'calls': [], 'again': []}", "{'answer.z': np.ones(3)}"),
        "3.3": left(f"{{'calls': [{call}], 'again': [{call}]}}", "{'answer.out': np.ones(3)}"),
        "3.5": left("{'calls': [], 'again': [], 'no_such': 1}", "{'answer.out': np.ones(3)}"),
    }
    report, results = graded(cells)
    assert [result.points for result in results.values()] == [0, 0, 0], report.table()
    assert "could not be compared" in results["3.1"].message  # it was read
    assert all("ended the Python process" in results[name].message for name in ("3.3", "3.5"))


def test_what_is_put_in_the_place_of_the_grader_s_parts_is_put_into_a_copy(course, graded):
    forged = "import minivid.course.answer_files as files\nfiles.written = files.write_answer = lambda *_: ({}, {})\n"
    report, results = graded({name: forged + course.right(name) for name in ("3.1", "3.3", "3.5")})
    assert [result.points for result in results.values()] == [2, 3, 4], report.table()
    assert any("names the grader's modules" in odd for odd in report.odd)


def test_a_part_counts_where_it_is_asked_for(course, graded):
    cells = {
        "3.1": course.right("3.1"),
        "3.3": course.right("3.3").replace(
            "(1 - kept) * alpha_s * x", "x"
        ),  # the variance and the weight of z_t are right
        "3.5": course.right("3.5").replace("class Temp", "raise ValueError('none of it')\nclass Temp"),
    }
    (plain, plainly), (report, in_part) = graded(cells), graded(cells, partial=True)
    assert [one.points for one in plainly.values()] == [2, 0, 0], plain.table()
    assert [one.points for one in in_part.values()] == [2, 3 * 2 // 5, 0], report.table()
    assert [one.verdict for one in in_part.values()] == ["passed", "in part", "wrong"]
    assert in_part["3.3"].message == f"2 of 4 questions are answered right. {plainly['3.3'].message}"
    assert in_part["3.3"].probe == "weight of x"


def test_what_breaks_a_rule_of_every_answer_keeps_a_part_and_the_library_s_answer_none(course, graded):
    lent = "from minivid.diffusion.objective import diffuse\n    return diffuse(x, eps, alpha, sigma), eps"
    cells = {
        "3.1": course.right("3.1").replace("return alpha * x + sigma * eps, eps", lent),
        "3.3": course.right("3.3").replace("(1 - kept) * sigma_s**2", "((1 - kept) * sigma_s**2).item()"),
    }
    report, results = graded(cells, partial=True)
    assert results["3.1"].points == 0 and "which is the answer" in results["3.1"].message, report.table()
    assert results["3.3"].points == 3 * 4 // 5 and "Python number" in results["3.3"].message, report.table()
    assert results["3.3"].message.startswith("4 of 4 questions")


def test_an_instructor_s_private_probes_count(course, graded, tmp_path):
    private = tmp_path / "private"
    private.mkdir()
    (private / "mine.py").write_text(
        "from minivid.course.exercise import Probe\n"
        "PROBES = {'3.5': (Probe('private', ('Not today.', 'Nowhere.', 'None.'), lambda seed: {}, lambda obj, inputs: {'one': 1},\n"
        "                        lambda arrays, inputs: False),)}\n"
    )
    _, results = graded({name: course.right(name) for name in ("3.3", "3.5")}, private=private)
    assert [result.points for result in results.values()] == [0, 3, 0]
    assert results["3.5"].message == "Not today. Nowhere."


@pytest.mark.parametrize("text", ["{ not json", "[]", '{"cells": [{"source": 3}]}', "\x00"])
def test_a_file_that_is_no_notebook_is_a_sentence(tmp_path, text):
    path = tmp_path / "03_small.ipynb"
    path.write_text(text)
    report = grade(path)
    assert "not a notebook that can be read" in report.problem
    assert report.points == 0
    assert report.out_of > 0


def test_a_notebook_of_no_chapter_is_a_sentence(tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text('{"cells": []}')
    assert "does not tell its chapter" in grade(path).problem


HELPERS = {
    "a lambda": "mix = lambda a, b, w: w * a + (1 - w) * b",
    "a partial": "from functools import partial\ndef blend(w, a, b): return w * a + (1 - w) * b\n"
    "mix = lambda a, b, w: partial(blend, w)(a, b)",
    "a number that is computed": "import math\nONE = math.sqrt(1.0)\nmix = lambda a, b, w: ONE * (w * a) + (1 - w) * b",
    "a tensor": "ONE = torch.tensor(1.0)\nmix = lambda a, b, w: w * a * ONE + (1 - w) * b",
    "two at once": "ONE, NONE = torch.ones(1), 0\nmix = lambda a, b, w: w * a * ONE + (1 - w) * b + NONE",
    "a try": "try:\n    import no_such_package\nexcept ImportError:\n    no_such_package = None\n"
    "def mix(a, b, w): return w * a + (1 - w) * b",
    "under an if": "if torch.cuda.is_available() or True:\n    def mix(a, b, w): return w * a + (1 - w) * b",
    "magics": "%matplotlib inline\n!exit 3\ntorch?\nmix = lambda a, b, w: w * a + (1 - w) * b",
    "a cell that is timed": "%%time\nmix = lambda a, b, w: w * a + (1 - w) * b",
    "an await": "import asyncio\nawait asyncio.sleep(0)\nmix = lambda a, b, w: w * a + (1 - w) * b",
    "before a line that fails": "def mix(a, b, w): return w * a + (1 - w) * b\nprint(not_there)",
    "behind a line that fails": "print(not_there)\ndef mix(a, b, w): return w * a + (1 - w) * b",
    "before a loop that never ends": "def mix(a, b, w): return w * a + (1 - w) * b\nwhile True:\n    pass",
}


def helped(course, helpers):
    """The cells of an answer to 3.1 in which each of the helpers takes its part, and the edit that adds theirs."""
    names = [f"mix_{number}" for number in range(len(helpers))]
    mixed = " + ".join(f"{name}(x, eps * sigma, alpha)" for name in names)
    answer = course.right("3.1").replace("alpha * x + sigma * eps", f"({mixed}) / {len(names)} + alpha * eps * sigma")
    own = [
        {"cell_type": "code", "metadata": {}, "source": source.replace("mix", name), "outputs": [], "id": name}
        for name, source in zip(names, helpers.values(), strict=True)
    ]

    def edit(notebook):
        at = next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == "exercise-3-1")
        notebook["cells"][at:at] = own

    return {"3.1": answer}, edit


def test_helpers_in_cells_of_one_s_own_are_there(course, graded):
    """A NameError names the one that is missing."""
    report, results = graded(*helped(course, HELPERS), timeout_s=5.0)
    assert results["3.1"].points == 2, report.table()


@pytest.mark.parametrize("line", ["torch.set_default_dtype(torch.float64)", "torch.set_default_device('meta')"])
def test_what_a_cell_makes_usual_for_all_tensors_does_not_change_the_questions(course, graded, line):
    def add(notebook):
        cell = {"cell_type": "code", "metadata": {}, "id": "mine", "source": f"import torch\n{line}", "outputs": []}
        notebook["cells"].insert(2, cell)

    names = ("3.1", "3.3", "3.5")
    report, results = graded({name: course.right(name) for name in names}, add)
    assert [results[name].points for name in names] == [2, 3, 4] and report.odd == (), report.table()


ONLY_OURS = ("behind a line that fails", "before a loop that never ends")
"""Of these helpers nbgrader alone has nothing, or waits for half a minute."""


def submitted(course):
    """What honest students hand in, and some who are unlucky: cells, and edits of the notebook."""
    awards_gone = lambda notebook: notebook.update(  # noqa: E731
        cells=[cell for cell in notebook["cells"] if not cell["id"].startswith("award")]
    )
    return {
        "helpers": helped(course, {kind: source for kind, source in HELPERS.items() if kind not in ONLY_OURS}),
        "conduct": (
            {
                "3.1": course.right("3.1").replace("eps = ", "torch.rand(()); eps = "),
                "3.3": course.right("3.3").replace("(1 - kept) * sigma_s**2", "((1 - kept) * sigma_s**2).item()"),
                "3.5": course.right("3.5").replace("bias = bias.masked_fill(", "bias.masked_fill_("),
            },
        ),
        "all helpers": helped(course, HELPERS),
        "ended": ({"3.1": course.right("3.1"), "3.3": function("import os; os._exit(0)"), "3.5": course.right("3.5")},),
        "endless": ({"3.1": f"def noise_clip(x, logsnr, generator):\n    {ENDLESS}", "3.5": course.right("3.5")},),
        "memory": ({"3.1": "noise_clip = lambda x, logsnr, generator: torch.ones(2**36).sum()"},),
        "no awards": ({name: course.right(name) for name in ("3.1", "3.3", "3.5")}, awards_gone),
    }


ALONE = ("helpers", "conduct")
"""Those that nbgrader can grade by itself as we do."""


@pytest.mark.parametrize("judged", [True, False], ids=["judged by ours", "alone"])
def test_nbgrader_gives_the_same_points(course, graded, nbgraded, judged):
    handed_in = {kind: parts for kind, parts in submitted(course).items() if judged or kind in ALONE}
    ours = {
        kind: [one.points for one in graded(*parts, timeout_s=5.0)[1].values()] for kind, parts in handed_in.items()
    }
    assert ours["helpers"] == [2, 0, 0] and ours["conduct"] == [2, 0, 0]
    assert nbgraded(handed_in, judged, "c.Judged.timeout = 5.0\n") == ours


def test_a_name_that_grading_does_not_make_and_a_second_definition_are_told(course, graded):
    def edit(notebook):
        source = "def noise_clip(*_):\n    return 0\n"
        notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "id": "own"})

    cells = {
        "3.1": course.answer("3.1", "uniform_noise"),
        "3.3": course.right("3.3").replace("return mean, ", "return mean + 0 * eps, "),
        "3.5": course.right("3.5"),
    }
    report, results = graded(cells, edit)
    assert [result.points for result in results.values()] == [0, 0, 4], report.table()
    assert "`noise_clip` is defined again further down" in results["3.1"].message
    assert "`eps` comes from a cell of the chapter that is not run for grading" in results["3.3"].message


def test_threads_that_one_exercise_leaves_behind_cost_no_other(course, graded):
    busy = "import threading\ndef spin():\n    while True: pass\n"
    busy += "for _ in range(3): threading.Thread(target=spin, daemon=True).start()\n"
    report, results = graded({"3.1": busy + course.right("3.1"), "3.5": course.right("3.5")}, timeout_s=30.0)
    assert [results[name].points for name in ("3.1", "3.5")] == [2, 4], report.table()
    assert results["3.5"].seconds < results["3.1"].seconds + 10

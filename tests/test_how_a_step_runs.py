"""The page beside the README: a step, a sample and an evaluation run through the files that it names, in its order, and through no others."""

import re
import sys
from pathlib import Path

import minivid
from minivid import zoo
from minivid.cli.evaluate import evaluate
from minivid.evaluation import page  # and with it all the others: an import is no step of the way

ROOT = Path(minivid.__file__).parents[1]
PAGE = ROOT / "HOW_A_STEP_RUNS.md"
INSIDE = ("minivid/data/", "minivid/nn/", "minivid/tools/")  # what the page leaves to other pages


def named(heading: str) -> list[str]:
    """The numbered files under a heading."""
    part = PAGE.read_text(encoding="utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    return re.findall(r"^\d+\. `(minivid/[^`]+)`", part, re.MULTILINE)


def files_of(act) -> list[str]:
    """The files of minivid whose functions run while `act()` does, in the order in which they are entered."""
    seen: dict[str, None] = {}

    def note(frame, event, _):
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(str(ROOT / "minivid")):
            seen.setdefault(str(Path(path).relative_to(ROOT)))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return [file for file in seen if file == "minivid/nn/unet.py" or not file.startswith(INSIDE)]


def test_a_training_step_runs_through_the_files_that_the_page_names():
    steps = zoo.recipe("vdm-laptop").start().steps(progress=False)
    found = files_of(lambda: next(steps))
    assert found == named("One training step") and len(found) <= 6


def test_a_sample_runs_through_the_files_that_the_page_names():
    model = zoo.load("vdm-small")
    found = files_of(lambda: model.sample(["a 3 moves right, slowly"], steps=2))
    assert sorted(set(found) - {"minivid/diffusion/schedule.py"}) == sorted(named("One sample"))
    assert len(named("One sample")) <= 5


def test_an_evaluation_runs_through_the_files_that_the_page_names(tmp_path):
    told_above = {*named("One training step"), *named("One sample"), "minivid/run.py", "minivid/checkpoint.py"}
    functions_of_clips = ("minivid/metrics/", "minivid/motion/", "minivid/show/")
    html = tmp_path / "report.html"
    found = files_of(lambda: evaluate("vdm-small", n=4, steps=1, quiet=True, html=html))
    left = [file for file in found if file not in told_above - {"minivid/zoo.py"}]
    assert [file for file in left if not file.startswith(functions_of_clips)] == named("One evaluation")
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>") and len(named("One evaluation")) <= 11
    assert page.__file__.endswith(named("One evaluation")[-1])

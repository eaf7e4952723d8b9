"""The page beside the README: a step and a sample run through the files that it names, in its order, and through no others."""

import re
import sys
from pathlib import Path

import minivid
from minivid import zoo

ROOT = Path(minivid.__file__).parents[1]
PAGE = ROOT / "HOW_A_STEP_RUNS.md"
INSIDE = ("minivid/data/", "minivid/nn/", "minivid/tools/")  # what the page leaves to other pages


def named(heading: str) -> list[str]:
    """The numbered files under a heading."""
    part = PAGE.read_text(encoding="utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    return re.findall(r"^\d\. `(minivid/[^`]+)`", part, re.MULTILINE)


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
    assert found == named("One training step") and len(found) <= 5


def test_a_sample_runs_through_the_files_that_the_page_names():
    model = zoo.load("vdm-small")
    found = files_of(lambda: model.sample(["a 3 moves right, slowly"], steps=2))
    assert sorted(set(found) - {"minivid/diffusion/schedule.py"}) == sorted(named("One sample"))
    assert len(named("One sample")) <= 5

"""A course of two executed notebooks, one measurement and a package of one module; and the site that is built of it."""

import base64
import io
import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from minivid.course import listing
from minivid.course.receipt import write_receipt
from minivid.show.gif import gif_bytes

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8).repeat(4, 1).repeat(4, 2)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def executed_notebook(
    *outputs: dict, source: str = "draw()", prose: str = "# 1 · First\nText."
) -> nbformat.NotebookNode:
    """A notebook of some prose and one cell that was run, with these outputs."""
    cell = new_code_cell(source, execution_count=1, outputs=[new_output("display_data", data) for data in outputs])
    return new_notebook(cells=[new_markdown_cell(prose), cell])


FILM = f'<img alt="GIF" width="32" src="data:image/gif;base64,{base64.b64encode(gif_bytes(FRAMES)).decode()}">'


FIGURE = base64.b64encode(png(np.zeros((8, 8, 3), np.uint8))).decode()


@pytest.fixture
def executed():
    """A notebook of some prose and one cell that was run: `executed({"text/html": ...})`."""
    return executed_notebook


@pytest.fixture
def film_html() -> str:
    """A film as `show` shows it."""
    return FILM


@pytest.fixture
def figure() -> str:
    """A figure's PNG, in base 64."""
    return FIGURE


MODULE = '''"""What is left of a film. `mean_frame` says it."""

HALF = 0.5
"""Of a pixel."""


class Film(tuple):
    """Frames in order."""

    fps: int = 8

    @property
    def seconds(self) -> float:
        """How long it plays."""

    def cut(self, first: int, *, last: int = 3) -> "Film":
        """Some of it. Raises ValueError for none."""


def mean_frame(video: Float[Tensor, "b c t h w"], *, weights: dict[str, int] | None = None) -> Float[Tensor, "b c h w"]:
    """The mean over time, a·x with a < 1 (see *anyone* 2020, $5 & more).

    Of two films:

        mean_frame(a), mean_frame(b)
    """


def _hidden():
    """Nobody's."""
'''


@pytest.fixture
def small_course(tmp_path, monkeypatch) -> Path:
    """The course's folder: `executed/` with two chapters, `course/` a package, and one receipt that `listing` knows."""
    root = tmp_path / "small"
    (root / "executed").mkdir(parents=True)
    hint = "<details><summary>Hint</summary>\nAsk $x^2$, then <code>x[0] * y[1] * z</code>, *slowly*.</details>"
    first = executed_notebook(
        {"image/png": FIGURE, "text/plain": "<Figure>"},
        {"text/html": FILM, "text/plain": "a film"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "IntSlider()"},
        {"text/markdown": "| said | where |\n|---|---|\n| much | here |", "text/plain": "<Markdown>"},
        prose=f"# 1 · First\n## 1.1 Why?\nIt is $a_b$:\n$$x = \\alpha z$$\n#### Exercise 1.1\n{hint}",
    )
    second = executed_notebook({"text/html": '<a href="01_first.ipynb">back</a>'}, prose="# 2 · Second\nText.")
    for name, notebook in (("01_first", first), ("02_second", second)):
        (root / "executed" / f"{name}.ipynb").write_text(nbformat.writes(notebook))
    (root / "HOW_A_STEP_RUNS.md").write_text(
        "# How a step runs\nSee [the licence](LICENSE) and [itself](HOW_A_STEP_RUNS.md).\n"
    )
    (root / "course").mkdir()
    (root / "course/__init__.py").write_text('"""A small course."""\n')
    (root / "course/film.py").write_text(MODULE)
    chapter = root / "ch01"
    write_receipt(
        "01_speed", {"pixels": [1.5, 2], "of <what>": "a 3"}, seeds=[0], minutes=1.0, folder=chapter / "receipts"
    )

    def speed(seed=0):
        """How fast it goes.

        Not told.
        """

    monkeypatch.setattr(listing, "measurements", lambda: {"01_speed": speed})
    monkeypatch.setattr(listing, "folders", lambda: {"01": chapter})
    manifest = chapter / "receipts/01_speed.json"
    monkeypatch.setattr("minivid.course.site.sources.receipt", lambda name: _receipt(manifest))
    return root


def _receipt(manifest: Path):
    from minivid.course.receipt import Receipt

    return Receipt(**json.loads(manifest.read_text()))

"""CONTRIBUTING.md keeps its word: its three files are a chapter, from nothing to graded, and leave no trace when they go."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = dict(
    re.findall(r"^`([^`]+\.py)`[^\n]*\n\n```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.M | re.S)
)
MINIVID = ("-c", "from minivid.cli import main; main()")


@pytest.fixture
def checkout(tmp_path):
    """A copy of this one, as a newcomer has it, but for the models' weights."""
    for name in ("minivid", "tests", "solutions", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("weights", "__pycache__"))
    for name in ("bootstrap.py", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def run(checkout):
    """Python with these words in the copy; what it prints. It should succeed."""

    def run(*words: str) -> str:
        environment = os.environ | {"PYTHONPATH": str(checkout), "MINIVID_BUDGET": "smoke", "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, *words], cwd=checkout, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_smallest_chapter_is_built_tested_run_graded_and_taken_away(checkout, run):
    before = {path: path.read_bytes() for path in checkout.rglob("*.ipynb")}
    assert [Path(name).name for name in FILES] == ["chapter.py", "14_averages.py", "ex_14_1.py"]
    for name, text in FILES.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text, encoding="utf-8")
    (chapter,) = (Path(name) for name in FILES if name.startswith("solutions/"))
    notebooks = [f"{folder}/{chapter.stem}.ipynb" for folder in ("notebooks", "solutions")]

    run("-m", "ruff", "check", *FILES)
    run("-m", "ruff", "format", "--check", *FILES)
    assert set(notebooks) <= set(run(*MINIVID, "build").splitlines())
    run(*MINIVID, "build", "--check")
    caught = run("-m", "pytest", "-n0", "-s", "tests/chapters/test_kills.py", "-k", "14.1")
    assert len(re.findall(r"^14\.1  \w+ +mean +mean$", caught, re.M)) == 3 and "6 passed" in caught
    run("-m", "pytest", "-n0", "--nbval-lax", "--nbval-current-env", *notebooks)
    assert sorted(re.findall(r"\d / 1", run(*MINIVID, "grade", *notebooks))) == ["0 / 1", "1 / 1"]
    assert "14  Averages" in run("-c", "from minivid.chapters.ch00.index import chapter_map; print(chapter_map())")

    for name in [*FILES, *notebooks]:
        (checkout / name).unlink()
    run(*MINIVID, "build", "--check")
    assert "Averages" not in run("-c", "from minivid.chapters.ch00.index import chapter_map; print(chapter_map())")
    assert {path: path.read_bytes() for path in checkout.rglob("*.ipynb")} == before

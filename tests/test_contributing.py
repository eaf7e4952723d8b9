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
IN_TURN = """
import sys
from minivid.chapters.ch00.index import chapter_map
from minivid.cli import main
for command in sys.argv[1:]:
    print(f"$ {command}")
    try:
        main(command.split())
    except SystemExit as leave:
        if leave.code:
            raise
print(f"$ map\\n{chapter_map()}")
"""


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


@pytest.fixture
def minivid(run):
    """These commands of minivid one after the other, in one process that loads the course once, and then the map: what each prints."""

    def minivid(*commands: str) -> list[str]:
        printed = re.split(r"^\$ .*\n", run("-c", IN_TURN, *commands), flags=re.M)
        assert len(printed) == len(commands) + 2 and not printed[0]
        return printed[1:]

    return minivid


def test_the_smallest_chapter_is_built_tested_run_graded_and_taken_away(checkout, run, minivid):
    before = {path: path.read_bytes() for path in checkout.rglob("*.ipynb")}
    assert [Path(name).name for name in FILES] == ["chapter.py", "14_averages.py", "ex_14_1.py"]
    for name, text in FILES.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text, encoding="utf-8")
    (chapter,) = (Path(name) for name in FILES if name.startswith("solutions/"))
    notebooks = [f"{folder}/{chapter.stem}.ipynb" for folder in ("notebooks", "solutions")]

    run("-m", "ruff", "check", *FILES)
    run("-m", "ruff", "format", "--check", *FILES)
    built, _, graded, course_map = minivid("build", "build --check", f"grade {' '.join(notebooks)}")
    assert set(notebooks) <= set(built.splitlines())
    assert sorted(re.findall(r"\d / 1", graded)) == ["0 / 1", "1 / 1"]
    assert "14  Averages" in course_map
    caught = run("-m", "pytest", "-n0", "-s", "tests/chapters/test_kills.py", "-k", "14.1")
    assert len(re.findall(r"^14\.1  \w+ +mean +mean$", caught, re.M)) == 3 and "7 passed" in caught
    run("-m", "pytest", "-n0", "--nbval-lax", "--nbval-current-env", *notebooks)

    for name in [*FILES, *notebooks]:
        (checkout / name).unlink()
    _, course_map = minivid("build --check")
    assert "Averages" not in course_map
    assert {path: path.read_bytes() for path in checkout.rglob("*.ipynb")} == before

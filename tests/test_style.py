"""Ruff has nothing to say, about form or about sense."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ruff")


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command):
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

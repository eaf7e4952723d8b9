"""The set-up says each failure in one sentence, resumes what was cut short, and rests when it is complete. No network is used."""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture
def bootstrap(tmp_path):
    """The script as a module, in a folder of its own with what it reads."""
    for name in ("bootstrap.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    spec = importlib.util.spec_from_file_location("bootstrap", tmp_path / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(folder, **environment):
    """Run the script as make does: (exit code, what it says, how it ends)."""
    done = subprocess.run(
        [sys.executable, "bootstrap.py"], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def test_an_old_python_can_read_the_script():
    ast.parse((ROOT / "bootstrap.py").read_text(), feature_version=(3, 6))


def test_a_python_that_is_too_old_says_so(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 8, 18))
    monkeypatch.setattr(bootstrap, "VERSION", "3.8")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "this is Python 3.8, and the course needs 3.11" in said


def test_a_newer_python_on_the_path_is_used_instead(bootstrap, monkeypatch):
    calls = []
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/opt/{name}")
    monkeypatch.setattr(bootstrap, "answers", lambda python, code: python == "/opt/python3.12")
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda command: calls.append(command) or 0)
    with pytest.raises(SystemExit) as leave:
        bootstrap.main()
    assert leave.value.code == 0 and calls[0][0] == "/opt/python3.12"


def test_a_missing_venv_module_is_named(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "answers", lambda python, code: "ensurepip" not in code)
    assert bootstrap.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "lacks its ensurepip module" in said and "apt install python3" in said


def test_a_disk_without_room_is_refused_before_the_first_download(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "free_gb", lambda folder: 0.4)
    assert bootstrap.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "the disk is nearly full: 0.4 GB are free" in said
    assert not Path(bootstrap.VENV).exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows lays a virtual environment out differently")
def test_without_a_network_it_says_so_and_goes_on_from_there_later(tmp_path, bootstrap):
    code, _, said = run(tmp_path, **NO_NETWORK)
    assert code == 1
    assert said.count("\n") == 1 and "no package index could be reached" in said
    record = json.loads((tmp_path / ".venv/minivid-setup.json").read_text())
    assert record["complete"] is None, "a set-up that was cut short must not be believed"

    code, told, said = run(tmp_path, **NO_NETWORK)
    assert code == 1 and "no package index could be reached" in said
    assert "a virtual environment" not in told, "the .venv that is there is used again"


def test_a_complete_set_up_rests_and_a_changed_constraint_wakes_it(tmp_path, bootstrap, monkeypatch):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    Path(bootstrap.VENV_PYTHON).parent.mkdir(exist_ok=True)
    Path(bootstrap.VENV_PYTHON).touch()
    commands = []
    monkeypatch.setattr(bootstrap, "run", commands.append)
    monkeypatch.setattr(bootstrap, "answers", lambda python, code: True)

    assert bootstrap.main() == 0 and commands
    commands.clear()
    assert bootstrap.main() == 0 and not commands
    with open(tmp_path / "constraints.txt", "a") as file:
        file.write("another==1.0\n")
    assert bootstrap.main() == 0 and commands


def test_torch_comes_from_the_index_that_was_asked_for_and_stays_from_there(tmp_path, bootstrap, monkeypatch):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    Path(bootstrap.VENV_PYTHON).parent.mkdir(exist_ok=True)
    Path(bootstrap.VENV_PYTHON).touch()
    commands = []
    monkeypatch.setattr(bootstrap, "run", commands.append)
    monkeypatch.setattr(bootstrap, "answers", lambda python, code: True)
    bootstrap.main()
    assert not any("--index-url" in command for command in commands)

    commands.clear()
    monkeypatch.setenv("TORCH_INDEX", "https://example.org/cpu")
    bootstrap.main()
    assert commands[0][-6:] == [
        "--index-url",
        "https://example.org/cpu",
        "--no-deps",
        "--force-reinstall",
        "torch",
        "torchvision",
    ]

    commands.clear()
    monkeypatch.delenv("TORCH_INDEX")
    bootstrap.main()
    assert not commands, "the next `make lab` need not name the index again"


@pytest.mark.parametrize(
    "output, sentence",
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: [Errno 122] Disk quota exceeded", "the disk is full"),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for torch==2.13.0",
            "no package index could be reached for torch==2.13.0: check the network",
        ),
        (
            "pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.",
            "no package index could be reached: check",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: 2.9.0)\n"
            "ERROR: No matching distribution found for torch==2.13.0",
            "there is no build of torch==2.13.0 for Python",
        ),
        (
            "The conflict is caused by:\n    The user requested torch\n    The user requested (constraint) torch==2.13.0\n"
            "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/",
            "there is no build of torch==2.13.0 for Python",
        ),
        ("error: subprocess-exited-with-error", None),
    ],
)
def test_what_pip_says_becomes_a_sentence(bootstrap, output, sentence):
    said = bootstrap.explain(output)
    assert said is None if sentence is None else said.startswith(sentence) and "\n" not in said


def test_every_declared_package_has_a_tested_version_within_its_bounds():
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")
            pins[canonicalize_name(name)] = version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for line in project["dependencies"] + extras["test"] + extras["oracles"] + extras["gpu"] + extras["browser"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), line
    assert pins["torch"] == "2.13.0"


def test_the_tested_versions_are_for_every_python_from_3_11_on():
    """Debian 12 has 3.11.2: a version that wants 3.11.5 is not to be had there, and pip searches long before it says so."""
    from importlib.metadata import distributions

    from packaging.specifiers import SpecifierSet
    from packaging.utils import canonicalize_name

    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    wanted = {
        (name, found.version): found.metadata["Requires-Python"] or ""
        for found in distributions()
        if found.version.partition("+")[0] == pinned.get(name := canonicalize_name(found.metadata["Name"]))
    }
    assert len(wanted) > 100
    assert not [one for one, pythons in wanted.items() if not SpecifierSet(pythons).contains("3.11.0")]

"""The commands answer at once, refuse in one sentence, and never touch a student's own copy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minivid.cli import commands, main
from minivid.cli.errors import BadInput, course_root
from minivid.cli.mine import copy_chapters


def leave_with(capsys, *args) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of `minivid *args`."""
    with pytest.raises(SystemExit) as leave:
        main(args)
    return leave.value.code, *capsys.readouterr()


def test_help_loads_nothing_heavy():
    code = """
import sys
from minivid.cli import main
try:
    main(["--help"])
except SystemExit as leave:
    assert leave.code == 0
heavy = {"torch", "numpy", "scipy", "av", "PIL", "matplotlib", "pooch", "jupyterlab", "tqdm", "pytest"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in (
        "lab",
        "sample",
        "world",
        "train",
        "evaluate",
        "zoo",
        "data",
        "measure",
        "test",
        "doctor",
        "build",
        "grade",
    ):
        assert command in done.stdout


@pytest.mark.parametrize(
    "args, sentence",
    [
        (("nowhere.ipynb",), "there is no notebook nowhere.ipynb"),
        (("notes.txt",), "notes.txt is not a notebook"),
        (("work.ipynb", "--json", "no/such/folder.json"), "there is no folder"),
        (("work.ipynb", "--private", "no/such/folder"), "there is no folder no/such/folder with private probes"),
        (("work.ipynb", "--timeout", "0"), "leaves no time"),
        (("work.ipynb",), "work.ipynb"),
    ],
)
def test_grade_refuses_bad_input_in_one_sentence(capsys, tmp_path, monkeypatch, args, sentence):
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").touch()
    Path("work.ipynb").touch()
    code, told, said = leave_with(capsys, "grade", *args)
    assert code == 2 and told == ""
    assert said.startswith("minivid: ") and said.count("\n") == 1 and sentence in said


def test_a_notebook_that_cannot_be_graded_still_leaves_its_json(capsys, tmp_path):
    (tmp_path / "03_vdm.ipynb").write_text("{ half a notebo")
    code, told, said = leave_with(
        capsys, "grade", str(tmp_path / "03_vdm.ipynb"), "--json", str(tmp_path / "grades.json")
    )
    assert code == 2 and told == "" and said.count("\n") == 1
    assert json.loads((tmp_path / "grades.json").read_text())["points"] == 0


def test_outside_the_course_the_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minivid.tools.checkout.minivid.__file__", str(tmp_path / "site-packages/minivid/__init__.py"))
    with pytest.raises(BadInput, match="clone it"):
        course_root()


def test_lab_copies_what_is_not_there_and_never_overwrites(tmp_path):
    source, mine = tmp_path / "notebooks", tmp_path / "mine"
    source.mkdir()
    (source / "00_index.ipynb").write_text("index")
    assert copy_chapters(source, mine) == ["00_index.ipynb"]
    (mine / "00_index.ipynb").write_text("a student's hour of work")
    (source / "03_vdm.ipynb").write_text("chapter")
    assert copy_chapters(source, mine) == ["03_vdm.ipynb"]
    assert copy_chapters(source, mine) == []
    assert (mine / "00_index.ipynb").read_text() == "a student's hour of work"
    assert sorted(path.name for path in mine.iterdir()) == ["00_index.ipynb", "03_vdm.ipynb"]


def test_a_copy_that_is_cut_short_leaves_no_notebook(tmp_path, monkeypatch):
    source, mine = tmp_path / "notebooks", tmp_path / "mine"
    source.mkdir()
    (source / "00_index.ipynb").write_text("index")

    def full_disk(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minivid.tools.files.os.fsync", full_disk)
    with pytest.raises(BadInput, match="No space left on device"):
        copy_chapters(source, mine)
    assert list(mine.iterdir()) == []
    monkeypatch.undo()
    assert copy_chapters(source, mine) == ["00_index.ipynb"]
    assert (mine / "00_index.ipynb").read_text() == "index"


def test_lab_opens_the_index_and_hands_on_what_stands_after_the_dashes(tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/00_index.ipynb").write_text("index")
    opened = []
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)
    monkeypatch.setattr(commands, "become", lambda *run: opened.append(run) or 0)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/somebody/s")
    code, told, _ = leave_with(capsys, "lab", "--no-browser", "--", "--ip=0.0.0.0")
    command, folder, variables = opened[0]
    assert code == 0 and folder == tmp_path and "new in mine/: 00_index.ipynb" in told
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/mine/00_index.ipynb" in command
    assert variables["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert [part for part in command if part != "--allow-root"][-2:] == ["--no-browser", "--ip=0.0.0.0"]

    from jupyterlab_server.config import ConfigManager

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", variables["JUPYTER_CONFIG_PATH"])
    assert variables["JUPYTER_CONFIG_PATH"].endswith(f"{os.pathsep}/somebody/s")
    told = ConfigManager(config_dir_name="labconfig").get("default_setting_overrides")
    assert told["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


@pytest.mark.skipif(os.name == "nt", reason="there is no root on Windows")
@pytest.mark.parametrize("user, asked", [(0, True), (1000, False)])
def test_root_may_run_jupyterlab_and_is_told_what_that_means(tmp_path, monkeypatch, capsys, user, asked):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/00_index.ipynb").write_text("index")
    opened = []
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)
    monkeypatch.setattr(commands, "become", lambda *run: opened.append(run) or 0)
    monkeypatch.setattr(commands.os, "geteuid", lambda: user)
    _, told, _ = leave_with(capsys, "lab")
    assert ("--allow-root" in opened[0][0]) == asked == ("you are root" in told)


def test_the_address_that_jupyterlab_prints_is_the_index_s(tmp_path, monkeypatch):
    from jupyterlab.labapp import LabApp

    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/00_index.ipynb").write_text("index")
    opened = []
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)
    monkeypatch.setattr(commands, "become", lambda *run: opened.append(run) or 0)
    commands.lab(no_browser=True)
    command, _, _ = opened[0]
    server = LabApp.initialize_server([*command[3:], "--allow-root", "--port=0", f"--ServerApp.runtime_dir={tmp_path}"])
    try:
        assert "/lab/tree/mine/00_index.ipynb" in server.display_url
    finally:
        server.clear_instance()
        LabApp.clear_instance()


def test_test_runs_tests_and_both_notebook_trees_in_the_smoke_budget(monkeypatch, capsys):
    ran = {}
    monkeypatch.delenv("MINIVID_BROWSER", raising=False)
    monkeypatch.setattr(
        commands, "become", lambda command, folder, variables: ran.update(command=command, **variables) or 3
    )
    code, _, _ = leave_with(capsys, "test", "--", "-k", "sampler")
    assert code == 3, "pytest's verdict is the command's"
    assert {"tests", "notebooks", "solutions", "--nbval-lax", "--nbval-current-env"} <= set(ran["command"])
    assert ran["command"][-2:] == ["-k", "sampler"]
    assert ran["MINIVID_BUDGET"] == "smoke" and ran["OMP_NUM_THREADS"] == "1"
    assert "--ignore=tests/browser" in ran["command"]
    monkeypatch.setenv("MINIVID_BROWSER", "required")
    leave_with(capsys, "test", "--", "tests/nn", "-q")
    assert "notebooks" not in ran["command"] and ran["command"][-2:] == ["tests/nn", "-q"]
    leave_with(capsys, "test")
    assert "--ignore=tests/browser" not in ran["command"]


def test_a_program_takes_this_ones_place_with_its_variables(tmp_path):
    code = f"""
import sys
from pathlib import Path
from minivid.cli.commands import become
show = "import os; print(os.getcwd(), os.environ['MINIVID_BUDGET']); raise SystemExit(3)"
raise SystemExit(become([sys.executable, "-c", show], Path({str(tmp_path)!r}), {{"MINIVID_BUDGET": "smoke"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (3, [str(tmp_path.resolve()), "smoke"])


def test_data_is_a_menu_of_its_own(minivid, refused, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path))
    code, told, _ = minivid("data", "list")
    assert code == 0 and "mnist" in told
    assert "did you mean mnist?" in refused("data", "fetch", "mnits")
    assert minivid("data")[0] == 2 and minivid("data", "--help")[0] == 0


def test_an_unknown_measurement_offers_the_nearest(refused):
    assert "did you mean 03_guidance?" in refused("measure", "03_guidence")


def test_measure_without_a_name_lists_what_can_be_measured(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["measure"])
    assert stopped.value.code == 0
    assert "03_guidance" in capsys.readouterr().out

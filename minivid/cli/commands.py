"""What the commands around the notebooks do. A command returns its exit code, and imports what it needs when it runs."""

import os
import subprocess
import sys
from pathlib import Path

from tyro.conf import Suppress

from minivid.cli.errors import BadInput, course_root


def lab(no_browser: bool = False, handed_on: Suppress[tuple[str, ...]] = ()) -> int:
    """Copy the chapters that are not there yet into mine/ and open JupyterLab on the index.

    What stands after -- goes to JupyterLab: `minivid lab -- --port=9000`.

    Args:
        no_browser: Open no browser; the address is printed.
    """
    from minivid.cli.mine import copy_chapters

    root = course_root()
    new = copy_chapters(root / "notebooks", root / "mine")
    print(
        f"minivid: new in mine/: {', '.join(new)}"
        if new
        else "minivid: mine/ has every chapter; yours are left as they are."
    )
    index = f"mine/{min(path.name for path in (root / 'notebooks').glob('*.ipynb'))}"
    # The index is the default address, and not a file to be opened: then it is the one that is printed, too.
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{index}",
    ]
    command += ["--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]
    command += ["--no-browser"] if no_browser else []
    if os.name != "nt" and os.geteuid() == 0:
        print("minivid: you are root, so whoever has JupyterLab's address can do anything on this machine.")
        command += ["--allow-root"]
    print(f"minivid: opening {index} in JupyterLab; Ctrl-C ends it.", flush=True)
    # No question about news and no look for updates: neither is the course's, and both want the network.
    configuration = [str(Path(__file__).parent / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    # And in JupyterLab's terminals `minivid` is a command.
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH")]
    variables = {"JUPYTER_CONFIG_PATH": configuration, "PATH": programs}
    joined = {name: os.pathsep.join(filter(None, folders)) for name, folders in variables.items()}
    return become([*command, *handed_on], root, joined)


def test(handed_on: Suppress[tuple[str, ...]] = ()) -> int:
    """Run everything: unit, oracle and property tests, the drift check, and every notebook of both trees.

    What stands after -- goes to pytest: `minivid test -- -k sampler`; of files and folders that are named there only these are run:
    `minivid test -- tests/nn`. With MINIVID_BROWSER=required in the environment every chapter is opened in a browser, too (`make browser`
    does that alone).
    """
    root = course_root()
    workers = min(4, os.cpu_count() or 1)
    # Side by side, and each with one thread: two workers of two threads on two cores are many times slower than one.
    one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    named = any("/" in one and (root / one.partition("::")[0]).exists() for one in handed_on)
    places = () if named else ("notebooks", "solutions", "tests")
    command = [sys.executable, "-m", "pytest", *places, f"-n{workers}", "--dist=loadfile"]
    # In their order: else files of one long test come last, when one worker has nothing left to do. So would a whole notebook.
    command += ["--no-loadscope-reorder", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=180"]
    if os.environ.get("MINIVID_BROWSER") != "required":  # it takes minutes, and a browser
        command += ["--ignore=tests/browser"]
    command += handed_on
    print(f"minivid: tests and notebooks, {workers} at a time, in the smoke budget ...", flush=True)
    return become(command, root, {**one_thread, "MINIVID_BUDGET": "smoke"})


def doctor() -> int:
    """Say what is here (versions, device, threads, budget, data, models, disk) and what to do about what is amiss."""
    from minivid.doctor import examine, table

    findings = examine()
    print(table(findings))
    return 0 if all(finding.ok for finding in findings) else 1


def build(check: bool = False) -> int:
    """Make both notebooks of each chapter from solutions/NN_name.py.

    Args:
        check: Write nothing; say what has drifted, leaked or would break, and fail if anything has.
    """
    from minivid.course import build as builder
    from minivid.course.lint import SourceError

    root = course_root()
    if check:
        problems = builder.problems(root)
        print("\n".join(problems) if problems else "minivid: every notebook is what its source says.")
        return 1 if problems else 0
    try:
        built = builder.build(root)
    except SourceError as error:
        raise BadInput(str(error)) from error
    print("\n".join(str(path.relative_to(root)) for path in built) or "minivid: there is no chapter in solutions/.")
    return 0


def become(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> int:
    """Run a program in place of this one, so that Ctrl-C reaches it alone (on Windows: run it, and return its exit code)."""
    environment = {**os.environ, **(variables or {})}
    if os.name == "nt":
        return subprocess.call(command, cwd=folder, env=environment)
    os.chdir(folder)
    os.execve(command[0], command, environment)

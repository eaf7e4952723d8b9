#!/usr/bin/env python3
"""Set the course up: a `.venv` beside this file, with the tested packages in it.

`make lab` and `make test` call it; so may you: `python3 bootstrap.py`. When everything is in place it only says so, without pip and
without the network. What was interrupted is resumed: only a set-up that came to its end leaves a record that is believed.

    TORCH_INDEX   where torch and torchvision come from; https://download.pytorch.org/whl/cpu has builds without CUDA

Only the standard library, and only what Python 3.6 can read, so that an old Python still says its sentence.
"""

import errno
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

OLDEST = (3, 11)
VERSION = "{}.{}".format(*sys.version_info[:2])
EXTRAS = "test,oracles"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
ROOM = 3.0  # GB: the whole .venv is about 2 with torch's build without CUDA, and 5.6 with CUDA (Linux, from PyPI)

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
SCRIPTS = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = os.path.join(SCRIPTS, "python.exe" if os.name == "nt" else "python")
RECORD = os.path.join(VENV, "minivid-setup.json")


class Stop(Exception):
    """The set-up cannot go on; the message is the sentence that says why and what to do."""


def main():
    try:
        use_a_new_enough_python()
        set_up()
    except Stop as stop:
        return fail(str(stop), 1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return fail(disk_is_full(), 1)
    except KeyboardInterrupt:
        return fail("interrupted; run the same command again and it goes on from here.", 130)
    return 0


def say(text):
    print("set-up: " + text, flush=True)


def fail(sentence, code):
    print("set-up: " + sentence, file=sys.stderr, flush=True)
    return code


# Which Python


def use_a_new_enough_python():
    """Go on in a Python of at least 3.11 if this one is older and another is at hand."""
    if sys.version_info >= OLDEST:
        return
    for name in ["python3.11", "python3.12", "python3.13", "python3.14"]:
        path = shutil.which(name)
        if path and answers(path, "import sys; assert sys.version_info >= (3, 11)"):
            sys.stdout.flush()
            raise SystemExit(subprocess.call([path, os.path.abspath(__file__), *sys.argv[1:]]))
    raise Stop(
        f"this is Python {VERSION}, and the course needs 3.11 or newer: install one from python.org or your package "
        "manager, then `make lab PYTHON=python3.11`."
    )


def answers(python, code):
    """Does this interpreter run these lines?"""
    try:
        return subprocess.call([python, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


# The set-up, step by step


def set_up():
    record = read_record()
    index = os.environ.get("TORCH_INDEX", "").strip() or record.get("torch_index", "")
    wanted = fingerprint(index)
    if record.get("complete") == wanted and record.get("root") == ROOT and os.path.exists(VENV_PYTHON):
        say("complete, nothing to do (.venv).")
        return

    pip = [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip += ["-c", os.path.join(ROOT, "constraints.txt")]
    make_room()
    make_venv(record, index)
    if sys.platform == "linux" and not index and not shutil.which("nvidia-smi"):
        say(
            f"no NVIDIA driver is here; `make setup TORCH_INDEX={CPU_INDEX}` takes a torch without CUDA, 3.6 GB smaller."
        )
    if index:
        # From this index and no other, and in place of a build that an earlier set-up may have taken from elsewhere.
        say(f"torch and torchvision from {index} ...")
        run([*pip, "--index-url", index, "--no-deps", "--force-reinstall", "torch", "torchvision"])
    say("the packages of constraints.txt (a first time takes minutes) ...")
    run([*pip, "-e", f"{ROOT}[{EXTRAS}]"])
    if not answers(VENV_PYTHON, "import torch, jupyterlab, minivid"):
        raise Stop("the packages are installed but torch does not load: `.venv/bin/python -c 'import torch'` says why.")
    write_record(index, complete=wanted)
    say("done (.venv).")


def fingerprint(index):
    """What a finished set-up depends on: a change in any of it asks for a new one."""
    import tomllib

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        declared = tomllib.load(file)
    with open(os.path.join(ROOT, "constraints.txt")) as file:
        pinned = file.read()
    parts = [declared["project"], declared["build-system"], pinned, index, EXTRAS]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_record():
    try:
        with open(RECORD) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def write_record(index, complete=None):
    with open(RECORD + ".part", "w") as file:
        json.dump({"root": ROOT, "torch_index": index, "complete": complete}, file)
    os.replace(RECORD + ".part", RECORD)


def make_room():
    """Refuse before the first download what cannot end well."""
    libraries = os.path.join(VENV, "lib", "python" + VERSION, "site-packages", "torch")
    if not os.path.isdir(libraries) and free_gb(ROOT) < ROOM:
        raise Stop(
            f"the disk is nearly full: {free_gb(ROOT):.1f} GB are free in {ROOT}, and the packages need {ROOM:.0f}."
        )


def make_venv(record, index):
    """A .venv with a pip in it: made, mended, or, when it is ours and cannot be used, made anew."""
    for module in ["venv", "ensurepip"]:
        if not answers(sys.executable, "import " + module):
            raise Stop(
                f"Python {VERSION} lacks its {module} module: on Debian and Ubuntu "
                f"`sudo apt install python{VERSION}-venv` brings it."
            )
    ours = "root" in record
    same, enough = f"sys.version_info[:2] == {sys.version_info[:2]}", f"sys.version_info >= {OLDEST}"
    usable = answers(VENV_PYTHON, "import sys; assert " + (same if ours else enough))
    moved = ours and record["root"] != ROOT
    if os.path.exists(VENV_PYTHON) and not ours and not usable:
        raise Stop("there is a .venv here whose Python does not run or is older than 3.11: move it away and try again.")
    if not usable or moved:
        say(f"a virtual environment with Python {VERSION} in .venv ...")
        # The Python under a virtual environment that may be active, since that one may be .venv itself.
        base = getattr(sys, "_base_executable", None) or sys.executable
        run([base, "-m", "venv", VENV] + (["--clear"] if ours else []))
    elif not answers(VENV_PYTHON, "import pip._internal.commands.install"):
        run([VENV_PYTHON, "-m", "ensurepip"])
    write_record(index)


# Other programs, and what their failures mean


def run(command):
    """Run a command, show of its output what tells how far it is, and turn its failure into a sentence."""
    lines = []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            large = re.match(r"\s*Downloading (\S+?-\d[^-]*)\S* \(([\d.]+ [MG]B)\)", line)
            if large:
                say("  {} ({})".format(*large.groups()))
            elif line.startswith("Installing collected packages:") and "," in line:
                say("  installing {} packages".format(line.count(",") + 1))
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if process.wait() != 0:
        sentence = explain("\n".join(lines))
        if sentence is None:
            print("\n".join(lines[-20:]), file=sys.stderr)
            sentence = "this command failed, its last lines are above: {}".format(" ".join(command))
        raise Stop(sentence)


def explain(output):
    """The sentence for a failure that has a known cause, else None."""
    full = r"No space left on device|Errno 28\b|Disk quota exceeded|Errno 122\b|not enough space on the disk"
    if re.search(full, output) or min(free_gb(ROOT), free_gb(tempfile.gettempdir())) < 0.02:  # venv does not say why
        return disk_is_full()
    missing = re.search(r"(?:No matching distribution found for|The user requested \(constraint\)) (\S+)", output)
    network = (
        r"connection broken by|NewConnectionError|NameResolutionError|Temporary failure in name resolution|getaddrinfo failed|"
        r"Network is unreachable|ConnectTimeout|Read ?timed? ?out|ReadTimeout|ProxyError|SSLError|Connection (refused|reset|aborted)|"
        r"IncompleteRead|incomplete-download|ProtocolError|from versions: none"
    )
    if re.search(network, output, re.IGNORECASE):
        what = " for " + missing.group(1) if missing else ""
        return (
            f"no package index could be reached{what}: check the network (or proxy, PIP_INDEX_URL, PIP_NO_INDEX), "
            "then run the same command again and it goes on from here."
        )
    if missing:
        return (
            f"there is no build of {missing.group(1)} for Python {platform.python_version()} on this machine in the index that was asked: the "
            "versions were tested with Python 3.11, so try `make lab PYTHON=python3.11` (and look at TORCH_INDEX if you gave one)."
        )
    return None


def disk_is_full():
    temporary = tempfile.gettempdir()
    return (
        f"the disk is full ({free_gb(ROOT):.1f} GB are free in {ROOT}, {free_gb(temporary):.1f} GB in {temporary} for temporary files, which TMPDIR can move): "
        "make room, then run the same command again and it goes on from here."
    )


def free_gb(folder):
    return shutil.disk_usage(folder).free / 1e9


if __name__ == "__main__":
    sys.exit(main())

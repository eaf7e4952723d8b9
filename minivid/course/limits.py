"""What a process and all that it starts may take, as far as the system can say it."""

import contextlib
import ctypes
import signal
import sys
import time
from collections.abc import Container

import psutil

LARGEST_FILE = 2**28
BECOME_SUBREAPER = 36
ROUNDS = 50  # of ending processes that start others meanwhile


def limit_memory(bytes_more: int) -> None:
    """No more than so many bytes beyond what this process holds now; a larger request raises MemoryError (Linux, mostly macOS)."""
    _limit("RLIMIT_AS", psutil.Process().memory_info().vms + bytes_more)


def limit_files() -> None:
    """No file grows larger than a quarter of a GiB: writing on raises OSError."""
    _limit("RLIMIT_FSIZE", LARGEST_FILE)
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def keep_children() -> None:
    """Whatever process comes of this one stays below it, also when the one between has ended (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)


def below(process: psutil.Process) -> list[psutil.Process]:
    """What it has started, directly or not, and what has not ended yet."""
    found = []
    with contextlib.suppress(psutil.Error):
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
    return found


def end_all_below(process: psutil.Process, kept: Container[int] = ()) -> bool:
    """End whatever it has started, but for these. Stopped first, so that none of them starts another meanwhile. True when none is left."""
    for _ in range(ROUNDS):
        there = [one for one in below(process) if one.pid not in kept]
        if not there:
            return True
        for act in (psutil.Process.suspend, psutil.Process.kill):
            for one in there:
                with contextlib.suppress(psutil.Error):
                    act(one)
        _wait(there)
    return False


def _wait(processes: list[psutil.Process]) -> None:
    """Until these have ended, for a tenth of a second at most. One that nobody has taken note of yet (a zombie) has ended: psutil's own
    waiting would take the whole time."""
    until = time.monotonic() + 0.1
    while any(map(runs, processes)) and time.monotonic() < until:
        time.sleep(0.002)


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended yet."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _limit(which: str, most: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(getattr(resource, which), (most, most))

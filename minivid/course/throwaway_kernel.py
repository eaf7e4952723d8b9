"""Processes that a student's code runs in and a grader can throw away: limited in time and memory, out of each other's way.

The first one loads the course and waits (`minivid.course.kernel_process`). Each piece of work is done in a fork of what there is; the
grader then goes on from the fork, or drops it and goes on from what was before. So what has failed costs a fork, and nothing else is
run twice.
"""

import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from minivid.course.kernel_process import Setting, receive, send
from minivid.course.limits import below, end_all_below, runs

MEMORY_BYTES = 4 * 2**30  # beyond what a process holds when it has imported torch
START_S = 600.0  # for the first process to load the course
FORK_S = 10.0
LOOK_S = 0.2  # a clock of processes ticks a hundred times a second
MOST_ODD, LONGEST_ODD = 20, 200


class KernelError(RuntimeError):
    """The processes cannot be had at all. The message is a sentence."""


@dataclass
class Running:
    """A process that waits for work, or does some."""

    process: psutil.Process
    channel: socket.socket
    odd: list[str] = field(default_factory=list)

    def alive(self) -> bool:
        return runs(self.process)


class Kernels:
    """For each chapter the processes that grade its notebooks, one after the other, kept between them. Options: those of `Kernel`."""

    def __init__(self, **options):
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self._kernels: dict[str, Kernel] = {}

    def __enter__(self) -> "Kernels":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End all of them, and take their folder away."""
        for kernel in self._kernels.values():
            kernel.close()
        self._folder.cleanup()

    @contextlib.contextmanager
    def of(self, chapter: str) -> Iterator["Kernel"]:
        """The chapter's, as if it were new; what a notebook leaves there is taken away."""
        if chapter not in self._kernels:
            folder = Path(self._folder.name) / chapter
            folder.mkdir()
            self._kernels[chapter] = Kernel(folder, chapter, **self._options)
        kernel = self._kernels[chapter]
        try:
            yield kernel
        finally:
            kernel.finish()


class Kernel:
    """The processes of one chapter's notebooks. `tries` does something in a fork; `keep` goes on from there, `drop` from before.

    folder: where they may write. hidden: files and folders that they must not read. died: whether what was tried last ended its
    process. odd: what it did that a person should look at. Raises KernelError where a machine cannot fork.
    """

    def __init__(
        self,
        folder: Path,
        chapter: str,
        private: Path | None = None,
        hidden: Iterable[Path] = (),
        memory_bytes: int = MEMORY_BYTES,
    ):
        if not hasattr(os, "fork"):
            raise KernelError("Grading needs Linux or macOS: on Windows, run it in WSL or in a container.")
        self.folder, self.died = folder, False
        self.odd: list[str] = []
        own = [str(private.resolve())] if private else []
        unread = [*(str(path.resolve()) for path in hidden), *own]
        self._setting = Setting(chapter, str(folder), *(own or [None]), tuple(unread), memory_bytes)
        self._first: subprocess.Popen | None = None
        self._now: Running | None = None
        self._tried: Running | None = None
        self._trying: tuple = ()
        self._answered = 0.0, 0.0  # when, and how many of the processor's seconds had been taken then
        self._kept: list[tuple] = []

    def close(self) -> None:
        """End all processes, the first one too."""
        first = self._first
        try:
            self.finish()
        finally:
            if first is not None:
                first.kill()
                first.wait()

    def finish(self) -> None:
        """Go on from the first process: nothing of a notebook stays, neither process nor file."""
        self._now = self._tried = None
        self._kept = []
        if self._first is not None:
            self._end_all_but()
            if self._first.poll() is not None:  # it has been ended: the next notebook has one of its own
                self._first = None
        for path in self._own_folder().iterdir():
            with contextlib.suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    for folder, _, _ in os.walk(path):  # from above, so that each can be entered
                        os.chmod(folder, 0o700)
                    shutil.rmtree(path)
                else:
                    path.unlink()

    def fresh_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._own_folder()))

    def _own_folder(self) -> Path:
        """The folder, there and open, whatever was done to it."""
        self.folder.mkdir(exist_ok=True)
        os.chmod(self.folder, 0o700)
        return self.folder

    def tries(self, action: str, *arguments, timeout_s: float) -> bool:
        """True when this came to its end in time in a fork of what there is (an exception inside is an end too)."""
        self.drop()
        self.odd = []
        if self._now is not None and not self._now.alive():
            self._anew()
        self._tried, self._trying = self._fork(), (action, arguments, timeout_s)
        if self._tried is None:
            self.died = True
            return False
        answer, tried, until = None, self._tried, time.monotonic() + timeout_s
        with contextlib.suppress(OSError):
            send(tried.channel, {"do": action, "with": arguments})
            answer = _read(tried.channel, tried, timeout_s)
        self.odd = tried.odd
        self.died = answer is None and time.monotonic() < until
        if answer is None:
            self.drop()
        else:
            self._answered = time.monotonic(), self._seconds()
        return answer is not None

    def keep(self) -> None:
        """Go on from what was tried last."""
        self._now, self._tried = self._tried, None
        self._kept.append(self._trying)
        self._end_all_but(self._now)

    def drop(self) -> None:
        """Go on from before what was tried last, with whatever it has started at an end."""
        if self._tried is not None:
            self._tried = None
            self._end_all_but(self._now)

    def _anew(self) -> None:
        """Do again what was kept: something that was tried has ended the process that it came from."""
        kept, self._kept, self._now = self._kept, [], None
        for action, arguments, timeout_s in kept:
            if self.tries(action, *arguments, timeout_s=timeout_s):
                self.keep()

    def busy(self) -> bool:
        """Whether something still computes where something was tried, or below it, though nothing was asked."""
        if self._tried is None:  # it has answered, and gone
            return True
        at, before = self._answered
        time.sleep(max(0.0, at + LOOK_S - time.monotonic()))  # judging has mostly taken longer
        return self._seconds() - before > LOOK_S / 2

    def _seconds(self) -> float:
        """The processor's seconds that the last fork and what it has started have taken."""
        total = 0.0
        for process in [self._tried.process, *below(self._tried.process)]:
            with contextlib.suppress(psutil.Error):
                total += sum(process.cpu_times()[:2])
        return total

    def _fork(self) -> Running | None:
        """A process that goes on from what there is; None where that has come to an end."""
        ours, theirs = socket.socketpair()
        try:
            parent = self._now or self._start()
            send(parent.channel, {"fork": True}, theirs)
            told = _read(ours, parent, FORK_S if self._now else START_S)
            known = {process.pid: process for process in below(psutil.Process(self._first.pid))}
            return Running(known[told["process"]], ours)  # a process may say what it likes: it must be one of these
        except (OSError, KeyError, TypeError, psutil.Error):
            if self._now is None:
                raise KernelError(f"The course could not be loaded for grading: {self._said()}") from None
            return None
        finally:
            theirs.close()

    def _start(self) -> Running:
        if self._first is None:
            self._channel, theirs = socket.socketpair()
            command = [sys.executable, "-m", "minivid.course.kernel_process", str(theirs.fileno())]
            with self._said_in().open("wb") as said, theirs:
                self._first = subprocess.Popen(
                    command,
                    pass_fds=[theirs.fileno()],
                    cwd=self.folder,
                    env=os.environ | self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            send(self._channel, asdict(self._setting))  # longer, in a large class, than a command may be
        return Running(psutil.Process(self._first.pid), self._channel)

    def _environment(self) -> dict[str, str]:
        here = str(self.folder)
        own = dict.fromkeys(("TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), here)
        return own | {
            "MINIVID_GRADING": "collect",
            "NBGRADER_EXECUTION": "",  # nbgrader may be who asks
            "MINIVID_BUDGET": "smoke",
            "MPLBACKEND": "agg",
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _said_in(self) -> Path:
        """Beside the folder, where no student's code can write."""
        return self.folder.with_suffix(".said")

    def _said(self) -> str:
        """The last line of what the first process has complained of."""
        lines = self._said_in().read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it took too long."

    def _end_all_but(self, kept: Running | None = None) -> None:
        """End whatever there is below the first process, but for one and, where a system hands on orphans, those above it."""
        spared = set()
        if kept is not None:
            with contextlib.suppress(psutil.Error):
                above = [] if sys.platform.startswith("linux") else kept.process.parents()
                spared = {one.pid for one in (kept.process, *above)}
        with contextlib.suppress(psutil.NoSuchProcess):
            if not end_all_below(psutil.Process(self._first.pid), spared):
                raise KernelError("Processes that the notebook has started cannot be ended: look at it by hand.")


def _read(channel: socket.socket, running: Running, timeout_s: float) -> dict | None:
    """The next message, or None where none came in time or its sender has ended. A sender may send whatever it likes."""
    until = time.monotonic() + timeout_s
    while (left := until - time.monotonic()) > 0:
        if select.select([channel], [], [], min(left, LOOK_S))[0]:
            try:
                message, _ = receive(channel, left)
            except (OSError, ValueError, RecursionError):
                return None
            if not isinstance(message, dict) or "odd" not in message:
                return message if isinstance(message, dict) else None
            running.odd = [*running.odd, str(message["odd"])[:LONGEST_ODD]][:MOST_ODD]
        elif not running.alive():
            return None
    return None

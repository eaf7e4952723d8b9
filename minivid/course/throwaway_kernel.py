"""A Jupyter kernel that a grader can throw away: limited in time and memory, ended with all its children, started again at need."""

import contextlib
import os
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

MEMORY_BYTES = 4 * 2**30  # beyond what a kernel holds when it has imported torch
START_S = 120.0  # for a new kernel to import torch
LOOK_S = 0.2  # a clock of processes ticks a hundred times a second


def call(function: str, *arguments) -> str:
    """Code that calls a function of `minivid.course.inside_kernel`, whatever the student's names are."""
    return f"__import__('minivid.course.inside_kernel', fromlist=['_']).{function}(*{arguments!r})"


class Kernel:
    """A Jupyter kernel with limits, in a folder of its own. Thrown away, it starts again at the next `run`, and first runs `replay`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.replay: dict[str, float] = {}  # code, in order, with its timeout
        self.died = False
        self._client: NotebookClient | None = None

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_) -> None:
        self.discard()

    def fresh_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def run(self, code: str, timeout_s: float) -> bool:
        """True when the code ran to its end in time (an exception is an end too). Else the kernel is gone, and `died` says whether
        it died by itself."""
        while self._client is None:
            self._start()
        finished = self._execute(code, timeout_s)
        if not finished:
            self.discard()
        return finished

    def keep(self, code: str, timeout_s: float) -> None:
        """Run this in the kernel that there is and in every one that follows; what does not come to its end is not kept."""
        if self._client is None or self.run(code, timeout_s):
            self.replay[code] = timeout_s

    def busy(self) -> bool:
        """Whether something still computes in the kernel or below it, though nothing was asked."""
        before = self._seconds()
        time.sleep(LOOK_S)
        return self._seconds() - before > LOOK_S / 2

    def _seconds(self) -> float:
        """The processor's seconds that the kernel and its children have taken."""
        return sum(sum(process.cpu_times()[:2]) for process in self._family())

    def discard(self) -> None:
        """End the kernel and every process below it: a kernel has its own session, and its children would outlive it."""
        if self._client is None:
            return
        family = self._family()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=5)
        self._client._cleanup_kernel()
        self._client = None

    def _family(self) -> list[psutil.Process]:
        """The kernel's process, behind all below it; none where it has ended."""
        with contextlib.suppress(psutil.NoSuchProcess, AttributeError):
            process = psutil.Process(self._client.km.provisioner.pid)
            return [*process.children(recursive=True), process]
        return []

    def _start(self) -> None:
        environment = os.environ | {
            "MINIVID_GRADING": "collect",
            "MINIVID_BUDGET": "smoke",
            "MPLBACKEND": "agg",
            "IPYTHONDIR": str(self.folder / "ipython"),
            "OMP_NUM_THREADS": "1",
        }
        client = NotebookClient(
            nbformat.v4.new_notebook(),
            kernel_name="python3",
            allow_errors=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        client.create_kernel_manager()
        client.start_new_kernel(env=environment, cwd=str(self.fresh_folder()))
        client.start_new_kernel_client()
        self._client = client
        self._execute(call("limit_memory", MEMORY_BYTES), START_S)
        for code, timeout_s in list(self.replay.items()):
            if not self._execute(code, timeout_s):  # then never again, and a kernel without it
                del self.replay[code]
                return self.discard()

    def _execute(self, code: str, timeout_s: float) -> bool:
        cell = nbformat.v4.new_code_cell(code)
        self._client.nb.cells = [cell]
        self._client.timeout = timeout_s
        try:
            self._client.execute_cell(cell, 0, store_history=False)
        except (CellTimeoutError, DeadKernelError) as error:
            self.died = isinstance(error, DeadKernelError)
            return False
        return True

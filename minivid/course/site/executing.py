"""The students' notebooks, run to their ends, with their outputs in them. Tests in tests/course/site/test_executing.py."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

from minivid.course.site.chapters import NotExecuted
from minivid.tools.files import write_atomically

CELL_S = 600  # seconds for a cell; a chapter's slowest takes a few in the smallest budget
SEALED = Config(KernelManager={"transport_encryption": "auto"})  # else the kernel warns that others can listen


def execute(notebooks: Path, out: Path) -> Iterator[Path]:
    """Run each notebook of a folder and write it, executed, into `out`; yields its path. Raises NotExecuted, naming the one that fails.

    The budget is that of MINIVID_BUDGET. What a notebook leaves beside itself, it leaves in `out`. The same notebook gives the same
    file, but for numbers that measure this machine.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        client = NotebookClient(
            notebook, timeout=CELL_S, record_timing=False, config=SEALED, resources={"metadata": {"path": str(out)}}
        )
        try:
            client.execute(env={**os.environ, "PYTHONHASHSEED": "0"})
        except CellExecutionError as error:
            raise NotExecuted(f"{path.name} does not run to its end: {error.ename}: {error.evalue}") from error
        except (DeadKernelError, TimeoutError) as error:
            raise NotExecuted(f"{path.name} does not run to its end: {' '.join(str(error).split())}") from error
        write_atomically(out / path.name, nbformat.writes(notebook, ensure_ascii=False, sort_keys=True) + "\n")
        yield out / path.name

"""The grader's hands inside the student's kernel: limit it, run cells in it, ask what is defined in it.

Everything goes out as files in a folder that the grader names afresh for each call: arrays as .npz without pickle, all else as
.json. No student's code is judged here.
"""

import asyncio
import contextlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from IPython.core.inputtransformer2 import TransformerManager

from minivid.course import listing
from minivid.course.own_model import judge
from minivid.course.private import probes_of
from minivid.course.probing import Answer, ask, ask_again, explain
from minivid.course.recording import written


def limit_memory(bytes_more: int) -> None:
    """No more than so many bytes beyond what the kernel holds now; a larger request raises MemoryError (Linux, mostly macOS)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    limit = psutil.Process().memory_info().vms + bytes_more
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


SILENT = ("showtraceback", "showsyntaxerror", "system", "system_piped", "getoutput")
"""What a shell shows, and what it would have a program do (`!pip install …`): neither is wanted here."""


def run(source: str, instead: str = "") -> BaseException | None:
    """A cell's source in the notebook's namespace, as IPython runs it but without output. Returns what it raised, if anything.

    instead: what is run of a cell that raised.
    """
    shell = _shell()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        vars(shell).update(dict.fromkeys(SILENT, lambda *_, **__: None))
        try:
            result = _awaited(shell, source)
        finally:
            for name in SILENT:
                del vars(shell)[name]
    error = result.error_before_exec or result.error_in_exec
    if error and instead:
        run(instead)
    return error


def _awaited(shell: Any, source: str) -> Any:
    """The result of a cell. One with an `await` of its own runs in a loop of its own, since the kernel's is taken."""
    options = {"store_history": False, "silent": True}
    python = TransformerManager().transform_cell(source)
    if not shell.should_run_async(source, transformed_cell=python):
        return shell.run_cell(source, **options)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, shell.run_cell_async(source, transformed_cell=python, **options)).result()


def collect(exercise_id: str, source: str, seed: int, folder: str, private: str | None) -> None:
    """Run the student's cell and leave its object's answer to each probe in `folder`, as NUMBER.npz and NUMBER.json.

    The name is taken away first, so that what is asked is what this cell defines and nothing older.
    """
    exercise = listing.exercise(exercise_id)
    names = _shell().user_ns
    names.pop(exercise.name, None)
    error = run(source)
    for number, probe in enumerate(probes_of(exercise, private and Path(private))):
        if exercise.name in names:
            answer = ask(exercise, probe, names[exercise.name], seed)
            ask_again(exercise, probe, names[exercise.name], seed, answer)
        else:
            why = explain(error, names) if error else f"The cell does not define `{exercise.name}`."
            answer = Answer(problem=why)
        _write(Path(folder) / str(number), answer)


def use_library(exercise_id: str) -> None:
    """Bind the exercise's name to the library's object, as `check` does in a notebook when the student's is not right."""
    exercise = listing.exercise(exercise_id)
    _shell().user_ns[exercise.name] = exercise.reference


def measure(exercise_id: str, file: str, seed: int, told: str) -> None:
    """The verdict on a file of weights, as JSON in the file `told`. In a kernel that has run none of the student's code."""
    outcome = judge(listing.exercise(exercise_id), file, seed)
    fields = {"verdict": outcome.verdict.value, "message": outcome.message, "points": outcome.points}
    Path(told).write_text(json.dumps(fields), encoding="utf-8")


def _write(path: Path, answer: Answer) -> None:
    fields, arrays = written(answer.record)
    told = {"problem": answer.problem, "not_attempted": answer.not_attempted, "raised": answer.raised, "record": fields}
    np.savez(path.with_suffix(".npz"), **arrays)
    path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()

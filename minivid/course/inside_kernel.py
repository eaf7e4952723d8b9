"""The grader's hands inside the student's process: run cells in it, ask what is defined in it.

Everything goes out as files in a folder that the grader names afresh for each call: arrays as .npz without pickle, all else as
.json. No student's code is judged here. `minivid.course.kernel_process` loads this before there is any, and puts it out of sight.
"""

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from minivid.course.answer_files import write_answer
from minivid.course.exercise import Exercise, Probe
from minivid.course.own_model import OwnModel, judge
from minivid.course.probing import Answer, ask, ask_again, explain
from minivid.course.sealed import noted

SILENT = dict.fromkeys(
    ("showtraceback", "showsyntaxerror", "system", "system_piped", "getoutput"), lambda *_, **__: None
)
SILENT |= {"enable_matplotlib": lambda *_, **__: (None, "agg")}
"""What a shell shows, and what it would have a program do (`!pip install …`): neither is wanted here. In their places, by name."""


@dataclass(frozen=True)
class Hands:
    """What can be done in a student's process; each returns nothing, and what it finds lies in a file.

    tasks: by their ids. tell: of what a person should look at, in a few words.
    """

    shell: InteractiveShell
    tasks: Mapping[str, Exercise | OwnModel]
    probes: Mapping[str, tuple[Probe, ...]]
    tell: Callable[[str], None]

    def run(self, source: str, instead: str = "") -> BaseException | None:
        """A cell's source in the notebook's namespace, as IPython runs it but without output. Returns what it raised, if anything.

        instead: what is run of a cell that raised.
        """
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            vars(self.shell).update(SILENT)
            try:
                result = self.shell.run_cell(source, store_history=False, silent=True)
            finally:
                for name in SILENT:
                    del vars(self.shell)[name]
        error = result.error_before_exec or result.error_in_exec
        if error and instead:
            self.run(instead)
        return error

    def collect(self, exercise_id: str, source: str, seed: int, folder: str) -> None:
        """Run the student's cell and leave its object's answer to each probe in `folder`, as NUMBER.npz and NUMBER.json.

        The name is taken away first, so that what is asked is what this cell defines and nothing older.
        """
        exercise, names = self.tasks[exercise_id], self.shell.user_ns
        names.pop(exercise.name, None)
        with noted(exercise, lambda: self.tell("calls the library's answer in its cell")):
            error = self.run(source)
        for number, probe in enumerate(self.probes[exercise_id]):
            if exercise.name in names:
                answer = ask(exercise, probe, names[exercise.name], seed)
                ask_again(exercise, probe, names[exercise.name], seed, answer)
            else:
                why = explain(error, names) if error else f"The cell does not define `{exercise.name}`."
                answer = Answer(problem=why)
            write_answer(Path(folder) / str(number), answer)

    def use_library(self, exercise_id: str) -> None:
        """Bind the exercise's name to the library's object, as `check` does in a notebook when the student's is not right."""
        exercise = self.tasks[exercise_id]
        self.shell.user_ns[exercise.name] = exercise.reference

    def measure(self, exercise_id: str, file: str, seed: int, told: str) -> None:
        """The verdict on a file of weights, as JSON in the file `told`. In a process that has run none of the student's code."""
        outcome = judge(self.tasks[exercise_id], file, seed)
        fields = {"verdict": outcome.verdict.value, "message": outcome.message, "points": outcome.points}
        Path(told).write_text(json.dumps(fields), encoding="utf-8")

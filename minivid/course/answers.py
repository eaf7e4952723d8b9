"""Answers to an exercise that its author's tests hold against its probes: `tests/chapters/chNN/ex_N_M.py`."""

import importlib.util
import sys
from types import ModuleType

from minivid.course.exercise import Exercise
from minivid.place import course_root


def answers_to(exercise: Exercise) -> ModuleType:
    """The module of an exercise's second right answer (SECOND) and its wrong ones (WRONG, by the probe that catches them)."""
    name = f"ex_{exercise.id.replace('.', '_')}"
    path = course_root() / "tests" / "chapters" / f"ch{exercise.chapter}" / f"{name}.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]

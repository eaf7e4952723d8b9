"""An instructor's own probes. What is in a public repository is not secret, so these live in a folder outside it.

Any .py file of the folder may hold `PROBES = {"3.2": (Probe(…), …)}`; its probes are asked after the public ones.
"""

import runpy
from pathlib import Path

from minivid.course.exercise import Exercise, Probe


def probes_of(exercise: Exercise, private: Path | None = None) -> tuple[Probe, ...]:
    """The public probes of an exercise, then the private folder's. Raises FileNotFoundError when the folder is not there."""
    if private is None:
        return exercise.probes
    if not private.is_dir():
        raise FileNotFoundError(f"There is no folder {private} with private probes.")
    files = [runpy.run_path(str(path)) for path in sorted(private.glob("*.py"))]
    return exercise.probes + tuple(probe for file in files for probe in file.get("PROBES", {}).get(exercise.id, ()))

"""Where the course lies on this disk."""

from pathlib import Path

import minivid


def course_root() -> Path | None:
    """The checkout of the course: the one this package runs from, else the one around here; None where there is none."""
    here = Path.cwd()
    for folder in (Path(minivid.__file__).resolve().parents[1], here, *here.parents):
        if is_course(folder):
            return folder
    return None


def cards() -> Path:
    """The folder of the data sets' cards: the checkout's `datasets/`, of which a package without a checkout carries a copy."""
    return (course_root() or Path(minivid.__file__).parent) / "datasets"


def is_course(folder: Path) -> bool:
    """Whether the course lies in this very folder."""
    return (folder / "bootstrap.py").is_file() and (folder / "constraints.txt").is_file()

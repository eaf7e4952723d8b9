"""Which files of a folder are films: all that show a moving picture, whatever they are called.

Chapter 1. Checked by tests/data/clips/test_finding.py.
"""

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = tuple(
    [
        ".mp4",
        ".m4v",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".gif",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".asf",
        ".flv",
        ".f4v",
        ".ts",
        ".mts",
        ".m2ts",
        ".3gp",
        ".3g2",
        ".ogv",
        ".vob",
        ".mxf",
    ]
)
"""Names that promise a film. What has another is looked into."""


def files_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file in a folder and in those below it, in the order of their paths, with why it is left out, or "".

    Hidden files and folders are left out, linked folders are followed, each folder once.
    """
    yield from _files(folder, {os.path.realpath(folder)})


def _files(folder: Path, been: set[str]) -> Iterator[tuple[Path, str]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"cannot be opened ({error.strerror})"
        return
    for entry in entries:
        path, real = Path(entry.path), os.path.realpath(entry.path)
        if entry.name.startswith("."):
            yield path, "is hidden"
        elif entry.is_dir():
            if real in been:
                yield path, "leads to a folder that is read already"
            else:
                been.add(real)
                yield from _files(path, been)
        elif not os.path.exists(real):
            yield path, "is a link to nothing"
        elif not entry.is_file():
            yield path, "is no file that can be read"
        else:
            yield path, ""

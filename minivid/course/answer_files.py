"""A student's answer on its way to the grader: two files that the student's process writes, and anybody's process may have changed.

Arrays are in NUMBER.npz, without pickle, all else in NUMBER.json.
"""

import io
import json
import os
import stat
import zipfile
from pathlib import Path

import numpy as np

from minivid.course.probing import Answer
from minivid.course.recording import restored, written

LARGEST = 64 * 2**20
"""Bytes of a file, packed or not."""
LONGEST = 800
"""Characters of a sentence: a message of 300, a line of the cell, and what is said around them."""


class TooLarge(Exception):
    """More than any answer has."""


def write_answer(path: Path, answer: Answer) -> None:
    """Write both files; `path` is without suffix."""
    fields, arrays = written(answer.record)
    told = {"problem": answer.problem, "not_attempted": answer.not_attempted, "raised": answer.raised, "record": fields}
    np.savez(path.with_suffix(".npz"), **arrays)
    path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")


def read_answer(path: Path) -> Answer | None:
    """What was written there; None when that is no answer, an answer that says so when it is too large a one."""
    try:
        words, arrays = (_bytes_of(path.with_suffix(suffix)) for suffix in (".json", ".npz"))
        with zipfile.ZipFile(io.BytesIO(arrays)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                raise TooLarge
        told = json.loads(words)
        with np.load(io.BytesIO(arrays), allow_pickle=False) as numbers:
            record = restored(told["record"], dict(numbers))
        record.failed = readable(record.failed, LONGEST)
        return Answer(record, readable(told["problem"], LONGEST), told["not_attempted"] is True, told["raised"] is True)
    except TooLarge:
        return Answer(problem=f"The answer is larger than {LARGEST // 2**20} MiB.")
    except Exception:  # whatever a student's process wrote there
        return None


def readable(text: object, most: int) -> str:
    """Text on one line, without what a terminal would obey, and not too much of it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= most else f"{line[:most]} …"


def _bytes_of(path: Path) -> bytes:
    """What is in a file. Raises OSError for what is none: a pipe, a link, a folder."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(f"{path.name} is no file")
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLarge
    return content

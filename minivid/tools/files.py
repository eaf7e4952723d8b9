"""Files that appear whole or not at all (tests/tools/test_files.py)."""

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes | str) -> None:
    """The whole content (words as UTF-8) or, after a crash or on a full disk, the file that was there before.

    Raises OSError, which names the file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        put_in_place(temporary, path)
    except OSError as error:
        error.filename = str(path)  # not the temporary name, nor none
        raise
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(finished: Path, path: Path) -> None:
    """Give a file that is all there, in the same folder, the name that it was written for. Raises OSError."""
    with open(finished, "rb+") as file:
        os.fsync(file.fileno())  # on the disk before it has the name
    os.replace(finished, path)

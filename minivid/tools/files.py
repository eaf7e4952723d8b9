"""Files that appear whole or not at all (tests/tools/test_files.py)."""

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes | str) -> None:
    """The whole content (words as UTF-8) or, after a crash or on a full disk, the file that was there before.

    Raises OSError, which names the file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())  # on the disk before it has the name
        os.replace(temporary, path)
    except OSError as error:
        error.filename = str(path)  # not the temporary name, nor none
        raise
    finally:
        temporary.unlink(missing_ok=True)

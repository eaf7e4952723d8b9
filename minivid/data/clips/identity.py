"""Are these the films that a run was begun on? Told by content, wherever the folder lies now.

Chapter 1. Checked by tests/data/clips/test_identity.py.
"""

import hashlib
import json
from pathlib import Path

from minivid.data.clips.decode import Video
from minivid.tools.files import write_atomically

FILE = "films.txt"
"""No .json: a run may be called films, and its weights' manifest is NAME.json."""
PIECE = 2**16


def fingerprint(path: Path) -> str:
    """Size and SHA-256 of a file's first, middle and last 64 KiB: a film of an hour is known in a moment. Raises OSError."""
    size, digest = path.stat().st_size, hashlib.sha256()
    with path.open("rb") as file:
        for begin in (0, max(0, size // 2 - PIECE // 2), max(0, size - PIECE)):
            file.seek(begin)
            digest.update(file.read(PIECE))
    return f"{size}-{digest.hexdigest()[:32]}"


def write_down(videos: list[Video], out: Path) -> None:
    """Keep in a run's folder what films it is of, in their order. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    lines = [f"{fingerprint(video.path)} {json.dumps(video.path.name)}\n" for video in videos]
    write_atomically(out / FILE, "".join(lines))


def difference(videos: list[Video], out: Path) -> str:
    """What differs from the films that were written down in a run's folder, in a clause; "" where nothing does, or nothing was.

    Order counts, names do not: a clip is drawn by its film's place. Raises ValueError for a list that cannot be read.
    """
    file = out / FILE
    if not file.is_file():  # begun by a minivid that kept none
        return ""
    try:
        lines = (line.partition(" ") for line in file.read_text(encoding="utf-8").splitlines())
        begun = [(json.loads(name), mark) for mark, _, name in lines]
    except ValueError as error:
        raise ValueError(
            f"{file} does not say which films the run is of ({error}); start it again in another folder."
        ) from error
    now = [(video.path.name, fingerprint(video.path)) for video in videos]
    here = {mark for _, mark in now}
    gone = next((name for name, mark in begun if mark not in here), None)
    if gone is not None:
        return f"{gone} has changed, does not serve any more, or is not there"
    new = next((name for name, mark in now if mark not in {mark for _, mark in begun}), None)
    if new is not None:
        return f"{new} has come since"
    return (
        ""
        if [mark for _, mark in now] == [mark for _, mark in begun]
        else "the films stand in another order, by their names"
    )

"""What the scan of a folder found, kept in the cache: a folder of ten thousand films is read packet by packet once.

An entry holds for a file of the same size, changed at the same moment. It lies in the user's cache and never beside the films; where it
cannot be written, the next opening scans again. Chapter 1. Checked by tests/data/clips/test_index.py.
"""

import contextlib
import hashlib
import json
from fractions import Fraction
from pathlib import Path

from minivid.data.clips.decode import Pace, Video
from minivid.data.fetch import cache
from minivid.tools.files import write_atomically

VERSION = 2
"""Of the scan: another one judges anew what an earlier one found."""


class Index:
    """The findings about the films of one folder at one pace, by path: a `Video`, or the sentence about why there is none."""

    def __init__(self, folder: Path, pace: Pace):
        key = json.dumps([VERSION, str(folder.resolve()), pace.frames, pace.stride, str(pace.fps)])
        self.file = cache() / "films" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        self.before = self._read()
        self.now: dict[str, list] = {}

    def get(self, path: Path) -> Video | str | None:
        """What is known of a file as it is now, or None."""
        entry = self.before.get(str(path))
        if entry is None or entry[:2] != _state(path):
            return None
        self.now[str(path)] = entry
        found = entry[2]
        if isinstance(found, str):
            return found
        *times, tick, rounding, aspect = found
        return Video(path, *times, *map(Fraction, (tick, rounding, aspect)))

    def put(self, path: Path, found: Video | str) -> None:
        """Remember what a scan of the file as it is now has found."""
        if isinstance(found, Video):
            times = [found.first, found.last, found.latest]
            found = [*times, *map(str, (found.tick, found.rounding, found.pixel_aspect))]
        self.now[str(path)] = [*_state(path), found]

    def keep(self) -> None:
        """Write down what is new. A cache that cannot be written is done without."""
        if self.now != self.before:
            with contextlib.suppress(OSError):
                self.file.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self.file, json.dumps(self.now))

    def _read(self) -> dict[str, list]:
        try:
            entries = json.loads(self.file.read_text(encoding="utf-8"))
            return {path: entry for path, entry in entries.items() if len(entry) == 3}
        except (OSError, ValueError, AttributeError, TypeError):  # not there, or not ours
            return {}


def _state(path: Path) -> list[int]:
    """By which a file is known not to have changed: its bytes, and when they were last written, in nanoseconds."""
    try:
        stat = path.stat()
        return [stat.st_size, stat.st_mtime_ns]
    except OSError:
        return [-1, -1]

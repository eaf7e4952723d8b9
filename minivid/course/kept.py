"""A notebook's training, kept on disk: found again after a restart, and never over another one's."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from torch import nn

from minivid.run import Run
from minivid.tools.files import write_atomically
from minivid.train import Training, Update, update

OWN = "own.json"  # whose pieces the training ran on


def kept(
    run: Run,
    folder: Path | str,
    own: list[str],
    build: Callable[[], nn.Module] | None = None,
    update: Update = update,
) -> Training:
    """The run as far as it has come in `folder`, or begun there.

    own: names of the student's pieces that it runs on. Where a run with other settings or on other pieces lies there, the first of
    FOLDER-2, FOLDER-3, … that is free or this run's is taken. Raises CheckpointError for a folder or state that cannot be used.
    """
    for place in _places(Path(folder)):
        state, begun = Training.state_file(place).is_file(), Run.read(place)
        if not state or (begun == run and _own(place) == own):
            training = run.start(place, build=build, update=update)
            if state:
                return training.resume()
            run.write(place)
            write_atomically(place / OWN, json.dumps(own).encode())
            return training
    raise AssertionError("there is always another folder")


def _places(folder: Path) -> Iterator[Path]:
    yield folder
    for number in count(2):
        yield folder.with_name(f"{folder.name}-{number}")


def _own(place: Path) -> list[str] | None:
    """Whose pieces a run was begun on; None where that is not known."""
    try:
        return json.loads((place / OWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

"""A student's own copies of the chapters, in mine/: made once, never overwritten."""

from pathlib import Path

from minivid.cli.errors import BadInput
from minivid.tools.files import write_atomically


def copy_chapters(source: Path, mine: Path) -> list[str]:
    """Copy each notebook of `source` that `mine` does not have; the names of the new ones.

    A copy that was cut short leaves no notebook behind. Raises BadInput where there is nothing to copy or no room.
    """
    notebooks = sorted(source.glob("*.ipynb"))
    if not notebooks:
        raise BadInput(f"there are no notebooks in {source}: `minivid build` makes them from solutions/.")
    missing = [path for path in notebooks if not (mine / path.name).exists()]
    try:
        mine.mkdir(exist_ok=True)
        for path in missing:
            write_atomically(mine / path.name, path.read_bytes())
    except OSError as error:
        raise BadInput(f"the chapters could not be copied into {mine}: {error.strerror}.") from error
    return [path.name for path in missing]

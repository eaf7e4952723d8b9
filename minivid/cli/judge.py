"""`minivid train judge-motion` and `judge-text`: the course's own judges of clips, by their recipes."""

from pathlib import Path

from minivid import checkpoint, judges
from minivid.progress import Progress


def train_judge(name: str, folder: Path, steps: int | None, keep: bool, quiet: bool) -> None:
    """Train a judge, in fewer `steps` where they are given, write its weights into `folder`, and say where they are."""
    with Progress(steps or judges.recipe(name).steps, "step", quiet=quiet) as bar:
        path = judges.train(name, folder, lambda record, _: bar.update(loss=f"{record.loss:.3f}"), steps or 0)
    print(path)
    if keep:
        checkpoint.write(judges.WEIGHTS / path.name, *checkpoint.read(path))
        print(judges.WEIGHTS / path.name)

"""`minivid zoo`: which models there are, how they were made, and where they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from minivid.run import Run

JUDGE = "scores clips"


def zoo() -> int:
    """List the models: what they make, how they were made, where they are, and the commands that make those that are not here."""
    print("\n".join(aligned(list(rows()))))
    return 0


def rows() -> Iterator[tuple[str, ...]]:
    """A heading; each recipe, with its weights or the command that makes them; the weights in the folders of runs."""
    from minivid import judges, zoo

    yield "model", "clips", "parameters", "steps", "made in", "size", "sha256", "where"
    for name in (*zoo.RECIPES, *judges.RECIPES):
        file = zoo.WEIGHTS / f"{name}.safetensors"
        yield of_file(file) if file.is_file() else of_recipe(name)
    for file in sorted(Path("runs").glob("*/*.safetensors")):
        if file.stem != "state":
            yield of_file(file)


def of_recipe(name: str) -> tuple[str, ...]:
    """A model that is not here."""
    import torch

    from minivid.cli.which_run import recipe

    run = recipe(name)
    with torch.device("meta"):  # weights are counted, not drawn
        net = run.network.build()
    what, steps = what_of(run), str(run.training.steps)
    return name, what, millions(net), steps, "", "", "", f"not here; `minivid train {name} --keep`"


def what_of(run: "Run") -> str:
    """What a run's model makes, or does."""
    from minivid import judges

    return JUDGE if run.name in judges.RECIPES else clip(run.clip)


def of_file(file: Path) -> tuple[str, ...]:
    """A model or a judge that is here, whole or damaged."""
    from minivid import judges, zoo

    try:
        if file.stem in judges.RECIPES:
            judge = judges.load(file.stem, file.parent)
            what, net, manifest = JUDGE, judge.net, judge.manifest
        else:
            model = zoo.load_file(file)
            what, net, manifest = clip(model.shape), model.network, model.manifest
    except ValueError as error:  # a CheckpointError is one
        return file.stem, "", "", "", "", "", "", str(error)
    made_in = f"{manifest['minutes']:.0f} min, {manifest['hardware']}"
    size = f"{file.stat().st_size / 1e6:.1f} MB"
    steps = str(manifest["steps"])
    return manifest["name"], what, millions(net), steps, made_in, size, manifest["sha256"][:12], str(nearby(file))


def clip(shape: tuple[int, ...]) -> str:
    channels, frames, height, width = shape
    if channels not in (1, 3):
        return f"embeddings of {channels}"
    return f"{frames} × {height}×{width} {'grey' if channels == 1 else 'colour'}"


def millions(net: "nn.Module") -> str:
    return f"{sum(weight.numel() for weight in net.parameters()) / 1e6:.2f} M"


def nearby(path: Path) -> Path:
    """The path from here, where it leads downwards."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def aligned(table: list[tuple[str, ...]]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell; the last one may run on."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]

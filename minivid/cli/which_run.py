"""From the words of `minivid train` to a run."""

from dataclasses import dataclass, replace
from pathlib import Path

from minivid import judges, zoo
from minivid.checkpoint import CheckpointError
from minivid.cli.errors import BadInput
from minivid.data.world.options import fitting_glyphs
from minivid.nn.unet import UNetConfig
from minivid.run import NOT_NAMES, Run
from minivid.tools.budget import Budget, named
from minivid.tools.budget import budget as budget_of_the_environment
from minivid.tools.nearest import did_you_mean
from minivid.train import TrainConfig, Training

SMOKE = 4  # steps


@dataclass(frozen=True)
class Scale:
    """How large a run on one's own videos is."""

    steps: int
    batch: int
    widths: tuple[int, ...]
    frames: int
    side: int


SCALES: dict[Budget, Scale] = {
    "smoke": Scale(SMOKE, batch=2, widths=(16, 32), frames=4, side=16),
    "laptop": Scale(1000, batch=4, widths=(64, 128), frames=8, side=32),
    "gpu": Scale(20_000, batch=16, widths=(128, 256, 384), frames=16, side=64),
}


def recipes() -> dict[str, Run]:
    """Every recipe by its name, of models and of judges."""
    return zoo.RECIPES | judges.RECIPES


def recipe(name: str) -> Run:
    """The recipe of that name. Raises BadInput, offering the nearest names."""
    if name not in recipes():
        raise BadInput(f"there is no model {name!r}; {did_you_mean(name, recipes())}")
    return recipes()[name]


def as_asked(
    what: str,
    budget: str | None,
    steps: int | None,
    frames: int | None,
    size: tuple[int, ...],
    fps: float | None,
    handwriting: str | None,
) -> Run:
    """The new run. Raises ValueError for a wrong name, word or size, BadInput for a missing folder."""
    if what not in recipes() and Path(what).is_dir():
        if handwriting:
            raise BadInput(
                "--handwriting is for a recipe, whose digits it writes; a folder's videos are what they are."
            )
        return of_folder(Path(what), SCALES[word_of(budget)], steps, frames, size, fps)
    if what not in recipes() and (Path(what).name != what or what in ("", ".")):
        raise BadInput(f"there is no folder {what}: expected a folder of videos, or the name of a recipe.")
    run = recipe(what)
    if frames or size or fps:
        raise BadInput(f"--frames, --size and --fps are for a folder of videos; the clips of {what} are its recipe's.")
    shorter = in_steps(budget, steps)
    if handwriting:
        run = replace(run, worlds=tuple(replace(world, handwriting=handwriting) for world in run.worlds))
        for world in run.worlds:  # before a folder is made for the run
            fitting_glyphs(world)
    return replace(run, training=run.training.shortened(shorter)) if shorter else run


def word_of(budget: str | None) -> Budget:
    """The budget that was asked for, or else the environment's. Raises ValueError for a wrong word."""
    return named(budget) if budget is not None else budget_of_the_environment()


def in_steps(budget: str | None, steps: int | None) -> int | None:
    """How many steps a recipe is cut to; None where it runs whole. Raises ValueError for a wrong word."""
    word = word_of(budget)
    return steps or (SMOKE if word == "smoke" else None)


def of_folder(
    folder: Path, scale: Scale, steps: int | None, frames: int | None, size: tuple[int, ...], fps: float | None
) -> Run:
    """A model without captions, in colour."""
    height, width = (size or (scale.side,)) * (2 if len(size) < 2 else 1)
    folder = folder.resolve()
    name = folder.name if folder.name not in NOT_NAMES else "videos"
    unet = UNetConfig(channels=3, widths=scale.widths)
    training = TrainConfig(batch=scale.batch).shortened(steps or scale.steps)
    clip = (3, frames or scale.frames, height, width)
    return Run(name, unet, training=training, clip=clip, folder=str(folder), fps=fps)


def as_begun(folder: Path, what: str, *options) -> Run:
    """The run as it was begun. Raises BadInput when there is none, or when it was begun otherwise than is asked now."""
    if not Training.state_file(folder).is_file():
        raise CheckpointError(
            f"there is nothing to resume in {folder}: no state was saved there. Start without --resume."
        )
    run = Run.read(folder)
    if run is None:  # begun from Python, which writes none down
        return as_asked(what, *options)
    if (
        run.folder is not None and Path(what).is_dir()
    ):  # where its films lie now; whether they are the same, the run's list says
        run = replace(run, folder=str(Path(what).resolve()))
    elif run.folder is not None and not Path(run.folder).is_dir():
        raise BadInput(
            f"the videos of the run in {folder} lay in {run.folder}, which is not there: "
            f"`minivid train FOLDER --resume {folder}` goes on with them where they lie now."
        )
    elif what != run.name:
        raise BadInput(f"the run in {folder} is of {run.folder or run.name}, not of {what}.")
    if any(options) and (other := run.differences(replace(as_asked(what, *options), name=run.name))):
        raise BadInput(
            f"the run in {folder} was begun with another {', '.join(other)}. Without options, --resume goes on as it was begun; "
            "for another run choose another folder with --out."
        )
    return run

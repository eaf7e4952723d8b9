"""From the words of `minivid train` to the plan of a run."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

from minivid import judges, zoo
from minivid.budget import Budget, named
from minivid.budget import budget as budget_of_the_environment
from minivid.checkpoint import CheckpointError
from minivid.cli.place import BadInput
from minivid.data.world.options import fitting_glyphs
from minivid.nn.unet import UNetConfig
from minivid.plan import Plan
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


def as_asked(
    what: str,
    budget: str | None,
    steps: int | None,
    frames: int | None,
    size: tuple[int, ...],
    fps: float | None,
    handwriting: str | None,
) -> Plan:
    """The plan of a new run. Raises ValueError for a wrong name, word or size, BadInput for a missing folder."""
    if what not in zoo.RECIPES and Path(what).is_dir():
        if handwriting:
            raise BadInput(
                "--handwriting is for a recipe, whose digits it writes; a folder's videos are what they are."
            )
        return of_folder(Path(what), SCALES[word_of(budget)], steps, frames, size, fps)
    if what not in zoo.RECIPES and (Path(what).name != what or what in ("", ".")):
        raise BadInput(f"there is no folder {what}: expected a folder of videos, or the name of a recipe.")
    if what not in zoo.RECIPES and (near := difflib.get_close_matches(what, judges.RECIPES, n=1)):
        raise BadInput(f"there is no model {what!r}; did you mean {near[0]}?")
    plan = zoo.plan(what)
    if frames or size or fps:
        raise BadInput(f"--frames, --size and --fps are for a folder of videos; the clips of {what} are its recipe's.")
    shorter = in_steps(budget, steps)
    if handwriting:
        plan = replace(plan, worlds=tuple(replace(world, handwriting=handwriting) for world in plan.worlds))
        fitting_glyphs(plan.worlds[0])  # before a folder is made for the run
    return replace(plan, training=zoo.recipe(what).shortened(shorter)) if shorter else plan


def word_of(budget: str | None) -> Budget:
    """The budget that was asked for, or else the environment's. Raises ValueError for a wrong word."""
    return named(budget) if budget is not None else budget_of_the_environment()


def in_steps(budget: str | None, steps: int | None) -> int | None:
    """How many steps a recipe is cut to; None where it runs whole. Raises ValueError for a wrong word."""
    word = word_of(budget)
    return steps or (SMOKE if word == "smoke" else None)


def of_folder(
    folder: Path, scale: Scale, steps: int | None, frames: int | None, size: tuple[int, ...], fps: float | None
) -> Plan:
    """A model without captions, in colour."""
    height, width = (size or (scale.side,)) * (2 if len(size) < 2 else 1)
    folder = folder.resolve()
    name = folder.name if folder.name not in ("", "state") else "videos"  # state.safetensors is the run's own
    unet = UNetConfig(channels=3, widths=scale.widths)
    training = TrainConfig(steps=steps or scale.steps, batch=scale.batch)
    training = replace(training, warmup=min(training.warmup, training.steps))
    return Plan(name, unet, training, (3, frames or scale.frames, height, width), folder=str(folder), fps=fps)


def as_begun(run: Path, what: str, *options) -> Plan:
    """The plan that a run was begun with. Raises BadInput when there is none, or when it was begun otherwise than is asked now."""
    if not Training.state_file(run).is_file():
        raise CheckpointError(f"there is nothing to resume in {run}: no state was saved there. Start without --resume.")
    plan = Plan.read(run)
    if plan is None:  # begun from Python, which keeps no plan
        return as_asked(what, *options)
    if what != plan.name and (plan.folder is None or Path(what).resolve() != Path(plan.folder)):
        raise BadInput(f"the run in {run} is of {plan.folder or plan.name}, not of {what}.")
    if any(options) and (other := plan.differences(as_asked(what, *options))):
        raise BadInput(
            f"the run in {run} was begun with another {', '.join(other)}. Without options, --resume goes on as it was begun; "
            "for another run choose another folder with --out."
        )
    return plan

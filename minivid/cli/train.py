"""`minivid train`: a model of the zoo by its recipe, or a model of one's own videos.

A run's folder holds what it is, its state and, at the end, its weights as NAME.safetensors, which `minivid sample` takes.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from minivid.cli.errors import BadInput, at_least, sentences

if TYPE_CHECKING:
    from minivid.batches import Batches
    from minivid.data.clips import VideoFolder
    from minivid.run import Run
    from minivid.train import Training


def train(
    what: Positional[Annotated[str, arg(metavar="NAME|FOLDER")]],
    budget: Annotated[str | None, arg(metavar="smoke|laptop|gpu")] = None,
    out: Path | None = None,
    resume: Annotated[Path | None, arg(metavar="DIR")] = None,
    keep: bool = False,
    steps: int | None = None,
    frames: int | None = None,
    size: Annotated[tuple[int, ...], arg(metavar="H [W]")] = (),
    fps: float | None = None,
    handwriting: Annotated[str | None, arg(metavar="built-in|mnist")] = None,
    quiet: bool = False,
) -> int:
    """Train a model of the zoo by its recipe, or, without captions, on a folder of your own videos.

    The weights go into the run's own folder as NAME.safetensors, and `minivid sample` takes that file.

    Args:
        what: A recipe, of a model or a judge (`minivid zoo` lists them), or a folder of videos.
        budget: smoke is a few steps, to see that it runs. A recipe is the same for laptop and gpu; a folder's network and steps grow.
        out: The run's folder; runs/NAME by default.
        resume: Go on with the run in this folder, as it was begun.
        keep: Put the weights of a whole recipe where its name finds them, minivid/weights, over those that are there.
        steps: As many steps, whatever the budget says.
        frames: Frames of a clip (videos only).
        size: Height and width of a clip, or one number for both (videos only).
        fps: Frames per second that are taken of a video; without it all of them (videos only).
        handwriting: Whose digits a recipe's worlds move; mnist once `minivid data fetch mnist` has brought it.
        quiet: Say nothing but the weights' file.
    """
    at_least(1, steps=steps, frames=frames, size=min(size, default=None))
    if len(size) > 2:
        raise BadInput(f"--size takes a height and a width, or one number for both; these are {len(size)} numbers.")
    if fps is not None and not 0 < fps < float("inf"):
        raise BadInput(f"--fps is {fps:g}; expected frames per second above zero.")
    if resume and out and out.resolve() != resume.resolve():
        raise BadInput(f"--resume goes on in {resume}; leave --out out.")
    with sentences():
        from minivid.cli.which_run import as_asked, as_begun

        options = (budget, steps, frames, size, fps, handwriting)
        asked = as_begun(resume, what, *options) if resume else as_asked(what, *options)
        check_whole(keep, is_recipe(asked))
        return train_run(asked, what, resume or out or Path("runs") / asked.name, resume is not None, keep, quiet)


def train_run(asked: "Run", what: str, folder: Path, going_on: bool, keep: bool, quiet: bool) -> int:
    """Take a run to its end and write the weights; 130 when Ctrl-C stopped it. Of several processes the first one speaks."""
    from accelerate import Accelerator

    from minivid.batches import clips_in
    from minivid.data.clips import identity

    first = Accelerator().is_main_process
    quiet = quiet or not first
    videos = asked.videos() if asked.folder is not None else None
    if videos and going_on:
        check_films(videos, folder)
    if videos and not quiet:
        print(f"minivid: {videos}")
    skipped = len(videos.skipped) if videos else 0
    training = begin(asked, folder, clips_in(videos) if videos else asked.batches(), going_on)
    if videos and first and not going_on:
        identity.write_down(videos.videos, folder)
    if not quiet:
        parameters = sum(weight.numel() for weight in training.ema.parameters())
        goal = f"step {training.step} of {asked.training.steps}" if going_on else f"{asked.training.steps} steps"
        print(f"minivid: {asked.name}, {parameters / 1e6:.2f} M parameters, {goal}, in {folder}", flush=True)
    if not run(training, quiet):
        if first:
            print(
                f"minivid: stopped at step {training.step}; `minivid train {what} --resume {folder}` goes on.",
                file=sys.stderr,
            )
        return 130
    for _, reason in videos.skipped[skipped:] if videos and not quiet else ():
        print(f"minivid: left out on the way: {reason}")
    if first:
        publish(asked, training, folder, keep, quiet)
    return 0


def check_films(videos: "VideoFolder", folder: Path) -> None:
    """Raise BadInput where the run in a folder was begun on other films."""
    from minivid.data.clips import identity

    if other := identity.difference(videos.videos, folder):
        raise BadInput(
            f"the run in {folder} was begun on other films than those in {videos.folder}: {other}. On these it would end elsewhere; "
            "put back what it was begun on, or begin anew with --out."
        )


def begin(asked: "Run", folder: Path, data: "Batches", going_on: bool) -> "Training":
    """The run, ready to take its next step; its description is in its folder. Raises BadInput rather than start over another run."""
    from minivid.train import Training

    if going_on:
        return asked.start(folder, data).resume()
    if Training.state_file(folder).is_file():
        raise BadInput(
            f"{folder} already holds a run: go on with it by --resume {folder}, or choose another with --out."
        )
    asked.write(folder)
    return asked.start(folder, data)


def run(training: "Training", quiet: bool) -> bool:
    """Train to the end; False when Ctrl-C stopped it, its state saved. Raises BadInput when it fails; what was saved stands."""
    from minivid.checkpoint import CheckpointError
    from minivid.train import TrainingFailed

    try:
        with ctrl_c() as stop:
            for _ in training.steps(progress=not quiet):
                if training.anyone(stop.is_set()):
                    training.save()
                    break
    except TrainingFailed as error:
        raise BadInput(str(error)) from error
    except CheckpointError as error:
        if not training.state_file(training.out).is_file():
            raise
        raise BadInput(f"{error} The state saved before stands in {training.out}; --resume goes on from it.") from error
    return training.step == training.config.steps


@contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C, so that a step is never left half done; the second one ends the command at once."""
    asked = threading.Event()

    def ask(*_) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        print("\nminivid: stopping after this step; Ctrl-C again ends at once, without saving.", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def publish(asked: "Run", training: "Training", folder: Path, keep: bool, quiet: bool) -> None:
    """Write the weights and say where; of a judge also how good it is."""
    from minivid import judges, zoo

    found = {}
    if asked.name in judges.RECIPES:
        found = judges.measured(asked.finish(training))
        if not quiet:
            print(
                "minivid: on handwriting that it never saw:",
                *(f"  {what} {share:.3f}" for what, share in found.items()),
                sep="\n",
            )
    print(zoo.publish(asked, training, folder, found))
    if keep:
        print(zoo.publish(asked, training, zoo.WEIGHTS, found))


def is_recipe(asked: "Run") -> bool:
    """Whether the run is a recipe, from the first step to the last."""
    from minivid.cli.which_run import recipes

    return asked.name in recipes() and not asked.folder and not asked.differences(recipes()[asked.name])


def check_whole(keep: bool, whole: bool) -> None:
    """Raise BadInput where less than a whole recipe is to be kept."""
    if keep and not whole:
        raise BadInput("--keep is for a whole recipe: without it, the weights go into the run's own folder.")

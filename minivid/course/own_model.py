"""An exercise whose answer is a model that the student has trained: points for what is measured of its clips (tests/course/test_own_model.py).

What is judged is a file of weights beside the notebook, which holds numbers and a manifest and never code. It is measured with
captions and noise of a fresh seed, in a process in which none of the student's code has run. The course's own weights earn nothing;
a forger who trains them on until they are others has trained a model.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from minivid import zoo
from minivid.checkpoint import CheckpointError, read, weights_of
from minivid.course.exercise import Task
from minivid.course.outcome import Outcome, Verdict
from minivid.run import Run
from minivid.zoo import Model

NEAR = 0.5
"""A tensor is a shipped one's copy when it is nearer to it than this share of the way that training took that one from its start."""
COPIED = 0.01
"""Refused from this share of the weights on. Of runs of a recipe, those of three seeds have 0.00005, and the one from the shipped model's own seed 0.002; its text encoder alone is 0.03."""


@dataclass(frozen=True)
class Mark:
    """Points for one measured number: levels are (threshold, points), rising, and the best that is reached counts.

    measure: its name in what the exercise measures. words: what it is, for people. at_most: small numbers are the good ones, and
    thresholds fall.
    """

    measure: str
    words: str
    levels: tuple[tuple[float, int], ...]
    at_most: bool = False

    def __post_init__(self):
        thresholds, points = zip(*self.levels, strict=True)
        if list(thresholds) != sorted(set(thresholds), reverse=self.at_most) or list(points) != sorted(set(points)):
            raise ValueError(
                f"levels of {self.measure} are {self.levels}; expected (threshold, points) that get harder."
            )

    @property
    def most(self) -> int:
        """Points of the last level."""
        return self.levels[-1][1]

    def points(self, value: float) -> int:
        """What a measured number is worth; nothing when it is not a number."""
        sign = -1 if self.at_most else 1
        return max((points for threshold, points in self.levels if sign * value >= sign * threshold), default=0)

    def sentence(self, value: float) -> str:
        """The number, its points, and the thresholds."""
        side = "at most" if self.at_most else "at least"
        levels = ", ".join(f"{threshold:g} gives {points}" for threshold, points in self.levels)
        return f"{self.words}: {value:.2f}, {self.points(value)} of {self.most} points ({side} {levels})."


@dataclass(frozen=True)
class OwnModel(Task):
    """An exercise that a trained model answers.

    recipe: the run whose clips it must make. measure: (model, seed) -> numbers by name; the model's world is the recipe's, whatever
    its manifest says, and all that is random comes from the seed. least_steps: of a run that counts as an attempt. file: the name,
    without ending, under which it lies beside the notebook. Raises ValueError when the marks' points do not add up.
    """

    recipe: Run
    measure: Callable[[Model, int], Mapping[str, float]]
    marks: tuple[Mark, ...]
    least_steps: int
    file: str

    def __post_init__(self):
        if sum(mark.most for mark in self.marks) != self.points:
            raise ValueError(f"exercise {self.id} has {self.points} points; its marks add up to another number.")

    def beside(self, notebook: Path) -> Path:
        """Where the file of weights that belongs to a notebook lies."""
        return notebook.parent / f"{self.file}.safetensors"


def judge(exercise: OwnModel, file: Path | str, seed: int) -> Outcome:
    """The verdict on a file of weights. Never raises for what is in it: whatever is amiss is a sentence."""
    file = Path(file)
    if not file.is_file():
        return absent(exercise)
    try:
        model = zoo.load_file(file)
        unfit = _unfit(exercise, model) or _shipped(read(file)[0])
        if unfit:
            return Outcome(Verdict.WRONG, unfit)
        if model.manifest["steps"] < exercise.least_steps:
            return too_short(exercise)
        return marked(exercise, model, seed)
    except CheckpointError as error:
        return Outcome(Verdict.WRONG, f"The weights cannot be read: {error}")
    except Exception as error:  # whatever a configuration that nobody thought of may do
        return Outcome(Verdict.WRONG, f"Your model could not be measured ({type(error).__name__}: {error}).")


def marked(exercise: OwnModel, model: Model, seed: int) -> Outcome:
    """The points of a model: a line for each mark."""
    model = replace(model, run=replace(model.run, worlds=exercise.recipe.worlds))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        found = exercise.measure(model, seed)
    points = sum(mark.points(found[mark.measure]) for mark in exercise.marks)
    verdict = Verdict.PASSED if points == exercise.points else Verdict.PARTLY if points else Verdict.WRONG
    sentences = (mark.sentence(found[mark.measure]) for mark in exercise.marks)
    return Outcome(verdict, "\n".join(text[:1].upper() + text[1:] for text in sentences), points=points)


def absent(exercise: OwnModel) -> Outcome:
    """The verdict where no file came with the notebook."""
    return Outcome(
        Verdict.NOT_ATTEMPTED,
        f"There is no {exercise.file}.safetensors beside the notebook: the cell of exercise {exercise.id} writes it there.",
    )


def too_short(exercise: OwnModel) -> Outcome:
    """The verdict on a run that proves no more than that it runs."""
    return Outcome(
        Verdict.NOT_ATTEMPTED, f"What is measured is the model of a run of at least {exercise.least_steps} steps."
    )


def _unfit(exercise: OwnModel, model: Model) -> str:
    """Why a model cannot be measured here, or nothing."""
    recipe, run = exercise.recipe, model.run
    if run.clip != recipe.clip:
        return f"Its clips are c t h w = {run.clip}; expected {recipe.clip}, as {recipe.name} makes them."
    if run.captions != recipe.captions:
        return f"It is {'told' if run.captions else 'not told'} what to make; expected a model as {recipe.name}, which is{'' if recipe.captions else ' not'}."
    return ""


def _shipped(tensors: Mapping[str, Tensor]) -> str:
    """Whether weights, or enough of them, are those that come with the course: renamed, rounded or disturbed ones too."""
    weights, far = _by_shape(tensors), {}
    for name, moves in _moves().items():
        known = {shape: own for shape, own in weights.items() if shape in moves}
        near = sum(_copies(own, moves[shape]) * shape.numel() for shape, own in known.items())
        share = near / max(1, sum(own.numel() for own in weights.values()))
        if share > COPIED:
            far[name, share] = sum(
                torch.cdist(own, moves[shape][0]).amin(1).sum().item() for shape, own in known.items()
            )
    if not far:
        return ""
    name, share = min(far, key=far.__getitem__)  # a student is near to its teacher too
    return (
        f"{share:.0%} of these weights are those of {name}, which comes with the course: what counts is what you have trained. "
        "If you have run its own recipe, take another seed."
    )


def _copies(own: Tensor, moves: tuple[Tensor, Tensor]) -> int:
    """How many of these weights (each a row) are near to one of the shipped ones, of which it is known how far they moved."""
    shipped, moved = moves
    return int((torch.cdist(own, shipped) < NEAR * moved).any(1).sum())


@cache
def _moves() -> dict[str, dict[torch.Size, tuple[Tensor, Tensor]]]:
    """Of each shipped model, by shape: its weights as rows, and how far training took each from where its seed had put it."""
    found = {}
    for name in zoo.RECIPES:
        if not (zoo.WEIGHTS / f"{name}.safetensors").is_file():
            continue
        model = zoo.load(name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(model.run.training.seed)
            start = _by_shape(weights_of(model.run.network.build()))
        end = _by_shape(read(zoo.WEIGHTS / f"{name}.safetensors")[0])  # of a ControlNet, without its image model's
        found[name] = {shape: (rows, (rows - start[shape]).norm(dim=1)) for shape, rows in end.items()}
    return found


def _by_shape(tensors: Mapping[str, Tensor]) -> dict[torch.Size, Tensor]:
    """Matrices and kernels of one shape as rows, in the order of their names. Vectors stay where they began, in honest runs too."""
    rows = defaultdict(list)
    for _, tensor in sorted(tensors.items()):
        if tensor.is_floating_point() and tensor.ndim > 1:
            rows[tensor.shape].append(tensor.flatten().double())
    return {shape: torch.stack(alike) for shape, alike in rows.items()}

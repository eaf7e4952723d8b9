"""6.4: a clip edited by prompt: up to noise by one caption, down again by another."""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, describe, told_apart


def edit(step, x: Tensor, levels: Tensor, source, target) -> Tensor:
    """The clip x, brought to noise as `source` and back as `target`: `step(z, s, t, who)` brings z from level s to t; levels begin at x's."""
    z = x
    for s, t in pairwise(levels):
        z = step(z, s, t, source)
    for s, t in pairwise(levels.flip(0)):
        z = step(z, s, t, target)
    return z


SOURCE, TARGET = "the caption of the source", "the caption of the target"


def _way(seed: int, many: int = 2) -> dict:
    """`many`: levels, from the clean clip's down."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, 2, 3, 2, 2, generator=generator)
    levels = 6 - 4 * torch.arange(many) - torch.rand(many, generator=generator)
    return {"x": x, "levels": levels}


def _step(z: Tensor, s: Tensor, t: Tensor, who: str) -> Tensor:
    """Turns z, by what it is told and where it stands: no two orders of the same steps give the same."""
    share = torch.sigmoid((s - 2 * t) / 8)
    return (1 - 0.5 * share) * z + share * (0.8 if who == TARGET else -0.5) * torch.tanh(z.roll(1, -1) + t / 8)


def _called(obj, inputs: dict) -> dict:
    def step(z, s, t, who):
        if not isinstance(z, Tensor) or z.shape != inputs["x"].shape:
            raise WrongAnswer(
                f"the step was given {describe(z)} for z; expected a clip of shape {tuple(inputs['x'].shape)}"
            )
        for level in (s, t):
            if not isinstance(level, Tensor) or level.shape != ():
                raise WrongAnswer(
                    f"the step was given {describe(level)} for a level; expected one of `levels`, s and then t"
                )
        if who not in (SOURCE, TARGET):
            raise WrongAnswer("the step's last argument is `source` or `target`, and was neither")
        return _step(z, s, t, who)

    return {"edited": obj(step, inputs["x"].clone(), inputs["levels"].clone(), SOURCE, TARGET)}


def _up(z: Tensor, levels: Tensor, who: str) -> Tensor:
    for s, t in pairwise(levels):
        z = _step(z, s, t, who)
    return z


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x, levels = inputs["x"], inputs["levels"]
    noise, back = _up(x, levels, SOURCE), levels.flip(0)
    turns = x
    for s, t in pairwise(levels):
        turns = _step(_step(turns, s, t, SOURCE), t, s, TARGET)
    mistakes = {
        "What comes back is x as it was.": x,
        "It went up, and never down again: this is the noise.": noise,
        "It went down from the clip, and should go down from the noise that the way up ends in.": _up(x, back, TARGET),
        "It went up by `target` too: the noise is of the clip only if the way up is told what the clip shows.": _up(
            _up(x, levels, TARGET), back, TARGET
        ),
        "It came down by `source` too: that is the clip again, and no edit.": _up(noise, back, SOURCE),
        "The captions are exchanged: up by `source`, down by `target`.": _up(_up(x, levels, TARGET), back, SOURCE),
        "It went up twice: on the way down the levels come in the other order.": _up(noise, levels, TARGET),
        "It began with the way down: the clip stands at the first level, and is brought to the last one first.": _up(
            _up(x, back, SOURCE), levels, TARGET
        ),
    }
    if len(levels) > 2:
        mistakes |= {
            "Each step up is taken back at once: go all the way up before the first step down.": turns,
            "The last step up is missing.": _up(_up(x, levels[:-1], SOURCE), back, TARGET),
            "The first step up is missing.": _up(_up(x, levels[1:], SOURCE), back, TARGET),
            "The last step down is missing: it ends one level before the clip's.": _up(noise, back[:-1], TARGET),
            "The first step down is missing.": _up(noise, back[1:], TARGET),
            "It was brought from the first level to the last in one step, and should go by all that lie between.": _up(
                _up(x, levels[[0, -1]], SOURCE), back[[0, -1]], TARGET
            ),
        }
    return told_apart(arrays["edited"], _up(noise, back, TARGET), mistakes)


EXERCISE = Exercise(
    id="6.4",
    title="Up by one caption, down by another",
    points=2,
    stars=2,
    minutes=10,
    reference=edit,
    probes=(
        Probe(
            "one step up and one down",
            (
                "With two levels it is not one step up by `source` and one down by `target`.",
                "The clip stands at the first level. Bring it to the second as `source`, and what comes of it back to the first as `target`.",
                "`z = step(x, levels[0], levels[1], source)`, then `step(z, levels[1], levels[0], target)`.",
            ),
            _way,
            _called,
            _agrees,
        ),
        Probe(
            "several steps",
            (
                "With two levels it is right, with five it is not.",
                "All the way up first, from each level to the next; then through the same levels in the other order.",
                "`for s, t in pairwise(levels)`, then `for s, t in pairwise(levels.flip(0))`.",
            ),
            partial(_way, many=5),
            _called,
            _agrees,
        ),
    ),
)

"""7.7: ControlVideo's smoother, every other frame of the guess made anew."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from minivid.adapt import controlvideo
from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer


def interleaved(x_hat: Tensor, step: int, between: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """At an even step the odd frames, at an odd step the even ones, made anew from their neighbours; the first and the last stand."""
    return controlvideo.interleaved(x_hat, step, between)


def weighed(before: Tensor, after: Tensor) -> Tensor:
    """What the probes put between two frames: not the same both ways, so that it is seen which is which."""
    return 0.7 * before + 0.2 * after * before.abs()


def _clip(seed: int, frames: int, steps: tuple[int, ...]) -> dict:
    generator = torch.Generator().manual_seed(seed)
    step = steps[int(torch.randint(len(steps), (), generator=generator))]
    return {"x_hat": torch.randn(2, 3, frames, 4, 4, generator=generator), "step": step}


def _anew(x: Tensor, chosen: list[int], between: Callable[[Tensor, Tensor], Tensor] = weighed) -> Tensor:
    """These frames made anew, of neighbours as they were."""
    out = x.clone()
    for k in chosen:
        out[:, :, k] = between(x[:, :, max(k - 1, 0)], x[:, :, min(k + 1, x.shape[2] - 1)])
    return out


def _one_after_the_other(x: Tensor, chosen: list[int]) -> Tensor:
    """These frames made anew, of neighbours as they have become."""
    out = x.clone()
    for k in chosen:
        out[:, :, k] = weighed(out[:, :, k - 1], out[:, :, k + 1])
    return out


def _smoothed(obj, inputs: dict) -> dict:
    def between(before, after):
        for frame in (before, after):
            if not isinstance(frame, Tensor) or frame.ndim != 4 or frame.shape[1:] != (3, 4, 4):
                shape = tuple(frame.shape) if isinstance(frame, Tensor) else type(frame).__name__
                raise WrongAnswer(f"`between` was given {shape}; expected two frames, each b c h w = (2, 3, 4, 4)")
        return weighed(before, after)

    return {"x_hat": obj(inputs["x_hat"].clone(), inputs["step"], between)}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x, step = inputs.values()
    last = x.shape[2] - 1
    inner = list(range(1, last))
    chosen = [k for k in inner if k % 2 != step % 2]
    others = [k for k in inner if k % 2 == step % 2]
    whole = [k for k in range(last + 1) if k % 2 != step % 2]
    other_parity = (
        "The same frames are made anew at every step: which ones, the step says."
        if step % 2  # at even steps they were the right ones, or an earlier probe would have said so
        else "The parity is the other way round: at an even step it is the odd frames that are made anew."
    )
    if last % 2:  # with an odd number of frames, in earlier probes, both ends give the same
        other_parity = "Which frames are in turn is counted from the last one: count from frame 0."
    right = _anew(x, chosen)
    backwards = _anew(x, chosen, lambda before, after: weighed(after, before))
    apart = x.clone()
    for k in chosen:
        apart[:, :, k] = weighed(x[:, :, k], x[:, :, k + 1])
    mistakes = {
        "Nothing changes: no frame is made anew.": x,
        other_parity: _anew(x, others),
        "All frames between are made anew: it should be every other one, so that the rest can say what it was.": _anew(
            x, inner
        ),
        "All frames between are made anew, one after the other: it should be every other one.": _one_after_the_other(
            x, inner
        ),
        "The first frame is made anew too, from one neighbour and itself: it has not two.": _anew(
            x, [k for k in range(last) if k % 2 != step % 2]
        ),
        "The last frame is made anew too, from one neighbour and itself: it has not two.": _anew(
            x, [k for k in range(1, last + 1) if k % 2 != step % 2]
        ),
        "`between` is given the two frames the other way round: the one before comes first.": backwards,
        "A frame is made of itself and the next: its neighbours are k − 1 and k + 1.": apart,
        "A frame is mixed with what it was: it should be made anew.": (right + x) / 2,
    }
    if 0 in whole and last in whole:  # else only one of the ends is in turn
        mistakes["Both ends are made anew too, from one neighbour and themselves: they have not two."] = _anew(x, whole)
    return the_only_one(arrays["x_hat"], right, mistakes)


EXERCISE = Exercise(
    id="7.7",
    title="Every other frame anew",
    points=2,
    stars=2,
    minutes=15,
    reference=interleaved,
    answers=(interleaved, controlvideo.interleaved),
    probes=(
        Probe(
            "an even step",
            (
                "At an even step, of a clip with an odd number of frames, it is not what it should be.",
                "Frames 1, 3, 5 … are made anew from those before and after them; frames 0, 2, 4 … stand.",
                "`for k in range(1, frames - 1, 2)`: `between(x_hat[:, :, k - 1], x_hat[:, :, k + 1])`.",
            ),
            partial(_clip, frames=7, steps=(2, 30)),
            _smoothed,
            _agrees,
        ),
        Probe(
            "an odd step",
            (
                "Even steps are right; at an odd one it is not what it should be.",
                "Now frames 2, 4 … are made anew, and the odd ones stand; the first and the last have not two neighbours, and stand.",
                "`range(1 + step % 2, frames - 1, 2)`.",
            ),
            partial(_clip, frames=7, steps=(3, 31)),
            _smoothed,
            _agrees,
        ),
        Probe(
            "an even number of frames",
            (
                "With an odd number of frames it is right; with an even one it is not.",
                "The last frame then is one whose turn it would be at an even step. It has no frame after it, and stands.",
                "`range(..., frames - 1, 2)` ends before the last.",
            ),
            partial(_clip, frames=6, steps=(0, 2, 30)),
            _smoothed,
            _agrees,
        ),
        Probe(
            "an even number, an odd step",
            (
                "At even steps it is right, and so it is with an odd number of frames; with an even one, at an odd step, it is not.",
                "Frames 2, 4 … are made anew, up to the last but one; the last alone stands.",
                "`range(1 + step % 2, frames - 1, 2)`: its end does not depend on the step.",
            ),
            partial(_clip, frames=6, steps=(1, 3, 31)),
            _smoothed,
            _agrees,
        ),
    ),
)

"""1.5: which break it is, told by a machine that sees an x–t slice."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minivid.chapters.ch01.camera import KINDS, film, slices
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, describe

MANY, ENOUGH = 12, 10
"""Films of each kind that are asked about, and how many must be named right."""


def which_break(cuts: Float[Tensor, "n t w"]) -> list[str]:
    """One of KINDS for each x–t slice, in [-1, 1].

    Flicker: from frame to frame half of a row's pixels change by one and the same factor. Jump: two frames that follow each other fit
    best when one is moved by 3 pixels or more. Drift: so do the first and the last frame.
    """
    light = (cuts + 1) / 2 + 0.02
    gain = (light[:, 1:] / light[:, :-1]).log().median(2).values.abs().median(1).values
    step = torch.stack([shift(light[:, t], light[:, t + 1]) for t in range(cuts.shape[1] - 1)], dim=1)
    whole = shift(light[:, 0], light[:, -1])
    return [
        "flicker" if g > 0.04 else "jump" if s > 2 else "drift" if d > 2 else "steady"
        for g, s, d in zip(gain, step.abs().amax(1), whole.abs(), strict=True)
    ]


def shift(a: Float[Tensor, "n w"], b: Float[Tensor, "n w"], reach: int = 7) -> Int[Tensor, " n"]:
    """How many pixels further right row b fits row a best; what moves by itself counts little, for no difference counts above 0.2."""
    w = a.shape[1]
    off = []
    for d in range(-reach, reach + 1):
        inside = torch.arange(max(0, -d), min(w, w - d))
        off.append((b[:, inside + d] - a[:, inside]).abs().clamp(max=0.2).mean(1) + 1e-4 * abs(d))
    return torch.stack(off).argmin(0) - reach


def _films(seed: int) -> dict:
    """Films of all kinds, in any order: what a film is called must not hang on those beside it."""
    cuts = torch.cat([slices(film(kind, MANY, seed)) for kind in KINDS])
    order = torch.randperm(len(cuts), generator=torch.Generator().manual_seed(seed))
    return {"cuts": cuts[order], "kinds": torch.arange(len(KINDS)).repeat_interleave(MANY)[order]}


def _named(obj, inputs: dict) -> dict:
    """The words as their places in KINDS."""
    words, n = obj(inputs["cuts"].clone()), len(inputs["cuts"])
    if not isinstance(words, Sequence) or isinstance(words, str) or len(words) != n:
        raise WrongAnswer(f"It returned {describe(words)}; expected a list with a word for each of the {n} slices.")
    unknown = next((word for word in words if word not in KINDS), None)
    if unknown is not None:
        raise WrongAnswer(f"It said {unknown!r}; expected one of {', '.join(KINDS)}.")
    return {"said": torch.tensor([KINDS.index(word) for word in words])}


def _mostly(kind: str):
    """A comparison: at least ENOUGH of the films of a kind named right; else what they were taken for."""

    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        said = [KINDS[int(i)] for i in arrays["said"][(inputs["kinds"] == KINDS.index(kind)).numpy()]]
        if said.count(kind) >= ENOUGH:
            return True
        others = ", ".join(f"{said.count(other)} {other}" for other in KINDS if other != kind and other in said)
        return f"Of {MANY} {kind} films {said.count(kind)} were named, {ENOUGH} are asked for; the others: {others}."

    return compare


HINTS = {
    "steady": (
        "In a steady film something moves all the same: the digit.",
        "What covers a few pixels of a row must not decide, as it does in a mean; a median does not mind it.",
        "Say it last, of films that are none of the three others.",
    ),
    "flicker": (
        "Flicker changes the *light*, of a whole row at once.",
        "From one frame to the next most pixels of a row are multiplied by one factor, and a moment later by another.",
        "`(light[:, 1:] / light[:, :-1]).log().median(2).values.abs()`, where `light = (cuts + 1) / 2 + 0.02` is never 0: on average over the film's pairs it is above a threshold.",
    ),
    "jump": (
        "A jump happens between *two* frames that follow each other.",
        "Look for the pair that fits best when one of them is moved by some pixels.",
        "The largest `shift(cuts[:, t], cuts[:, t + 1]).abs()` over t is 3 or more.",
    ),
    "drift": (
        "A drift is slow: 0.3 pixels from frame to frame, and 4 or more from the first frame to the last.",
        "Compare frames that lie far apart.",
        "`shift(cuts[:, 0], cuts[:, -1]).abs()` is 3 or more, and no pair of neighbours has jumped.",
    ),
}

EXERCISE = Exercise(
    id="1.5",
    title="Which break is it?",
    points=4,
    stars=3,
    minutes=30,
    reference=which_break,
    probes=tuple(Probe(kind, hints, _films, _named, _mostly(kind)) for kind, hints in HINTS.items()),
)

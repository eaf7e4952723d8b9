"""2.7: rotary positions for time. Judged on what a rotation keeps, then on which rotation it is."""

from functools import partial

import numpy as np
import torch

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, all_of, close, returned, shaped
from minivid.nn.attention.positions import angles, rotate

CLIPS, HEADS, FRAMES, DIM = 3, 5, 5, 8  # as many heads as frames: a turn along the wrong axis runs, silently


def _queries(seed: int, frames: str = "spread", alike: bool = False, **base: int) -> dict:
    """Random vectors, or one for all frames and heads (`alike`), and the numbers of the frames: all 0, 1 or spread out, or broken, some below 0."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(CLIPS, HEADS, FRAMES, DIM, generator=generator)
    spread = torch.randperm(12, generator=generator)[:FRAMES].sort().values.float()
    position = {"zero": torch.zeros(FRAMES), "one": torch.ones(FRAMES), "spread": spread + 1, "any": spread / 4 - 1.4}
    return {"x": x[:, :1, :1].expand_as(x).clone() if alike else x, "position": position[frames], **base}


_rotated = returned("rotated")
_agrees = agrees(rotate, _rotated)
_has_its_shape = shaped(CLIPS, HEADS, FRAMES, DIM)


def _with_scores(obj, inputs: dict) -> dict:
    """The scores of each frame with each other, and those of the same vectors seven frames later."""
    x = inputs["x"]
    here, later = (obj(x.clone(), inputs["position"] + shift) for shift in (0, 7))
    return {"here": here @ here.mT, "later": later @ later.mT}


def _stands(arrays: Arrays, inputs: dict) -> bool | str:
    out, x = arrays["rotated"], inputs["x"].numpy()
    if out.shape == x.shape and close(np.sort(out), np.sort(x)) is True and close(out, x) is not True:
        return (
            "At position 0 all values are there, in another order: a pair's two numbers stand next to each other again."
        )
    return close(out, x)


def _pairs(arrays: Arrays) -> np.ndarray:
    return arrays["rotated"].reshape(CLIPS, HEADS, FRAMES, DIM // 2, 2).astype(np.float64)


def _keeps_lengths(arrays: Arrays, inputs: dict) -> bool | str:
    pairs = inputs["x"].unflatten(-1, (-1, 2)).norm(dim=-1)
    return all_of(_has_its_shape(arrays, inputs), close(np.linalg.norm(_pairs(arrays), axis=-1), pairs, atol=1e-4))


def _frames_differ_and_heads_do_not(arrays: Arrays, inputs: dict) -> bool | str:
    out = arrays["rotated"]
    shape = _has_its_shape(arrays, inputs)
    if shape is not True:
        return shape
    if np.abs(out - out[:, :1]).max() > 1e-4:
        return "Heads that hold the same vectors came out different."
    return bool(np.abs(out - out[:, :, :1])[:, :, 1:].max((0, 1, 3)).min() > 1e-3) or "Some frames were turned alike."


def _turns_by_its_angles(arrays: Arrays, inputs: dict) -> bool | str:
    """The cosine between each pair before and after, whichever way it was turned."""
    before, after = inputs["x"].unflatten(-1, (-1, 2)).double().numpy(), _pairs(arrays)
    cosine = (before * after).sum(-1) / (before**2).sum(-1)
    expected = angles(inputs["position"], DIM).cos().expand(CLIPS, HEADS, FRAMES, DIM // 2)
    return close(cosine, expected, atol=1e-3)


EXERCISE = Exercise(
    id="2.7",
    title="Positions that turn",
    points=3,
    stars=2,
    minutes=20,
    reference=rotate,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "frame 0 stands",
            (
                "Where the position is 0 nothing should happen to x.",
                "Take the positions as they are given, and turn: nothing is added, and each pair comes back to its two channels.",
                "cos 0 = 1 and sin 0 = 0, so that a stays a and b stays b: `torch.stack([…, …], dim=-1).flatten(-2)`.",
            ),
            partial(_queries, frames="zero"),
            _rotated,
            _stands,
        ),
        Probe(
            "lengths",
            (
                "A turn keeps the length of every pair, and yours does not.",
                "Pairs are the channels 0 and 1, 2 and 3, … (not 0 and d/2), and both new numbers are made of a and b as they were *before*.",
                "`a, b = x[..., 0::2], x[..., 1::2]`, and then `a * cos - b * sin` and `a * sin + b * cos`.",
            ),
            _queries,
            _rotated,
            _keeps_lengths,
        ),
        Probe(
            "own frame",
            (
                "Each frame is turned by its own position, all heads alike.",
                "t is the last axis but one: angles of shape t × d/2 fit x as they are.",
                "`position[:, None] * speed`.",
            ),
            partial(_queries, alike=True),
            _rotated,
            _frames_differ_and_heads_do_not,
        ),
        Probe(
            "distance alone",
            (
                "The same frames seven later should have the same scores.",
                "Angles must be proportional to the position, with a factor that does not depend on the clip.",
                "`position[:, None] * speed`, the position as it was given.",
            ),
            _queries,
            _with_scores,
            lambda arrays, inputs: close(arrays["later"], arrays["here"], rtol=1e-3, atol=1e-3),
        ),
        Probe(
            "speeds",
            (
                "The pairs turn at other speeds than they should.",
                "Pair k of a head of d channels turns by base^(−2k/d) radians a frame: 1, and then slower with every pair. (With k/d for 2k/d the "
                "exponents end at ½ and the slow half of the clocks is missing, as in a published video model.)",
                "`base ** (-torch.arange(0, d, 2) / d)`: the arange steps by 2 already.",
            ),
            partial(_queries, frames="one"),
            _rotated,
            _turns_by_its_angles,
        ),
        Probe(
            "which way",
            (
                "The angles are right, the direction is not.",
                "Where the second term has its minus sign decides it.",
                "(a, b) becomes (a cos − b sin, a sin + b cos).",
            ),
            _queries,
            _rotated,
            _agrees,
        ),
        Probe(
            "any number",
            (
                "With positions like −1.4 and 0.35 it is wrong.",
                "A position is a number like any other: no index, and never made whole or positive.",
                "`position[:, None] * speed`.",
            ),
            partial(_queries, frames="any"),
            _rotated,
            _agrees,
        ),
        Probe(
            "base",
            (
                "With another `base` it is wrong.",
                "The argument stands in the formula; 10 000 is only what it is when nobody says.",
                "`base ** (…)`.",
            ),
            partial(_queries, base=50),
            _rotated,
            agrees(lambda x, position, base: rotate(x, position, base), _rotated),
        ),
    ),
)

"""2.8: a learned number for each distance of two frames, looked up for every pair of them."""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, all_of, close, returned

HEADS, FARTHEST = 3, 4


def relative_bias(table: Float[Tensor, "distances heads"], frames: int) -> Float[Tensor, "heads t t"]:
    """Row r + d of the table, of 2r + 1 rows, for frames i and j = i + d; beyond r the last row stands (Shaw et al. 2018)."""
    farthest = len(table) // 2
    frame = torch.arange(frames, device=table.device)
    distance = (frame[None, :] - frame[:, None]).clamp(-farthest, farthest)
    return table[distance + farthest].movedim(-1, 0)


def _table(seed: int, frames: int) -> dict:
    return {
        "table": torch.randn(2 * FARTHEST + 1, HEADS, generator=torch.Generator().manual_seed(seed)),
        "frames": frames,
    }


_bias = returned("bias")


def _shape_is_right(arrays: Arrays, inputs: dict) -> bool | str:
    expected = (HEADS, inputs["frames"], inputs["frames"])
    return arrays["bias"].shape == expected or f"The shape is {arrays['bias'].shape}, expected {expected}."


def _constant_along_diagonals(arrays: Arrays, inputs: dict) -> bool | str:
    bias, frames = arrays["bias"], inputs["frames"]
    diagonals = (np.diagonal(bias, d, 1, 2) for d in range(1 - frames, frames))
    verdict = all_of(
        _shape_is_right(arrays, inputs), all(bool(np.ptp(each, axis=1).max() < 1e-6) for each in diagonals)
    )
    expected = relative_bias(**inputs).numpy()
    if verdict is False and close(bias, np.moveaxis(expected, 0, -1).reshape(bias.shape)) is True:
        return "The numbers are right, but `reshape` cut them up: it moves no axis, `movedim(-1, 0)` does."
    return verdict


def _right_where(chosen) -> object:
    """A comparison of those pairs of frames whose distance j − i is `chosen`."""

    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        frame = np.arange(inputs["frames"])
        where = chosen(frame[None, :] - frame[:, None])
        expected = relative_bias(**inputs).numpy()
        return all_of(_shape_is_right(arrays, inputs), close(arrays["bias"][:, where], expected[:, where]))

    return compare


EXERCISE = Exercise(
    id="2.8",
    title="A bias for each distance",
    points=2,
    stars=1,
    minutes=10,
    reference=relative_bias,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "a map a head",
            (
                "There should be one t × t table for each head.",
                "A bias is added to scores `heads i j`: the heads come first.",
                "`table[index]` has the heads last; `.movedim(-1, 0)` brings them to the front.",
            ),
            partial(_table, frames=6),
            _bias,
            _shape_is_right,
        ),
        Probe(
            "distance alone",
            (
                "Frames 0 and 2 should get the number that 1 and 3 get.",
                "Only the distance j − i may matter.",
                "`frame[None, :] - frame[:, None]`.",
            ),
            partial(_table, frames=FARTHEST + 1),
            _bias,
            _constant_along_diagonals,
        ),
        Probe(
            "itself",
            (
                "A frame that looks at itself gets another row than it should.",
                "Its distance is 0, and that is the *middle* row of the table. A negative index is no error in Python, it counts from the end.",
                "Row r + (j − i), with `r = len(table) // 2`.",
            ),
            partial(_table, frames=FARTHEST + 1),
            _bias,
            _right_where(lambda distance: distance == 0),
        ),
        Probe(
            "past and future",
            (
                "A frame gets its own number, and others' numbers are wrong.",
                "The distance is j − i, with its sign: i is the frame that looks (the row), j the one looked at (the column), and rows of the table "
                "beyond the middle are for the future.",
                "`(frame[None, :] - frame[:, None]).clamp(-r, r) + r`.",
            ),
            partial(_table, frames=FARTHEST + 1),
            _bias,
            _right_where(lambda distance: abs(distance) <= FARTHEST),
        ),
        Probe(
            "farther than the table",
            (
                "Near frames are right, and in a longer clip the far ones are not.",
                "All that lie farther apart than r share the first or the last row.",
                "The distance, `.clamp(-r, r)`.",
            ),
            partial(_table, frames=2 * FARTHEST + 5),
            _bias,
            _right_where(lambda distance: abs(distance) < 1000),
        ),
    ),
)

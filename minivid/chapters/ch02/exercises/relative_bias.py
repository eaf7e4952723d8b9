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
    return all_of(_shape_is_right(arrays, inputs), all(bool(np.ptp(each, axis=1).max() < 1e-6) for each in diagonals))


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
            "A bias is added to scores `heads i j`: the heads come first.",
            partial(_table, frames=6),
            _bias,
            _shape_is_right,
        ),
        Probe(
            "distance alone",
            "Frames 2 and 5 should get the number that 12 and 15 get: only the distance j − i may matter.",
            partial(_table, frames=FARTHEST + 1),
            _bias,
            _constant_along_diagonals,
        ),
        Probe(
            "itself",
            "A frame looking at itself has the distance 0, and that is the *middle* row of the table. Index r + (j − i): a negative index "
            "is no error in Python, it counts from the table's end.",
            partial(_table, frames=FARTHEST + 1),
            _bias,
            _right_where(lambda distance: distance == 0),
        ),
        Probe(
            "past and future",
            "The distance is j − i, with its sign: i is the frame that looks (the row), j the one looked at (the column), and rows of the "
            "table beyond the middle are for the future.",
            partial(_table, frames=FARTHEST + 1),
            _bias,
            _right_where(lambda distance: abs(distance) <= FARTHEST),
        ),
        Probe(
            "farther than the table",
            "Near frames are right. In a longer clip all that lie farther apart than r share the first or the last row: clamp the distance "
            "to −r … r.",
            partial(_table, frames=2 * FARTHEST + 5),
            _bias,
            _right_where(lambda distance: abs(distance) < 1000),
        ),
    ),
)

"""5.4: rotary positions in three axes."""

from functools import partial

import torch
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, returned
from minivid.nn.attention.places import rotary_3d, shares
from minivid.nn.attention.positions import angles

DIM, SLOWEST = 32, 100.0


def _places(seed: int, moving: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Some places; the axes that do not move stand at 0."""
    place = torch.randint(1, 12, (3, 5), generator=torch.Generator().manual_seed(seed)).float()
    still = [axis for axis in range(3) if axis not in moving]
    place[still] = 0
    return {"place": place, "dim": DIM, "slowest": SLOWEST}


def _on_a_grid(seed: int) -> dict:
    """Places that stand in a grid, a head of other width, another slowest clock."""
    place = torch.randint(1, 12, (3, 2, 3, 4), generator=torch.Generator().manual_seed(seed)).float()
    return {"place": place, "dim": 16, "slowest": 30.0}


def _by(parts, speeds=angles, order=(0, 1, 2)):
    """The answer with other shares, clocks or order of the axes."""

    def made(place: Tensor, dim: int, slowest: float) -> Tensor:
        return torch.cat([speeds(place[axis], n, slowest) for axis, n in zip(order, parts, strict=True)], dim=-1)

    return made


def _cut_out(place: Tensor, dim: int, slowest: float) -> Tensor:
    """All clocks of one axis, of which each axis takes its share."""
    whole = [angles(axis, dim, slowest) for axis in place]
    ends = [0, *torch.tensor(shares(dim)).cumsum(0).div(2, rounding_mode="floor").tolist()]
    return torch.cat([whole[i][..., ends[i] : ends[i + 1]] for i in range(3)], dim=-1)


def _first_clocks(place: Tensor, dim: int, slowest: float) -> Tensor:
    return torch.cat([angles(a, dim, slowest)[..., : n // 2] for a, n in zip(place, shares(dim), strict=True)], dim=-1)


_angles = returned("angles")
EVEN, TWO = (10, 10, 12), (DIM // 4, 3 * DIM // 8, 3 * DIM // 8)

EXERCISE = Exercise(
    id="5.4",
    title="Three axes that turn",
    points=3,
    stars=2,
    minutes=15,
    reference=rotary_3d,
    probes=(
        Probe(
            "time's share",
            (
                "Places that differ in time alone should turn the first d/8 pairs, a quarter of all, and leave the others as they are.",
                "`place[0]` is the frame; its share is `dim // 4` channels, which are half as many angles.",
                "`angles(place[0], dim // 4, slowest)`, and the other two axes behind it.",
            ),
            partial(_places, moving=(0,)),
            _angles,
            told_by(
                rotary_3d,
                _angles,
                {
                    "Time's share stands last here.": _by(TWO[::-1], order=(2, 1, 0)),
                    "These are sines; the angles themselves are asked for.": lambda place, dim, slowest: rotary_3d(
                        place, dim, slowest
                    ).sin(),
                    "The clocks are those of a whole head, of which each axis takes the first; an axis has clocks of its own.": (
                        _first_clocks
                    ),
                    "All axes turn all pairs, and are added; each has a share of the pairs.": lambda place, dim, slowest: (
                        sum(angles(axis, dim, slowest) for axis in place)
                    ),
                    "The slowest clock is not the one that was given.": lambda place, dim, slowest: rotary_3d(
                        place, dim
                    ),
                },
            ),
        ),
        Probe(
            "rows and columns",
            (
                "Time is right. Of places that differ in row and column the angles are not those of the two last shares.",
                "`place[1]` is the row and comes first, `place[2]` the column; each has `3 * dim // 8` channels.",
                "`angles(place[1], 3 * dim // 8, slowest)`.",
            ),
            partial(_places, moving=(1, 2)),
            _angles,
            told_by(
                rotary_3d,
                _angles,
                {
                    "Column and row are exchanged.": _by(TWO, order=(0, 2, 1)),
                    "Both shares are turned by the row.": _by(TWO, order=(0, 1, 1)),
                    "The clocks of rows and columns go on where time's ended: each axis must begin with the fastest.": _cut_out,
                },
            ),
        ),
        Probe(
            "all three",
            (
                "Each axis by itself is right; of places that differ in all of them the angles are not.",
                "The three axes' angles stand side by side, and none is added to another.",
                "`torch.cat([…, …, …], dim=-1)`.",
            ),
            _places,
            _angles,
            told_by(rotary_3d, _angles, {}),
        ),
        Probe(
            "on a grid",
            (
                "For a row of places, 32 channels and 100 as the slowest it is right. For a grid of places, or with other numbers, it is not.",
                "place is `3 *n`, of any number of axes behind the 3; dim and slowest are arguments.",
                "`torch.cat([…], dim=-1)`, and no 32, no 100, no `dim=1`.",
            ),
            _on_a_grid,
            _angles,
            told_by(
                rotary_3d,
                _angles,
                {
                    "The slowest is 100 here, whatever was given.": lambda place, dim, slowest: rotary_3d(
                        place, dim, SLOWEST
                    ),
                },
            ),
        ),
    ),
)

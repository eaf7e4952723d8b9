"""2.4: a clip cut into boxes of neighbours, something done to each box, and the boxes put back."""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned
from minivid.nn.attention.core import Window

Size = tuple[int, int, int]


def in_windows(
    mix: Callable[[Tensor], Tensor], x: Float[Tensor, "b c t h w"], size: Size
) -> Float[Tensor, "b c t h w"]:
    """`mix`, from `n i c` to `n i c`, on each box of `size` = (frames, height, width) that the clip is cut into."""
    window = Window(*size)
    return window.join(mix(window.cut(x)), x)


def _clips(seed: int, mix: Callable[[Tensor], Tensor]) -> dict:
    x = torch.randn(2, 3, 4, 6, 8, generator=torch.Generator().manual_seed(seed))
    return {"mix": mix, "x": x, "size": (2, 3, 4)}


def _double(rows: Tensor) -> Tensor:
    return 2 * rows


def _less_the_mean(rows: Tensor) -> Tensor:
    """Of its own box."""
    return rows - rows.mean(1, keepdim=True)


def _sum_so_far(rows: Tensor) -> Tensor:
    """Reads the order within a box."""
    return rows.cumsum(1)


_out = returned("out")
_agrees = agrees(in_windows, _out)

EXERCISE = Exercise(
    id="2.4",
    title="In windows",
    points=3,
    stars=2,
    minutes=15,
    reference=in_windows,
    promises=Promises(gradient=True),
    answers=(in_windows, Window),
    probes=(
        Probe(
            "back in place",
            "With a `mix` that only doubles every value, the clip should come back doubled. Look at the way back: it is the way in, read "
            "from right to left.",
            partial(_clips, mix=_double),
            _out,
            _agrees,
        ),
        Probe(
            "boxes of neighbours",
            "The values that are handed to `mix` as one sequence are not one box of neighbouring places. Look at the brackets of the way in: "
            "in (t t1) with t1 the window's side, t counts windows and t1 the places within one; written (t1 t), a window is every so-manieth frame "
            "of the whole clip (a published mistake), and its sides belong to frames, height and width in this order.",
            partial(_clips, mix=_less_the_mean),
            _out,
            _agrees,
        ),
        Probe(
            "order within a box",
            "The boxes are right, but within one the places stand in another order than frames, then rows, then columns: (t1 h1 w1).",
            partial(_clips, mix=_sum_so_far),
            _out,
            _agrees,
        ),
    ),
)

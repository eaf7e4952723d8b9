"""2.4: a clip cut into boxes of neighbours, something done to each box, and the boxes put back."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import (
    Arrays,
    Exercise,
    Probe,
    Promises,
    WrongAnswer,
    agrees,
    close,
    describe,
    returned,
)
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
    """Of its own box, which has 2 · 3 · 4 places of 3 channels."""
    if rows.ndim != 3 or rows.shape[1:] != (24, 3):
        raise WrongAnswer(
            f"`mix` was handed {describe(rows)}; expected `n i c`: for boxes of size (2, 3, 4) and 3 channels i = 24 places (`size` is how "
            "large a box is, not how many there are) and, behind them, c = 3."
        )
    return rows - rows.mean(1, keepdim=True)


def _sum_so_far(rows: Tensor) -> Tensor:
    """Reads the order within a box."""
    return rows.cumsum(1)


_out = returned("out")
_agrees = agrees(in_windows, _out)


def _doubled(arrays: Arrays, inputs: dict) -> bool | str:
    verdict, doubled = _agrees(arrays, inputs), 2 * inputs["x"].numpy()
    if verdict is False and close(np.sort(arrays["out"], axis=None), np.sort(doubled, axis=None)) is not True:
        return "What comes back has other values than those that `mix` returned; put them in place, and nothing more."
    return verdict


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
            (
                "With a `mix` that only doubles every value, the clip should come back doubled.",
                "The way back is the way in, read from right to left.",
                '`rearrange(mix(rows), "(b t h w) (t1 h1 w1) c -> b c (t t1) (h h1) (w w1)", …)`, if the way in ends as this begins.',
            ),
            partial(_clips, mix=_double),
            _out,
            _doubled,
        ),
        Probe(
            "boxes of neighbours",
            (
                "The values that are handed to `mix` as one sequence are not one box of neighbouring places.",
                "The brackets of the way in: in (t t1), with t1 a window's frames, t counts windows and t1 the places within one. Written (t1 t), a "
                "window is a comb through the whole clip (a published mistake). `reshape` alone cuts no boxes either.",
                '`rearrange(x, "b c (t t1) (h h1) (w w1) -> (b t h w) (t1 h1 w1) c", t1=…, h1=…, w1=…)`.',
            ),
            partial(_clips, mix=_less_the_mean),
            _out,
            _agrees,
        ),
        Probe(
            "order within a box",
            (
                "The boxes are right, but within one the places stand in another order.",
                "Frames outermost, then rows, then columns innermost.",
                "The second bracket is `(t1 h1 w1)`.",
            ),
            partial(_clips, mix=_sum_so_far),
            _out,
            _agrees,
        ),
    ),
)

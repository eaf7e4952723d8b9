"""5.5: space, then time: Latte's two kinds of sequence."""

from collections.abc import Callable
from functools import partial

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, Promises, returned
from minivid.nn.attention.core import SPACE, TIME

Mix = Callable[[Tensor], Tensor]


def over_space_then_time(x: Float[Tensor, "b t h w d"], space: Mix, time: Mix) -> Float[Tensor, "b t h w d"]:
    """`space` on the tokens of each frame, then `time` on each place through the frames; both are functions of sequences `n i d`."""
    for window, mix in ((SPACE, space), (TIME, time)):
        grid = rearrange(x, "b t h w d -> b d t h w")
        x = rearrange(window.join(mix(window.cut(grid)), grid), "b d t h w -> b t h w d")
    return x


def _nothing(rows: Tensor) -> Tensor:
    return rows.clone()


def _sum_so_far(rows: Tensor) -> Tensor:
    """Reads the order within a sequence, and where it ends."""
    return rows.cumsum(1)


def _less_the_largest(rows: Tensor) -> Tensor:
    """Does not commute with a sum."""
    return rows - rows.amax(1, keepdim=True)


ALIKE, APART = (3, 3, 2, 4, 3), (2, 4, 3, 2, 5)


def _tokens(seed: int, space: Mix = _nothing, time: Mix = _nothing, sizes: tuple[int, ...] = ALIKE) -> dict:
    """By default as many frames as channels and as clips: an axis that is taken for another runs, silently."""
    return {
        "x": torch.randn(sizes, generator=torch.Generator().manual_seed(seed)),
        "space": space,
        "time": time,
    }


_out = returned("out")


def _folded(into: str, out: str, sizes: str = "bthw"):
    """One of the two by a pattern of its own."""

    def made(x: Tensor, mix: Mix) -> Tensor:
        known = dict(zip("bthw", x.shape, strict=False))
        return rearrange(
            mix(rearrange(x, f"b t h w d -> {into}")), f"{into} -> b t h w d", **{k: known[k] for k in sizes}
        )

    return made


_space, _time = _folded("(b t) (h w) d", "", "thw"), _folded("(b h w) t d", "", "bthw")

EXERCISE = Exercise(
    id="5.5",
    title="Space, then time",
    points=3,
    stars=2,
    minutes=15,
    reference=over_space_then_time,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "there and back",
            (
                "With a `space` and a `time` that do nothing x does not come back as it was.",
                "The way back has the same brackets, in the same order, as the way there: (b t) (h w), then (b h w).",
                '`rearrange(…, "(b t) (h w) d -> b t h w d", b=b, h=h)`, and `rearrange(…, "(b h w) t d -> b t h w d", b=b, h=h)`.',
            ),
            _tokens,
            _out,
            told_by(
                over_space_then_time,
                _out,
                {
                    "Clips and frames are exchanged on the way back.": lambda x, space, time: rearrange(
                        rearrange(x, "b t h w d -> (b t) h w d"), "(t b) h w d -> b t h w d", b=len(x)
                    ),
                    "Rows and columns are exchanged on a way back.": lambda x, space, time: rearrange(
                        rearrange(x, "b t h w d -> b t (h w) d"), "b t (w h) d -> b t h w d", h=x.shape[2]
                    ),
                    "x is added once more: what `space` and `time` give back is the answer, and no residual.": lambda x, space, time: (
                        4 * x
                    ),
                },
            ),
        ),
        Probe(
            "space",
            (
                "There and back is right. With a `time` that does nothing, `space` was not handed the tokens of one frame as one sequence.",
                "What is not in the sequence belongs to the batch: here clips and frames.",
                '`rearrange(x, "b t h w d -> (b t) (h w) d")`, and back by the same brackets.',
            ),
            partial(_tokens, space=_sum_so_far),
            _out,
            told_by(
                over_space_then_time,
                _out,
                {
                    "`space` ran over the frames.": lambda x, space, time: _time(x, space),
                    "A sequence here holds the tokens of all frames.": lambda x, space, time: _folded(
                        "b (t h w) d", "", "thw"
                    )(x, space),
                    "`space` was not called.": lambda x, space, time: x,
                    "A sequence here is one row of a frame.": lambda x, space, time: _folded("(b t h) w d", "", "bth")(
                        x, space
                    ),
                    "The tokens of a frame are read column by column; rows come first.": lambda x, space, time: _folded(
                        "(b t) (w h) d", "", "thw"
                    )(x, space),
                },
            ),
        ),
        Probe(
            "time",
            (
                "Space is right. With a `space` that does nothing, `time` was not handed one place through all frames.",
                "Clips, rows and columns belong to the batch, and frames are the sequence.",
                '`rearrange(x, "b t h w d -> (b h w) t d")`.',
            ),
            partial(_tokens, time=_sum_so_far),
            _out,
            told_by(
                over_space_then_time,
                _out,
                {
                    "`time` ran over the tokens of each frame.": lambda x, space, time: _space(x, time),
                    "`time` was not called.": lambda x, space, time: x,
                    "This is a `reshape`: it reads on along rows and columns, and not from frame to frame.": lambda x, space, time: (
                        time(x.reshape(-1, x.shape[1], x.shape[-1])).reshape(x.shape)
                    ),
                    "A sequence here runs over the clips of the batch.": lambda x, space, time: _folded(
                        "(t h w) b d", "", "thw"
                    )(x, time),
                },
            ),
        ),
        Probe(
            "in this order",
            (
                "Each by itself is right, one after the other they are not.",
                "`time` is handed what `space` has made.",
                "First `x = …space(…)…`, then the same with `time` on that x.",
            ),
            partial(_tokens, space=_sum_so_far, time=_less_the_largest),
            _out,
            told_by(
                over_space_then_time,
                _out,
                {
                    "Time comes before space.": lambda x, space, time: _space(_time(x, time), space),
                    "Both run on what came in, and are added.": lambda x, space, time: (
                        _space(x, space) + _time(x, time) - x
                    ),
                },
            ),
        ),
        Probe(
            "other sizes",
            (
                "With three clips of three frames of 2 × 4 tokens it is right, with other sizes it is not.",
                "Which size was written out as a number, or read off another axis than its own?",
                "`b, t, h, w, d = x.shape`, and on the way back `b=b, h=h`.",
            ),
            partial(_tokens, space=_sum_so_far, time=_sum_so_far, sizes=APART),
            _out,
            told_by(over_space_then_time, _out, {}),
        ),
    ),
)

"""Sparse attention through one mechanism: rules of who may see whom, and the blocks of scores that they leave over (chapter 2).

A rule is a function of two places, the one that looks and the one looked at; rules are joined by `both` and `either`. This is how
FlexAttention is told its masks (Dong et al. 2024). Checked by tests/nn/test_sparse.py.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from einops import reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minivid.nn.attention.core import attend

Place = Int[Tensor, "3 ..."]
"""Frame, row, column."""
Rule = Callable[[Place, Place], Bool[Tensor, "..."]]
"""True where the first place may look at the second."""


def causal(q: Place, k: Place) -> Bool[Tensor, "..."]:
    """Its own frame and those before."""
    return k[0] <= q[0]


def near(frames: int, rows: int, columns: int) -> Rule:
    """What is at most so many frames, rows and columns away."""
    reach = (frames, rows, columns)

    def rule(q: Place, k: Place) -> Bool[Tensor, "..."]:
        close = [(k[axis] - q[axis]).abs() <= reach[axis] for axis in range(3)]
        return close[0] & close[1] & close[2]

    return rule


def every(frames: int = 1, rows: int = 1, columns: int = 1) -> Rule:
    """Places on a grid: every so-manieth frame, row and column, counted from the looking place itself (Child et al. 2019)."""
    step = (frames, rows, columns)

    def rule(q: Place, k: Place) -> Bool[Tensor, "..."]:
        on = [(k[axis] - q[axis]) % step[axis] == 0 for axis in range(3)]
        return on[0] & on[1] & on[2]

    return rule


def first_frame(q: Place, k: Place) -> Bool[Tensor, "..."]:
    """The first frame, which sees everything and is seen by everyone."""
    return (k[0] == 0) | (q[0] == 0)


def both(*rules: Rule) -> Rule:
    """Where all of them allow it."""
    return lambda q, k: torch.stack(torch.broadcast_tensors(*(rule(q, k) for rule in rules))).all(0)


def either(*rules: Rule) -> Rule:
    """Where any of them allows it."""
    return lambda q, k: torch.stack(torch.broadcast_tensors(*(rule(q, k) for rule in rules))).any(0)


def visible(rule: Rule, frames: int, height: int, width: int) -> Bool[Tensor, "i j"]:
    """The rule for a whole clip: True where place i may see place j, in the order frames, rows, columns."""
    axes = torch.meshgrid(torch.arange(frames), torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack(axes).flatten(1)  # 3 i
    q, k = place[:, :, None], place[:, None, :]
    return rule(q, k).expand(len(place[0]), len(place[0]))


def blocks(visible: Bool[Tensor, "i j"], size: int) -> Bool[Tensor, "m n"]:
    """Which blocks of size × size scores hold any that count; the others need never be computed."""
    i, j = visible.shape
    filled = F.pad(visible, (0, -j % size, 0, -i % size))
    return reduce(filled, "(m a) (n b) -> m n", "any", a=size, b=size)


def attend_in_blocks(
    q: Float[Tensor, "n heads i d"],
    k: Float[Tensor, "n heads j d"],
    v: Float[Tensor, "n heads j d"],
    visible: Bool[Tensor, "i j"],
    size: int = 64,
) -> Float[Tensor, "n heads i d"]:
    """`attend` under a mask, with only those blocks of scores computed that hold any that count.

    Every place has to see one at least.
    """
    out = torch.empty_like(q)
    columns = torch.arange(k.shape[2]).split(size)
    for m, row in enumerate(blocks(visible, size)):
        rows = slice(m * size, (m + 1) * size)
        seen = torch.cat([columns[n] for n in row.nonzero()[:, 0].tolist()])
        mask = visible[rows][:, seen]
        bias = None if mask.all() else torch.zeros(1, 1, *mask.shape).to(q).masked_fill(~mask, -torch.inf)
        out[:, :, rows] = attend(q[:, :, rows], k[:, :, seen], v[:, :, seen], bias)
    return out

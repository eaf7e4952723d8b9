"""Who looks at whom in a block of a transformer, and how far queries and keys are turned for it (chapter 5; tests/nn/test_dit.py).

Of a batch of clips of one size the sequences are cut out by a window. Clips of many sizes lie in one sequence, and the same window
becomes a mask: tokens see each other where they belong to the same clip and to the same box of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from einops import rearrange, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minivid.nn.attention.core import ALL, Window
from minivid.nn.attention.places import grid, rotary_3d
from minivid.nn.attention.positions import turned

Places = Float[Tensor, "3 t h w"]


@dataclass(frozen=True)
class Rotary:
    """Rotary positions in three axes for heads of `dim` channels."""

    dim: int
    slowest: float


@dataclass(frozen=True)
class Layout:
    """What is a sequence, the angles of its places and who sees whom in it: of each sequence of a clip (m, n), of all clips alike, or of all there are."""

    window: Window
    angle: Float[Tensor, "m i k"] | None = None
    visible: Bool[Tensor, "n i i"] | None = None

    def turned(self, x: Float[Tensor, "n heads i d"]) -> Float[Tensor, "n heads i d"]:
        """Queries or keys, each turned by the angles of its place."""
        if self.angle is None:
            return x
        return turned(x.unflatten(0, (-1, len(self.angle))), self.angle[:, None]).flatten(0, 1)

    def mask(self, n: int) -> Bool[Tensor, "n 1 i i"] | None:
        """For n sequences, True where a place may see another; None where all do."""
        if self.visible is None:
            return None
        return repeat(self.visible, "m i j -> (b m) 1 i j", b=n // len(self.visible))


def of_grid(window: Window, place: Places, causal: bool = False, rotary: Rotary | None = None) -> Layout:
    """For clips whose tokens stand in these places. causal: none sees a later frame."""
    rows = rearrange(window.cut(place[None]), "m i xyz -> xyz m i")
    visible = window.visible(tuple(place.shape[1:]))
    visible = visible.to(place.device) if visible is not None else None
    if causal:
        past = rows[0][:, :, None] >= rows[0][:, None, :]
        visible = past if visible is None else past & visible
    return Layout(window, angles_of(rows, rotary), visible)


def of_pack(
    window: Window, places: Sequence[Float[Tensor, "3 _t _h _w"]], causal: bool = False, rotary: Rotary | None = None
) -> Layout:
    """For clips of these places, one after the other in one sequence, which see each other as little as alone."""
    rows = torch.cat([place.flatten(1) for place in places], dim=1)
    box = torch.cat([boxes(window, place, clip) for clip, place in enumerate(places)], dim=1)
    visible = (box[:, :, None] == box[:, None, :]).all(0)
    if causal:
        visible = visible & (rows[0][:, None] >= rows[0][None, :])
    return Layout(ALL, angles_of(rows[:, None], rotary), visible[None])


def boxes(window: Window, place: Places, clip: int) -> Int[Tensor, "4 n"]:
    """For each token its clip, and the window's box in frames, rows and columns in which it stands, wherever it is told that it does."""
    whole = tuple(place.shape[1:])
    axes = zip(grid(*whole).flatten(1).long(), window.sizes(whole), window.shifts(whole), strict=True)
    within = [(axis - shift) // size for axis, size, shift in axes]
    return torch.stack([torch.full_like(within[0], clip), *within]).to(place.device)


def angles_of(rows: Float[Tensor, "3 m i"], rotary: Rotary | None) -> Float[Tensor, "m i k"] | None:
    """By how much places are turned, where they are."""
    return rotary_3d(rows, rotary.dim, rotary.slowest) if rotary else None

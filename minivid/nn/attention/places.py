"""Where a token stands in a clip: its frame, row and column, added to its features or turned into its queries and keys (chapter 5).

A place is three numbers, so the channels are shared among three axes: a quarter is time's, the rest is shared by rows and columns.
Checked by tests/nn/test_places.py, and against diffusers' embeddings by tests/oracles/test_dit.py.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.nn.attention.positions import SLOWEST, angles, sinusoidal


def grid(frames: int, height: int, width: int) -> Float[Tensor, "3 t h w"]:
    """Frame, row and column of every token, counted from 0."""
    axes = (torch.arange(side).float() for side in (frames, height, width))
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def shares(dim: int) -> tuple[int, int, int]:
    """Channels for time, rows and columns. Raises ValueError where they are not pairs of a sine and a cosine."""
    if dim < 16 or dim % 16:
        raise ValueError(f"{dim} channels cannot be shared by time, rows and columns: expected a multiple of 16.")
    return dim // 4, 3 * dim // 8, 3 * dim // 8


def sincos_3d(place: Float[Tensor, "3 *n"], dim: int, slowest: float = SLOWEST) -> Float[Tensor, "*n {dim}"]:
    """Sines and cosines of frame, row and column, side by side, to be added to features."""
    parts = zip(place, shares(dim), strict=True)
    return torch.cat([sinusoidal(axis, channels, slowest) for axis, channels in parts], dim=-1)


def sincos_2d(place: Float[Tensor, "3 *n"], dim: int, slowest: float = SLOWEST) -> Float[Tensor, "*n {dim}"]:
    """Sines and cosines of the column, then of the row: what an image transformer adds to its tokens (Peebles & Xie 2023)."""
    _, row, column = place
    return torch.cat([sinusoidal(axis, dim // 2, slowest) for axis in (column, row)], dim=-1)


def rotary_3d(place: Float[Tensor, "3 *n"], dim: int, slowest: float = SLOWEST) -> Float[Tensor, "*n {dim//2}"]:
    """By how much each pair of channels is turned: the first pairs by the frame, the next by the row, the last by the column."""
    parts = zip(place, shares(dim), strict=True)
    return torch.cat([angles(axis, channels, slowest) for axis, channels in parts], dim=-1)

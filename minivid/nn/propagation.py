"""Frames that hand something on: recurrence over time in both directions, and short, middle and long ranges side by side (chapter 2).

None of them normalises, so each reaches exactly the frames that it should. Checked by tests/nn/test_propagation.py, at one pixel against
PyTorch's own GRU.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.conv import SpatialConv


class ConvGRUCell(nn.Module):
    """A gated recurrent unit whose linear maps are convolutions: from a frame and the state so far to the new state (Ballas et al. 2016).

    With a kernel of 1 each pixel has a GRU of its own, PyTorch's: reset, update, new, in this order.
    """

    def __init__(self, dim_in: int, dim: int, kernel: int = 3):
        super().__init__()
        self.dim = dim
        self.from_input = SpatialConv(dim_in, 3 * dim, kernel)
        self.from_state = SpatialConv(dim, 3 * dim, kernel)

    def forward(self, x: Float[Tensor, "b c 1 h w"], state: Float[Tensor, "b d 1 h w"]) -> Float[Tensor, "b d 1 h w"]:
        reset_x, update_x, new_x = self.from_input(x).chunk(3, dim=1)
        reset_h, update_h, new_h = self.from_state(state).chunk(3, dim=1)
        reset, update = torch.sigmoid(reset_x + reset_h), torch.sigmoid(update_x + update_h)
        new = torch.tanh(new_x + reset * new_h)
        return update * state + (1 - update) * new

    def start(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d 1 h w"]:
        """The state before the first frame: nothing is known."""
        return x.new_zeros(len(x), self.dim, 1, *x.shape[3:])


def propagate(cell: ConvGRUCell, x: Float[Tensor, "b c t h w"], backwards: bool = False) -> Float[Tensor, "b d t h w"]:
    """The cell's state after each frame, from the first to the last, or `backwards`; frame i's state stands at frame i either way."""
    state, states = cell.start(x), []
    for frame in reversed(x.split(1, dim=2)) if backwards else x.split(1, dim=2):
        state = cell(frame, state)
        states.append(state)
    return torch.cat(states[::-1] if backwards else states, dim=2)


class Bidirectional(nn.Module):
    """What came before each frame and what comes after it, by a cell of its own each, joined by a linear map (Schuster & Paliwal 1997).

    Every frame hears all others: this is no layer for a model that must not know the future.
    """

    def __init__(self, dim_in: int, dim: int, kernel: int = 3):
        super().__init__()
        self.forward_cell = ConvGRUCell(dim_in, dim, kernel)
        self.backward_cell = ConvGRUCell(dim_in, dim, kernel)
        self.join = SpatialConv(2 * dim, dim, kernel=1)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        past, future = propagate(self.forward_cell, x), propagate(self.backward_cell, x, backwards=True)
        return self.join(torch.cat([past, future], dim=1))


class Hierarchical(nn.Module):
    """Short, middle and long range: time pooled by each of `scales`, convolved over three steps of it, and joined to x.

    Each branch is depthwise, of `dim` channels like x, and half as long as the one before, so that the long ones cost least. Clips
    of any length: the last group of frames may be short, and its mean is that of the frames that are there.
    """

    def __init__(self, dim: int, scales: tuple[int, ...] = (1, 2, 4)):
        super().__init__()
        self.scales = scales
        self.branches = nn.ModuleList(nn.Conv3d(dim, dim, (3, 1, 1), padding=(1, 0, 0), groups=dim) for _ in scales)
        self.join = SpatialConv(len(scales) * dim, dim, kernel=1)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
        seen = []
        for scale, branch in zip(self.scales, self.branches, strict=True):
            pooled = torch.stack([group.mean(2) for group in x.split(scale, dim=2)], dim=2)
            seen.append(branch(pooled).repeat_interleave(scale, dim=2)[:, :, : x.shape[2]])
        return x + self.join(torch.cat(seen, dim=1))

"""How digits move between elastic walls: exact positions and velocities at any time, no stepping.

Units are pixels and frames; x points right and y down. Chapter 0. Checked by tests/data/test_dynamics.py, against a
simulator that walks from wall to wall and against a fine integrator.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def fold(
    free: Float[Tensor, "*b"], low: Float[Tensor, "*#b"], high: Float[Tensor, "*#b"]
) -> tuple[Float[Tensor, "*b"], Float[Tensor, "*b"]]:
    """Where a point that would be at `free` without walls is between elastic walls, and the sign its velocity has got.

    Each wall acts as a mirror, so the position is a triangle wave of the unhindered one, with period 2 (high - low).
    """
    room = high - low
    phase = torch.remainder(free - low, 2 * room)
    return high - (phase - room).abs(), torch.where(phase < room, 1.0, -1.0).to(free.dtype)

"""The timestep shift of flow models (chapter 5): more tokens, more noise (Esser et al. 2024, "Stable Diffusion 3", sec. 5.3.2).

A larger clip is more redundant: at one and the same time more of it can be seen through the noise. So its times are moved towards
noise. Checked by tests/diffusion/test_shift.py.
"""

import math

from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.schedule import LOGSNR_LIMIT, RECTIFIED, Schedule


def shift_time(t: Float[Tensor, "..."], shift: float) -> Float[Tensor, "..."]:
    """s t / (1 + (s − 1) t): the ends stay, what is between moves towards noise for s > 1. Raises ValueError for a shift of 0 or below."""
    _check(shift)
    return shift * t / (1 + (shift - 1) * t)


def shifted_flow(shift: float) -> Schedule:
    """The straight paths of rectified flow, walked at shifted times: λ falls by 2 log s everywhere (Hoogeboom et al. 2023 shift λ itself)."""
    _check(shift)
    down, limit = 2 * math.log(shift), LOGSNR_LIMIT
    return Schedule(lambda u: (RECTIFIED.logsnr(u) - down).clamp(-limit, limit), RECTIFIED.alpha_sigma)


def _check(shift: float) -> None:
    if not shift > 0:
        raise ValueError(f"shift is {shift}; expected a number above 0: 1 changes nothing.")

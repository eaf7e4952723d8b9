"""The one pair of functions between video tensors and video files.

A tensor is `n c t h w`, float in [-1, 1]; a file holds `n t h w c`, uint8. Chapter 0. Checked by tests/data/test_video.py.
"""

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor


def to_uint8(video: Float[Tensor, "n c t h w"]) -> UInt8[np.ndarray, "n t h w c"]:
    """Bytes of a video: -1 becomes 0, +1 becomes 255; what lies outside (a model's overshoot) goes to the nearer end.

    Raises ValueError when a value is not a number.
    """
    if not torch.isfinite(video).all():
        raise ValueError(
            "The video holds values that are not finite numbers; only numbers in [-1, 1] can become bytes."
        )
    levels = ((video.detach().cpu().float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(rearrange(levels, "n c t h w -> n t h w c").numpy())


def from_uint8(array: UInt8[np.ndarray, "n t h w c"]) -> Float[Tensor, "n c t h w"]:
    """The video in [-1, 1] that bytes hold; `from_uint8(to_uint8(x))` differs from x by at most 1/255."""
    levels = torch.from_numpy(np.ascontiguousarray(array)).float()
    return rearrange(levels / 127.5 - 1, "n t h w c -> n c t h w").contiguous()

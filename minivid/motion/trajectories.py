"""Where the ink is: the path of a clip's brightness (chapters 3 and 8; checked against the world's truth).

Works for one bright object on a dark ground. Pixel centres stand at whole numbers, x to the right, y down.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def ink(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t h w"]:
    """Brightness above black, in [0, 1]: the mean over channels of (video + 1) / 2, cut to the range."""
    return ((video.mean(1) + 1) / 2).clamp(0, 1)


def centroid(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t 2"]:
    """Centre of mass of the ink in each frame, (x, y) in pixels; a black frame's is the middle of the picture."""
    brightness = ink(video) + 1e-6  # so that a frame without ink has a middle
    _, _, height, width = brightness.shape
    mass = brightness.sum((2, 3))
    x = (brightness.sum(2) * torch.arange(width, device=video.device)).sum(2) / mass
    y = (brightness.sum(3) * torch.arange(height, device=video.device)).sum(2) / mass
    return torch.stack([x, y], dim=-1)


def first_velocity(position: Float[Tensor, "b t 2"], steps: int = 2) -> Float[Tensor, "b 2"]:
    """Mean velocity over the first `steps` steps, in pixels a frame: what a caption speaks of, before any wall."""
    if position.shape[1] <= steps:
        raise ValueError(f"a velocity over {steps} steps needs {steps + 1} frames, the path has {position.shape[1]}.")
    return (position[:, steps] - position[:, 0]) / steps

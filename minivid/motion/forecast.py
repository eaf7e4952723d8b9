"""What comes next, without drawing it: frames looked up in the ones before (chapter 2; tests/motion/test_forecast.py)."""

from collections.abc import Callable

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid.motion.warp import backward_warp


def next_frames(video: Float[Tensor, "b c t h w"], flow: Float[Tensor, "b 2 t h w"]) -> Float[Tensor, "b c t h w"]:
    """For each frame i what follows it, `next(q) = video_i(q + flow_i(q))`: the flow leads from each pixel of frame i+1 *back* to frame i."""
    frames, flows = (rearrange(x, "b c t h w -> (b t) c h w") for x in (video, flow))
    return rearrange(backward_warp(frames, flows), "(b t) c h w -> b c t h w", b=len(video))


@torch.no_grad()
def forecast(
    motion: Callable[[Tensor], Tensor], video: Float[Tensor, "b c t h w"], steps: int, seen: int | None = None
) -> Float[Tensor, "b c steps h w"]:
    """The next frames, each looked up in the one before it, by a `motion` that says the flow of every frame of a clip.

    seen: how many of the last frames the motion needs; None for all. Raises ValueError for less than one step.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; a forecast is of at least 1 frame.")
    known = video.shape[2]
    for _ in range(steps):
        past = video if seen is None else video[:, :, -seen:]
        video = torch.cat([video, next_frames(past[:, :, -1:], motion(past)[:, :, -1:])], dim=2)
    return video[:, :, known:]

"""Optical flow of any clip, estimated by OpenCV (chapters 0 and 8; held against the world's own in tests/motion).

Measuring is a well-kept library's work. DIS suits this course's small frames: it takes about a millisecond a pair at
32×32, and finds the motion of the digits and of what is behind them.
"""

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

LEAST = 16
"""Pixels. OpenCV fails on smaller pictures, so their border is repeated up to this side."""


def estimate_flow(video: Float[Tensor, "b c t h w"], backward: bool = False) -> Float[Tensor, "b steps 2 h w"]:
    """Estimated flow from each frame to the next: (dx, dy) in pixels, x right and y down; t − 1 steps.

    With `backward`, from each next frame back to the one before it, in that next frame's pixels. The video is in
    [-1, 1] and its channels are averaged. DIS optical flow (Kroeger et al. 2016) at full resolution. Where a picture
    is even, nothing is seen to move, and the flow is a guess from around it. Raises ValueError for a single frame.
    """
    b, _, t, h, w = video.shape
    if t < 2:
        raise ValueError("Flow leads from a frame to the next: it needs at least 2 frames, and these clips have 1.")
    grey = rearrange(video.mean(1, keepdim=True), "b 1 t h w -> (b t) 1 h w")
    grey = F.pad(grey, (0, max(0, LEAST - w), 0, max(0, LEAST - h)), mode="replicate")
    levels = ((grey + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()
    frames = rearrange(levels, "(b t) 1 h w -> b t h w", b=b)
    first, second = (frames[:, 1:], frames[:, :-1]) if backward else (frames[:, :-1], frames[:, 1:])

    import cv2  # here, for it takes a while

    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    method.setFinestScale(0)  # the preset stops at half the resolution
    flow = np.empty((b, t - 1, *frames.shape[2:], 2), np.float32)
    for index in np.ndindex(b, t - 1):
        flow[index] = method.calc(first[index], second[index], None)
    return rearrange(torch.from_numpy(flow[:, :, :h, :w]), "b s h w xy -> b s xy h w").to(video)

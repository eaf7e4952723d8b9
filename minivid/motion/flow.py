"""Optical flow of any clip, estimated by OpenCV (chapters 0, 1 and 8; held against the world's own in tests/motion).

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
METHODS = ("dis", "farneback")
"""Dense inverse search (Kroeger et al. 2016), and polynomial expansion (Farnebäck 2003)."""


def estimate_flow(
    video: Float[Tensor, "b c t h w"], backward: bool = False, method: str = "dis"
) -> Float[Tensor, "b steps 2 h w"]:
    """Estimated flow from each frame to the next: (dx, dy) in pixels, x right and y down; t − 1 steps.

    With `backward`, from each next frame back to the one before it, in that next frame's pixels. The video is in
    [-1, 1] and its channels are averaged. `method` is one of METHODS, at full resolution. Where a picture is even,
    nothing is seen to move, and the flow is a guess from around it. Raises ValueError for a single frame and for an
    unknown method.
    """
    b, _, t, h, w = video.shape
    if t < 2:
        raise ValueError("Flow leads from a frame to the next: it needs at least 2 frames, and these clips have 1.")
    if method not in METHODS:
        raise ValueError(f"A method of flow is {' or '.join(METHODS)}; this is {method!r}.")
    grey = rearrange(video.mean(1, keepdim=True), "b 1 t h w -> (b t) 1 h w")
    grey = F.pad(grey, (0, max(0, LEAST - w), 0, max(0, LEAST - h)), mode="replicate")
    levels = ((grey + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()
    frames = rearrange(levels, "(b t) 1 h w -> b t h w", b=b)
    first, second = (frames[:, 1:], frames[:, :-1]) if backward else (frames[:, :-1], frames[:, 1:])

    import cv2  # here, for it takes a while

    if method == "dis":
        dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        dis.setFinestScale(0)  # the preset stops at half the resolution
        of_pair = lambda a, b: dis.calc(a, b, None)  # noqa: E731
    else:
        of_pair = lambda a, b: cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 9, 5, 5, 1.1, 0)  # noqa: E731
    flow = np.empty((b, t - 1, *frames.shape[2:], 2), np.float32)
    for index in np.ndindex(b, t - 1):
        flow[index] = of_pair(first[index], second[index])
    return rearrange(torch.from_numpy(flow[:, :, :h, :w]), "b s h w xy -> b s xy h w").to(video)

"""Warping: bring one frame to another along the flow.

Checked by tests/motion/test_warp.py against scipy's map_coordinates.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def backward_warp(frame: Float[Tensor, "b c h w"], flow: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b c h w"]:
    """Look up, for each pixel q, the frame at q + flow(q): with the flow from i to i+1, frame i+1 is drawn as frame i.

    Flow is (dx, dy) in pixels, x to the right and y down. Between pixels the look-up is bilinear; beyond the picture it
    finds the border's value. Pixel centres stand at half-pixels of the grid (`align_corners=False`), so a flow of
    whole pixels moves whole pixels and zero flow is the identity. Raises ValueError for a flow of another size.
    """
    b, _, h, w = frame.shape
    if flow.shape != (b, 2, h, w):
        raise ValueError(f"The flow has shape {tuple(flow.shape)}; frames of {tuple(frame.shape)} need {(b, 2, h, w)}.")
    y = torch.arange(h, device=flow.device, dtype=flow.dtype)[:, None] + flow[:, 1]
    x = torch.arange(w, device=flow.device, dtype=flow.dtype) + flow[:, 0]
    grid = torch.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], -1)  # b h w 2, in [-1, 1] over the picture
    return F.grid_sample(frame, grid.to(frame.dtype), mode="bilinear", padding_mode="border", align_corners=False)

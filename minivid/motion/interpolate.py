"""A frame between two frames: the baselines that a learnt interpolator has to beat (chapter 1).

Checked by tests/motion/test_interpolate.py, and against the simulator's own middle frames.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.motion.warp import backward_warp

Frame = Float[Tensor, "b c h w"]
Flow = Float[Tensor, "b 2 h w"]


def average(before: Frame, after: Frame, tau: float = 0.5) -> Frame:
    """(1 − τ) before + τ after: whatever moves is shown twice."""
    return (1 - tau) * before + tau * after


def interpolate(before: Frame, after: Frame, flow: Tensor, back: Tensor, tau: float = 0.5, rounds: int = 3) -> Frame:
    """The frame at time τ, from 0 (before) to 1 (after), with the flow from `before` to `after` and the flow back.

    Either frame is warped to time τ along its own flow and weighted by how near it is, where it is known: a pixel to which no
    point of a frame leads was hidden in it, and is taken from the other (both, where neither knows). Flows are b 2 h w, each in
    the pixels of the frame that it leaves. Raises ValueError for a flow of another size, and for a time out of range.
    """
    b, _, h, w = before.shape
    for name, field in (("flow", flow), ("way back", back)):
        if field.shape != (b, 2, h, w):
            raise ValueError(f"The {name} has shape {tuple(field.shape)}; these frames need {(b, 2, h, w)}.")
    if not 0 <= tau <= 1:
        raise ValueError(f"τ runs from 0, the frame before, to 1, the frame after; this is {tau}.")
    of_before, known_before = brought(before, flow, tau, rounds)
    of_after, known_after = brought(after, back, 1 - tau, rounds)
    neither = ~(known_before | known_after)
    a, b = (1 - tau) * (known_before | neither).to(before), tau * (known_after | neither).to(after)
    return (a * of_before + b * of_after) / (a + b)


def brought(frame: Frame, flow: Flow, share: float, rounds: int = 3) -> tuple[Frame, Bool[Tensor, "b 1 h w"]]:
    """A frame moved along a share of its own flow, and where that is known.

    What is at q then was at p with p + share · flow(p) = q. Solved for the way back d = p − q by d ← −share · flow(q + d). Where that
    does not settle to half a pixel, no point of the frame leads to q.
    """
    way = torch.zeros_like(flow)
    for _ in range(rounds):
        way = -share * backward_warp(flow, way)
    missed = (way + share * backward_warp(flow, way)).norm(dim=1, keepdim=True)
    return backward_warp(frame, way), missed < 0.5

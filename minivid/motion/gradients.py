"""Motion from gradients in space and time: motion energy, and flow under the belief that things move slowly (chapter 1).

Everything rests on one equation. If a point keeps its brightness while it moves, I_x u + I_y v + I_t = 0: one equation for two
unknowns. Checked by tests/motion/test_gradients.py, against NumPy's gradients and least squares.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

Inner = Float[Tensor, "b t-2 h-2 w-2"]
Maps = Float[Tensor, "n h w"]


def spacetime_gradients(video: Float[Tensor, "b c t h w"]) -> tuple[Inner, Inner, Inner]:
    """(I_x, I_y, I_t) of the mean over channels, brightness from 0 to 1, by central differences: per pixel and per frame.

    All three at the same places, those with a neighbour on either side along every axis: b t−2 h−2 w−2.
    Raises ValueError for clips with fewer than 3 frames, rows or columns.
    """
    if min(video.shape[2:]) < 3:
        raise ValueError(f"Central differences need 3 frames, rows and columns; these clips are {tuple(video.shape)}.")
    brightness = (video.mean(1) + 1) / 2
    inner = slice(1, -1)
    return (
        (brightness[:, inner, inner, 2:] - brightness[:, inner, inner, :-2]) / 2,
        (brightness[:, inner, 2:, inner] - brightness[:, inner, :-2, inner]) / 2,
        (brightness[:, 2:, inner, inner] - brightness[:, :-2, inner, inner]) / 2,
    )


def motion_energy(video: Float[Tensor, "b c t h w"]) -> tuple[Float[Tensor, " b"], ...]:
    """(energy, rightward, downward): the means over a clip of I_t², −I_x I_t and −I_y I_t; 0 for anything that stands still.

    The last two are opponent energies, what moves right less what moves left (Adelson & Bergen 1985, in the form that gradients
    give it): where a pattern moves by u, −I_x I_t = u I_x² + …
    """
    dx, dy, dt = spacetime_gradients(video)
    return tuple(part.mean((1, 2, 3)) for part in (dt.square(), -dx * dt, -dy * dt))


def slow_flow(dx: Maps, dy: Maps, dt: Maps, window: int = 5, ridge: float = 1e-3) -> Float[Tensor, "n 2 h w"]:
    """The motion w at each pixel that minimises Σ (I_x u + I_y v + I_t)² + ridge · |w|², the sum over a window around it.

    The sum is Lucas & Kanade's (1981), the last term a prior: things move slowly (Simoncelli, Adelson & Heeger 1991; Weiss,
    Simoncelli & Adelson 2002). Along an edge it leaves the part of the motion that is seen, across it; where nothing is
    seen, 0. `window` is odd; beyond the picture there is nothing. `ridge`, above 0, is in squared gradients.
    """
    if window % 2 == 0 or ridge <= 0:
        raise ValueError(f"A window is an odd number of pixels and a ridge above 0; these are {window} and {ridge}.")
    xx, xy, yy, xt, yt = (around(a * b, window) for a, b in ((dx, dx), (dx, dy), (dy, dy), (dx, dt), (dy, dt)))
    xx, yy = xx + ridge, yy + ridge
    return torch.stack([xy * yt - yy * xt, xy * xt - xx * yt], dim=1) / (xx * yy - xy.square())[:, None]


def around(maps: Maps, window: int) -> Maps:
    """The sum over the window × window pixels around each pixel, 0 beyond the picture."""
    return F.avg_pool2d(maps[:, None], window, stride=1, padding=window // 2)[:, 0] * window**2


def lucas_kanade(
    video: Float[Tensor, "b c t h w"], window: int = 5, ridge: float = 1e-3
) -> Float[Tensor, "b steps 2 h w"]:
    """`slow_flow` from each frame to the next. Spatial gradients are the mean of the two frames'; borders are repeated.

    Good for motion of less than about a pixel a frame: beyond that the gradients do not overlap.
    """
    b, t = video.shape[0], video.shape[2]
    brightness = (video.mean(1) + 1) / 2
    dt = brightness.diff(dim=1)
    mean = rearrange((brightness[:, 1:] + brightness[:, :-1]) / 2, "b s h w -> (b s) 1 h w")
    wide = F.pad(mean, (1, 1, 1, 1), mode="replicate")[:, 0]
    dx, dy = (wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2]) / 2, (wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]) / 2
    return slow_flow(dx, dy, dt.flatten(0, 1), window, ridge).unflatten(0, (b, t - 1))

"""Rendering: how much of each pixel a digit covers, wherever it stands.

A pixel is a square detector. It sees the mean of the ink above it, so a digit can stand between pixels without jagged edges
and without losing ink. Chapter 0. Checked by tests/data/test_render.py.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def _overlap(
    centre: Float[Tensor, " a"], position: Float[Tensor, "a t"], size: Float[Tensor, "a t"], cells: int, pixels: int
) -> Float[Tensor, "a t pixels cells"]:
    """Length of each pixel that each cell of the bitmap covers, along one axis."""
    edge = torch.linspace(0, 1, cells + 1) - centre[:, None]  # a cells+1, in units of the digit's side
    edge = position[..., None] + size[..., None] * edge[:, None]  # a t cells+1, in pixels
    left = torch.arange(pixels) - 0.5
    covered = (edge[:, :, None, :] - left[:, None]).clamp_(0, 1)  # of each pixel, up to each edge
    return covered[..., 1:] - covered[..., :-1]


def coverage(
    bitmap: Float[Tensor, "a s s"],
    centre: Float[Tensor, "a 2"],
    position: Float[Tensor, "a t 2"],
    size: Float[Tensor, "a t"],
    height: int,
    width: int,
) -> Float[Tensor, "a t h w"]:
    """Mean ink over each pixel, in [0, 1], of upright digits whose centre of mass stands at `position`.

    `size` is the side of a digit's box in pixels, `centre` its centre of mass in units of that side. Area integrals over
    squares separate into rows and columns, so this is two matrix products, and exact.
    """
    cells, t = bitmap.shape[-1], position.shape[1]
    rows = _overlap(centre[:, 1], position[..., 1], size, cells, height)
    columns = _overlap(centre[:, 0], position[..., 0], size, cells, width)
    half = torch.bmm(rows.flatten(1, 2), bitmap)  # a (t h) s
    ink = torch.bmm(half.unflatten(1, (t, height)).flatten(0, 1), columns.flatten(0, 1).mT)  # (a t) h w
    return ink.unflatten(0, (-1, t)).clamp_(0, 1)


def turned_coverage(
    bitmap: Float[Tensor, "a s s"],
    centre: Float[Tensor, "a 2"],
    position: Float[Tensor, "a t 2"],
    size: Float[Tensor, "a t"],
    angle: Float[Tensor, "a t"],
    height: int,
    width: int,
) -> Float[Tensor, "a t h w"]:
    """`coverage` of digits turned by `angle` (radians, clockwise).

    There the integral has no short closed form: it is the mean over detectors in each pixel, at least 2 x 2 and so many
    that they stand at most 4/3 of a bitmap's cell apart. The centre of mass is then right to a tenth of a pixel.
    """
    a, t = angle.shape
    fine = max(2, math.ceil(0.75 * bitmap.shape[-1] / float(size.min())))
    y = (torch.arange(height * fine) + 0.5) / fine - 0.5 - position[..., 1, None]  # a t H, from the digit's centre
    x = (torch.arange(width * fine) + 0.5) / fine - 0.5 - position[..., 0, None]
    cos, sin = (angle.cos() / size)[..., None, None], (angle.sin() / size)[..., None, None]
    across = cos * x[..., None, :] + sin * y[..., :, None] + centre[:, 0, None, None, None]  # in the digit's own frame
    down = cos * y[..., :, None] - sin * x[..., None, :] + centre[:, 1, None, None, None]
    grid = torch.stack([across, down], -1).flatten(0, 1) * 2 - 1
    each = bitmap[:, None, None].expand(-1, t, -1, -1, -1).flatten(0, 1)
    ink = F.grid_sample(each, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return F.avg_pool2d(ink, fine)[:, 0].unflatten(0, (a, t))


def unhidden(alpha: Float[Tensor, "n k t h w"], in_front: Float[Tensor, "n k k"]) -> Float[Tensor, "n k t h w"]:
    """The share of each pixel that nearer digits leave free for each digit.

    `in_front[:, i, j]` is 1 where digit j stands in front of digit i.
    """
    if alpha.shape[1] == 1:
        return torch.ones_like(alpha)
    hides = in_front[..., None, None, None] * alpha[:, None]  # n i j t h w
    return (1 - hides).prod(2)


def layers(alpha: Float[Tensor, "n k t h w"], free: Float[Tensor, "n k t h w"]) -> Float[Tensor, "n layers t h w"]:
    """What is seen of each digit, and last of the background. The layers sum to one."""
    return torch.cat([alpha * free, (1 - alpha).prod(1, keepdim=True)], 1)

"""Drawing: how much of each pixel a digit covers, exactly, wherever it stands.

A pixel is a square detector. It sees the mean of the ink above it, so that a digit can stand between pixels without
jagged edges and without losing ink. Chapter 0. Checked by tests/data/test_render.py.
"""

import torch
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
    squares separate into rows and columns, so this is two matrix products and exact.
    """
    cells = bitmap.shape[-1]
    t = position.shape[1]
    rows = _overlap(centre[:, 1], position[..., 1], size, cells, height)
    columns = _overlap(centre[:, 0], position[..., 0], size, cells, width)
    half = torch.bmm(rows.flatten(1, 2), bitmap)  # a (t h) s
    ink = torch.bmm(half.unflatten(1, (t, height)).flatten(0, 1), columns.flatten(0, 1).mT)  # (a t) h w
    return ink.unflatten(0, (-1, t)).clamp_(0, 1)


def stack(
    alpha: Float[Tensor, "n t k h w"], front_to_back: Float[Tensor, "n k k"] | None = None
) -> Float[Tensor, "n layers t h w"]:
    """What is seen of each layer when nearer digits hide farther ones; the last layer is the background.

    `front_to_back[:, i, j]` is 1 where digit j stands in front of digit i. The layers sum to one.
    """
    clear = 1 - alpha
    if alpha.shape[2] == 1:
        return torch.cat([alpha, clear], 2).transpose(1, 2)
    background = clear.prod(2, keepdim=True)
    in_front = front_to_back[:, None, :, :, None, None] > 0  # n 1 i j 1 1
    seen = alpha * torch.where(in_front, clear[:, :, None], 1.0).prod(3)
    return torch.cat([seen, background], 2).transpose(1, 2)

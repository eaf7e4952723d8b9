"""The camera's motion and the rest: an affine fit of a flow field (chapter 1).

Checked by tests/motion/test_affine.py against numpy.linalg.lstsq.
"""

import torch
from jaxtyping import Float
from torch import Tensor

Field = Float[Tensor, "b 2 h w"]


def affine_motion(flow: Field, weight: Tensor | None = None) -> Field:
    """The affine field nearest to a flow by weighted least squares: u and v are each a + b x + c y over the picture.

    Pans, zooms, turns and shears of a flat scene are affine. `weight`, b h w from 0 on, says how much a pixel counts, 1 where none is
    given. What is left, `flow - affine_motion(flow)`, is local motion. Raises ValueError where fewer than 3 pixels of a
    field count.
    """
    b, _, h, w = flow.shape
    weight = torch.ones(b, h, w).to(flow) if weight is None else weight.to(flow)
    if weight.shape != (b, h, w):
        raise ValueError(f"The weight has shape {tuple(weight.shape)}; this flow needs {(b, h, w)}.")
    if (weight.flatten(1).count_nonzero(dim=1) < 3).any():
        raise ValueError("An affine field has six numbers: at least 3 pixels of each flow must have a weight above 0.")
    y, x = torch.meshgrid(centred(h), centred(w), indexing="ij")
    places = torch.stack([torch.ones_like(x), x, y], dim=-1).flatten(0, 1).to(flow.device)  # (h w) 3
    root = weight.flatten(1).double().sqrt()[..., None]  # b (h w) 1
    target = flow.flatten(2).mT.double()  # b (h w) 2
    solution = torch.linalg.lstsq(root * places, root * target).solution  # b 3 2
    return (places @ solution).mT.unflatten(2, (h, w)).to(flow)


def camera_motion(flow: Field, rounds: int = 10, width: float = 0.25) -> tuple[Field, Float[Tensor, "b h w"]]:
    """The affine motion of most of the picture, and how far each pixel is held to follow it, from 1 to 0.

    An affine fit again and again; a pixel that missed the last one by r pixels counts 1 / (1 + (r / width)²)² in the next
    (the robust weights of Geman & McClure; Black & Anandan 1996). What moves by itself loses its say, as long as it is the lesser part.
    """
    weight = torch.ones_like(flow[:, 0])
    for _ in range(rounds):
        fitted = affine_motion(flow, weight)
        weight = (1 + (flow - fitted).square().sum(1) / width**2) ** -2
    return fitted, weight


def centred(n: int) -> Float[Tensor, " n"]:
    """The places of n pixels, in [-1, 1], so that no column of the fit is large."""
    return (2 * torch.arange(n, dtype=torch.float64) + 1) / n - 1

"""How far a layer sees, measured and not read from its code (chapter 2; tests/nn/test_reach.py on layers whose reach is known)."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.tools.seeds import plain_generator

Layer = Callable[[Tensor], Tensor]
Place = tuple[int, int, int]
"""Frame, row, column."""


@torch.no_grad()
def reach(
    layer: Layer, x: Float[Tensor, "b c t h w"], place: Place, seed: int = 0, draws: int = 3
) -> Bool[Tensor, "t h w"]:
    """True where the output changes, in any bit, when the input at one place is replaced: the receptive field, seen from the input.

    All channels of the place get fresh normal values, `draws` times over, since one value may by chance change nothing behind a ReLU.
    Exact for layers that compute each output from its own inputs. Raises ValueError for a place outside, and for a layer that says
    two things of one input (dropout in training).
    """
    at = (slice(None), slice(None), *_inside(place, x))
    before, generator = layer(x), plain_generator(seed)
    if not torch.equal(before, layer(x)):
        raise ValueError("the layer gave two answers to one input; switch its noise off first, with layer.eval().")
    reached = torch.zeros(before.shape[2:], dtype=torch.bool, device=before.device)
    for _ in range(draws):
        touched = x.clone()
        touched[at] = torch.randn(touched[at].shape, generator=generator).to(x)
        reached |= (layer(touched) != before).any(1).any(0)
    return reached


def influence(
    layer: Layer, x: Float[Tensor, "b c t h w"], place: Place, mixture: Float[Tensor, "d"]
) -> Float[Tensor, "t h w"]:
    """How much each place of the input counts for the output at one place: the length of the gradient over the input's channels.

    It is the gradient of the output's channels weighted by `mixture`, of random weights where no channel is special (Luo et al. 2016,
    "effective receptive field"). Read from the other end than `reach`; and where it is zero a larger change may still arrive. Leaves no
    gradient behind. Raises ValueError for a place outside.
    """
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        out = layer(x)
        frame, row, column = _inside(place, out)
        (gradient,) = torch.autograd.grad((out[:, :, frame, row, column] * mixture).sum(), x)
    return gradient.square().sum((0, 1)).sqrt()


def _inside(place: Place, x: Tensor) -> Place:
    if not all(0 <= i < side for i, side in zip(place, x.shape[2:], strict=True)):
        t, h, w = x.shape[2:]
        raise ValueError(f"there is no place {place} (frame, row, column) in {t} frames of {h}×{w}.")
    return place

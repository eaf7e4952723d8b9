"""Looks: the colour of the ink, stripes, backgrounds and light. None of it moves a digit.

Every pattern is a sum of plane waves, a formula that can be asked at any place, so a background slides by any part of a
pixel without being resampled. Chapter 0. Checked by tests/data/test_look.py.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from minivid.data.captions import COLOURS

FARTHER = 0.22
"""In grey, each step back in depth takes this much of a digit's brightness."""


def ink(colour: Int[Tensor, "n k"], depth: Int[Tensor, "n k"], coloured: bool) -> Float[Tensor, "n k c"]:
    """The ink's colour in [0, 1]: its own, or a grey that is brighter the nearer it is."""
    if coloured:
        return torch.tensor(list(COLOURS.values()))[colour]
    return 1 - FARTHER * depth[..., None].float()


def stripes(cells: int, n: int, k: int, stream: torch.Generator) -> Float[Tensor, "n k cells cells"]:
    """A striped pattern in [0.5, 1] for each digit, drawn on its bitmap's own grid."""
    heading = torch.rand(n, k, 1, 1, generator=stream) * math.pi
    phase = torch.rand(n, k, 1, 1, generator=stream) * 2 * math.pi
    place = (torch.arange(cells) + 0.5) / cells
    along = heading.cos() * place + heading.sin() * place[:, None]
    return 0.75 + 0.25 * torch.sin(2 * math.pi * 2.5 * along + phase)


GLOW = 1.4
"""How bright a glow is, where 1 is the light that is spread over it."""


def neon(lit: Float[Tensor, "n k t h w"], colour: Float[Tensor, "n k c"]) -> Float[Tensor, "n c t h w"]:
    """Digits as tubes of white light, each in a glow of its colour that reaches two pixels beyond the ink."""
    glow = lit.flatten(0, 2)[:, None]
    for _ in range(2):
        glow = F.avg_pool2d(glow, 3, 1, 1)
    glow = (GLOW * glow).clamp(max=1)[:, 0].unflatten(0, lit.shape[:3])
    around = torch.einsum("nkthw,nkc->ncthw", glow, colour).clamp(max=1)
    white = lit.square().sum(1, keepdim=True)  # the tube is narrower than the ink
    return around + (1 - around) * white


def _wave(
    x: Float[Tensor, "n t #h w"],
    y: Float[Tensor, "n t h #w"],
    length: Float[Tensor, " n"],
    heading: Float[Tensor, " n"],
    phase: Float[Tensor, " n"],
) -> Float[Tensor, "n t h w"]:
    rate = (2 * math.pi / length)[:, None, None, None]
    heading, phase = heading[:, None, None, None], phase[:, None, None, None]
    return torch.sin(rate * (heading.cos() * x + heading.sin() * y) + phase)


def _field(
    kind: str, x: Float[Tensor, "n t 1 w"], y: Float[Tensor, "n t h 1"], side: int, stream: torch.Generator
) -> Float[Tensor, "n t h w"]:
    """The pattern of a background, in [0, 1]."""
    n = len(x)

    def chance() -> Tensor:
        return torch.rand(n, generator=stream)

    phase, heading = 2 * math.pi * chance(), 2 * math.pi * chance()
    whole = torch.full((n,), float(side))
    if kind == "gradient":
        return 0.5 + 0.5 * _wave(x, y, 2.5 * whole, heading, phase)
    if kind == "checks":
        other, right = 2 * math.pi * chance(), torch.zeros(n)
        product = _wave(x, y, whole / 2, right, phase) * _wave(x, y, whole / 2, right + math.pi / 2, other)
        return 0.5 + 0.5 * torch.tanh(4 * product)
    waves = [_wave(x, y, whole * (0.4 + chance()), 2 * math.pi * chance(), 2 * math.pi * chance()) for _ in range(5)]
    return 0.5 + 0.5 * torch.tanh(torch.stack(waves).sum(0) * 0.6)


def background(
    kind: str,
    times: Float[Tensor, " t"],
    pan: Float[Tensor, "n 2"],
    height: int,
    width: int,
    coloured: bool,
    stream: torch.Generator,
) -> Float[Tensor, "n c t h w"]:
    """What stands behind the digits, in [0, 1] and dark enough to read them; a camera moving with `pan` looks at it."""
    shift = pan[:, None] * times[:, None]  # n t 2
    x = torch.arange(width) + shift[..., 0, None, None]  # n t 1 w
    y = torch.arange(height)[:, None] + shift[..., 1, None, None]  # n t h 1
    field = _field(kind, x, y, min(height, width), stream)[:, None]
    if not coloured:
        return 0.02 + 0.28 * field
    hue = torch.rand(len(pan), 2, 1, generator=stream) + torch.tensor([0.0, 1 / 3, 2 / 3])  # n 2 rgb
    dark, bright = (torch.tensor([[0.04], [0.18]]) * (1 + 0.9 * torch.cos(2 * math.pi * hue))).unbind(1)
    dark, bright = dark[:, :, None, None, None], bright[:, :, None, None, None]
    return dark + (bright - dark) * field


def light(
    times: Float[Tensor, " t"], frames: int, height: int, width: int, n: int, stream: torch.Generator
) -> Float[Tensor, "n 1 t h w"]:
    """How brightly each pixel is lit, in [0.4, 1]: a round pool that wanders from one side of the picture to the other."""
    extent = torch.tensor([width, height]) - 1.0
    ends = torch.rand(n, 2, 2, generator=stream)
    come, go = ends[:, 0], 1 - 0.5 * ends[:, 0] - 0.5 * ends[:, 1]  # ends far from where it began
    share = (times / max(frames - 1, 1))[:, None]
    x, y = (extent * (come[:, None] + (go - come)[:, None] * share))[..., None, None].unbind(2)  # n t 1 1
    radius = 0.4 * min(height, width)
    square = (torch.arange(width) - x) ** 2 + (torch.arange(height)[:, None] - y) ** 2
    return (0.4 + 0.6 * torch.exp(-0.5 * square / radius**2))[:, None]

"""1.3: where a flow can be followed."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, agrees, returned
from minivid.metrics import temporal

Flow = Float[Tensor, "n 2 h w"]
H, W = 12, 14


def followed(flow: Flow, backward_flow: Flow) -> Bool[Tensor, "n h w"]:
    """True where a point is neither hidden in the next frame nor at a motion's edge (Sundaram et al. 2010; Lai et al. 2018)."""
    return temporal.followed(flow[:, None], backward_flow[:, None])[:, 0]


def _field(dx: float | Tensor, dy: float | Tensor = 0.0) -> Flow:
    """A flow of two pairs of frames; dx and dy are numbers or maps."""
    maps = torch.stack([torch.as_tensor(part, dtype=torch.float32).expand(H, W) for part in (dx, dy)])
    return maps.expand(2, 2, H, W).clone()


def _uniform(low: float | int, high: float | int, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()


def _there_and_back(seed: int, dx: float = 0.0, dy: float = 0.0) -> dict:
    """A flow for all pixels alike, of a little more than dx and dy, and its opposite."""
    generator = torch.Generator().manual_seed(seed)
    dx, dy = dx * _uniform(1, 1.4, generator), dy * _uniform(1, 1.4, generator)
    return {"flow": _field(dx, dy), "backward_flow": _field(-dx, -dy)}


def _lost(seed: int) -> dict:
    """Nothing moves; in the first of the pairs the way back leads elsewhere, in the second it does not."""
    generator = torch.Generator().manual_seed(seed)
    back = _field(_uniform(1, 3, generator), -_uniform(1, 3, generator))
    back[1] = 0
    return {"flow": _field(0.0), "backward_flow": back}


def _further_on(seed: int) -> dict:
    """All pixels move by 3; the way back belongs to the pixels that they come to, and misses from a column on."""
    column = int(torch.randint(6, 9, (), generator=torch.Generator().manual_seed(seed)))
    return {"flow": _field(3.0), "backward_flow": _field(torch.where(torch.arange(W) < column, -3.0, 0.0))}


def _nearly(seed: int, speed: float, low: float, high: float) -> dict:
    """A fast or slow flow whose way back misses by less than is allowed in the upper half and by more in the lower one."""
    miss = torch.where(torch.arange(H) < H // 2, low, high)[:, None]
    return {"flow": _field(speed), "backward_flow": _field(-speed, miss)}


def _edge(seed: int, sideways: bool) -> dict:
    """Two flows side by side, or one over the other, each with its opposite everywhere that it is asked for."""
    generator = torch.Generator().manual_seed(seed)
    at = int(torch.randint(4, 8, (), generator=generator))
    first = torch.arange(W) < at if sideways else (torch.arange(H) < at)[:, None]
    # along the edge, so that no point crosses it
    speed = torch.where(first, _uniform(1, 2, generator), -_uniform(1, 2, generator))
    flow = _field(0.0, speed) if sideways else _field(speed)
    return {"flow": flow, "backward_flow": -flow}


def _shear(seed: int, speed: float, low: float, high: float) -> dict:
    """A flow that grows from row to row: in the upper half by less than an edge needs, in the lower half by more."""
    steps = torch.where(torch.arange(H) < H // 2, low, high)
    flow = _field((speed + steps.cumsum(0))[:, None])
    return {"flow": flow, "backward_flow": -flow}


_mask = returned("mask")
_agrees = agrees(followed, _mask)

EXERCISE = Exercise(
    id="1.3",
    title="Where it can be followed",
    points=3,
    stars=2,
    minutes=20,
    reference=followed,
    answers=(followed, temporal.followed),
    probes=(
        Probe(
            "nothing moves",
            "Nothing moves, there or back, so every point is followed: true for all, of shape n h w. (|w + ŵ|² and |∇w|² are 0, and neither is above "
            "its threshold.)",
            _there_and_back,
            _mask,
            _agrees,
        ),
        Probe(
            "there and back",
            "All points go to the right and down, and come back by the same way: they are followed. The two flows are opposite, so it is w + ŵ that "
            "is small, and w − ŵ is not.",
            partial(_there_and_back, dx=3.0, dy=2.0),
            _mask,
            _agrees,
        ),
        Probe(
            "lost",
            "In the first of two pairs the way back leads elsewhere, so all of its pixels are hidden, and none of the second's: "
            "|w + ŵ|² > 0.01 (|w|² + |ŵ|²) + 0.5.",
            _lost,
            _mask,
            _agrees,
        ),
        Probe(
            "where it leads",
            "The way back belongs to the pixels of the *next* frame: look ŵ up at q + w(q), with `backward_warp`, before it is added to w(q).",
            _further_on,
            _mask,
            _agrees,
        ),
        Probe(
            "allowance at rest",
            "What hardly moves may miss by |w + ŵ|² of 0.5, which is 0.7 pixels, and no further.",
            partial(_nearly, speed=0.3, low=0.65, high=0.8),
            _mask,
            _agrees,
        ),
        Probe(
            "allowance in motion",
            "What moves fast may miss by more: 0.01 (|w|² + |ŵ|²) is added to the 0.5, both lengths squared, neither of them forgotten.",
            partial(_nearly, speed=8.0, low=1.2, high=1.45),
            _mask,
            _agrees,
        ),
        Probe(
            "edge from left to right",
            "Two motions lie side by side, and the last column before the edge is not to be followed: w changes there from one pixel to the one on its "
            "right.",
            partial(_edge, sideways=True),
            _mask,
            _agrees,
        ),
        Probe(
            "edge from top to bottom",
            "One motion lies over another, and the last row before the edge is not to be followed: w changes there from one pixel to the one below.",
            partial(_edge, sideways=False),
            _mask,
            _agrees,
        ),
        Probe(
            "how sharp an edge",
            "A flow that changes slowly has no edge. Edge is |∇w|² > 0.01 |w|² + 0.002, all of it squared: what moves faster may change faster.",
            partial(_shear, speed=2.0, low=0.15, high=0.34),
            _mask,
            _agrees,
        ),
    ),
)

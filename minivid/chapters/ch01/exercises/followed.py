"""1.3: where a flow can be followed."""

from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import of_truths, told
from minivid.course.exercise import Exercise, Probe, agrees, returned
from minivid.metrics import temporal
from minivid.motion import backward_warp

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


def _both_ways(seed: int) -> dict:
    """A flow that goes up and down from pixel to pixel, from row to row and from column to column: by so much that one of the two alone
    makes no edge and both together do; in the second pair by less than that."""
    step = 0.17 * _uniform(0.97, 1.03, torch.Generator().manual_seed(seed))
    flow = _field(2 + step * (torch.arange(H) % 2)[:, None], step * (torch.arange(W) % 2))
    flow[1] = 2 + 0.6 * (flow[1] - 2)
    return {"flow": flow, "backward_flow": -flow}


def _hidden(flow: Flow, back: Flow) -> Bool[Tensor, "n h w"]:
    lengths = flow.square().sum(1) + back.square().sum(1)
    return (flow + back).square().sum(1) > 0.01 * lengths + 0.5


def _slopes(flow: Flow) -> tuple[Tensor, Tensor]:
    """The squares of the differences to the pixel below and to that on the right."""
    down, right = F.pad(flow.diff(dim=2), (0, 0, 0, 1)), F.pad(flow.diff(dim=3), (0, 1))
    return down.square().sum(1), right.square().sum(1)


def _mask_by(flow: Flow, back: Flow, slope: Tensor) -> Bool[Tensor, "n h w"]:
    """The mask, with ŵ as it was looked up and with |∇w|² as it was taken."""
    return ~(_hidden(flow, back) | (slope > 0.01 * flow.square().sum(1) + 0.002))


def _all_four(flow: Flow) -> Tensor:
    """Squared differences to all four neighbours."""
    return sum(_slopes(flow)) + _behind(flow)


def _behind(flow: Flow) -> Tensor:
    """Squared differences to the pixel above and to that on the left."""
    return sum(part.flip(1, 2) for part in _slopes(flow.flip(2, 3)))


LOOK_UPS = {
    "ŵ is taken at q, where the point was, and not at q + w(q), where it is now.": lambda w, back: _mask_by(
        w, back, sum(_slopes(w))
    ),
    "ŵ is looked up against the flow, at q − w(q).": lambda w, back: _mask_by(
        w, backward_warp(back, -w), sum(_slopes(w))
    ),
    "The edges are those of the way back, and should be w's.": lambda w, back: _mask_by(
        w, backward_warp(back, w), sum(_slopes(backward_warp(back, w)))
    ),
}
EDGES = {
    "Both sides of the edge are left out: a difference counts for the pixel above or on the left of it, not for both.": lambda w, back: (
        _mask_by(w, backward_warp(back, w), _all_four(w))
    ),
    "The pixel behind the edge is left out, and should be the one before it.": lambda w, back: _mask_by(
        w, backward_warp(back, w), _behind(w)
    ),
}
"""Masks have two values, so that mistakes are told only where the probe's inputs give each a mask of its own."""


_mask = returned("mask")
_same = agrees(followed, _mask)
_agrees = of_truths(_same)
_led = of_truths(told(_same, _mask, LOOK_UPS))
_edged = of_truths(told(_same, _mask, EDGES))

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
            (
                "Nothing moves, there or back, so every point is followed: true for all, of shape n h w.",
                "|w + ŵ|² and |∇w|² are 0, and neither is above its threshold; each is one number a pixel, summed over both components.",
                "`~(hidden | edge)`, with `.square().sum(1)` in both.",
            ),
            _there_and_back,
            _mask,
            _agrees,
        ),
        Probe(
            "there and back",
            (
                "All points go to the right and down and come back by the same way, so they are followed.",
                "The two flows are opposite: it is w + ŵ that is small.",
                "`(flow + back).square().sum(1)`.",
            ),
            partial(_there_and_back, dx=3.0, dy=2.0),
            _mask,
            _agrees,
        ),
        Probe(
            "lost",
            (
                "In the first of two pairs the way back leads elsewhere, so all of its pixels are hidden, and none of the second's.",
                "A point is not followed when it is hidden *or* at an edge, in its own pair.",
                "`hidden = (flow + back).square().sum(1) > 0.01 * (…) + 0.5`.",
            ),
            _lost,
            _mask,
            _agrees,
        ),
        Probe(
            "where it leads",
            (
                "Everything moves alike and the way back does not: the pixels that are lost are not those.",
                "The way back belongs to the pixels of the *next* frame: it is looked up at q + w(q).",
                "`back = backward_warp(backward_flow, flow)`.",
            ),
            _further_on,
            _mask,
            _led,
        ),
        Probe(
            "allowance at rest",
            (
                "What hardly moves may miss by 0.7 pixels and no further, and that bound is off.",
                "|w + ŵ|² is held against 0.5: a square, summed over both components.",
                "`(flow + back).square().sum(1) > 0.01 * (…) + 0.5`.",
            ),
            partial(_nearly, speed=0.3, low=0.65, high=0.8),
            _mask,
            _agrees,
        ),
        Probe(
            "allowance in motion",
            (
                "What moves fast may miss by more than what stands, and that bound is off.",
                "0.01 (|w|² + |ŵ|²) is added to the 0.5: both lengths, squared and summed over the components.",
                "`0.01 * (flow.square().sum(1) + back.square().sum(1)) + 0.5`.",
            ),
            partial(_nearly, speed=8.0, low=1.2, high=1.45),
            _mask,
            _agrees,
        ),
        Probe(
            "edge from left to right",
            (
                "Two motions lie side by side: the last column before the edge is not to be followed, and no other.",
                "w changes there from one pixel to the one on its right; beyond the last column there is no difference.",
                "`F.pad(flow.diff(dim=3), (0, 1)).square().sum(1)`.",
            ),
            partial(_edge, sideways=True),
            _mask,
            _edged,
        ),
        Probe(
            "edge from top to bottom",
            (
                "One motion lies over another: the last row before the edge is not to be followed, and no other.",
                "w changes there from one pixel to the one below; beyond the last row there is no difference.",
                "`F.pad(flow.diff(dim=2), (0, 0, 0, 1)).square().sum(1)`.",
            ),
            partial(_edge, sideways=False),
            _mask,
            _edged,
        ),
        Probe(
            "how sharp an edge",
            (
                "A flow that changes slowly has no edge, and the bound between slowly and sharply is off.",
                "|∇w|² is held against 0.01 |w|² + 0.002, all of it squared: what moves faster may change faster.",
                "`> 0.01 * flow.square().sum(1) + 0.002`.",
            ),
            partial(_shear, speed=2.0, low=0.15, high=0.34),
            _mask,
            _agrees,
        ),
        Probe(
            "both ways at once",
            (
                "Where the flow changes a little to the right and a little downwards, the two together make an edge, or should not yet.",
                "|∇w|² is the *sum* of the squares, of both differences and both components.",
                "`down.square().sum(1) + right.square().sum(1)`.",
            ),
            _both_ways,
            _mask,
            _agrees,
        ),
    ),
)

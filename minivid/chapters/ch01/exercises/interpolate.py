"""1.9: a frame between two frames, from both sides."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, agrees, returned, shaped
from minivid.motion import backward_warp
from minivid.motion.interpolate import interpolate

H, W = 10, 14


def _frames(seed: int) -> tuple[Tensor, Tensor]:
    return (torch.rand(2, 2, 2, H, W, generator=torch.Generator().manual_seed(seed)) * 1.8 - 0.9).unbind()


def _field(dx: float | int | Tensor, dy: float | int | Tensor = 0.0) -> Tensor:
    return torch.stack([torch.as_tensor(part).float().expand(H, W) for part in (dx, dy)]).expand(2, 2, H, W).clone()


def _given(seed: int, flow: Tensor, back: Tensor, tau: float) -> dict:
    before, after = _frames(seed)
    return {"before": before, "after": after, "flow": flow.clone(), "back": back.clone(), "tau": tau}


def _one_sided(seed: int, flow: Tensor, back: Tensor, tau: float) -> dict:
    """The frame after is black, and what it lacks is a third of what is seen; so only the frame before has a pattern."""
    given = _given(seed, flow, back, tau)
    given["after"] = torch.full_like(given["after"], -0.5)
    return given


def _rough(seed: int, tau: float = 0.4) -> dict:
    """Flows without any order; drawn again while a way misses by so nearly half a pixel that rounding would decide."""
    generator = torch.Generator().manual_seed(seed)
    near = True
    while near:
        flow, back = 0.8 * torch.randn(2, 2, 2, H, W, generator=generator)
        missed = torch.cat([_missed(flow, tau), _missed(back, 1 - tau)])
        near = bool(((missed - 0.5).abs() < 5e-5).any())
    return _given(seed, flow, back, tau)


def _missed(flow: Tensor, share: float) -> Tensor:
    """By how many pixels the way back, three rounds on, misses the place from which it was sought."""
    way = torch.zeros_like(flow)
    for _ in range(3):
        way = -share * backward_warp(flow, way)
    return (way + share * backward_warp(flow, way)).norm(dim=1)


COLUMN = torch.arange(float(W))
STRETCH = _field(0.25 * (COLUMN - 6))  # a zoom: the flow at p is not that at p + τ flow(p)
SQUEEZE = _field(-0.2 * (COLUMN - 6) + 0.02 * (COLUMN - 6) ** 2)
PARTED = _field(torch.where(COLUMN < 7, -4.0, 4.0))  # two halves that part: in the middle nothing arrives
STAYS = _field(0.0)

_frame = returned("frame")
_agrees = agrees(interpolate, _frame)

EXERCISE = Exercise(
    id="1.9",
    title="The frame between",
    points=4,
    stars=3,
    minutes=35,
    reference=interpolate,
    probes=(
        Probe(
            "shape",
            "It is a frame like those before and after it, b c h w.",
            partial(_given, flow=_field(0.5), back=_field(-0.5), tau=0.5),
            _frame,
            shaped(2, 2, H, W),
        ),
        Probe(
            "nothing moves",
            "Where nothing moves it is a cross-fade, (1 − τ) before + τ after: at τ = 0.25 three parts of the frame before. Look at the two weights.",
            partial(_given, flow=STAYS, back=STAYS, tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "which way",
            "What moves right by 4 pixels stands 1 pixel to the right at τ = 0.25. Look at the sign and the share of the way back from the frame before: a backward warp looks up *where a "
            "thing was*, −τ · flow away.",
            partial(_one_sided, flow=_field(4.0, -2.0), back=STAYS, tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "the other side",
            "Seen from the frame after, τ is 1 − τ. Look at the way that leads there: a share 1 − τ of the flow *back*, which has pixels of its own; −flow is no stand-in for it.",
            partial(_given, flow=_field(2.0), back=_field(-1.0, 2.0), tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "a flow that changes",
            "Where the flow is not the same everywhere the frame is off. Look at where the flow is read: at p, where the thing was, and not at q, where it is now. Three rounds of "
            "way ← −τ · backward_warp(flow, way), from way = 0.",
            partial(_given, flow=STRETCH, back=SQUEEZE, tau=0.5),
            _frame,
            _agrees,
        ),
        Probe(
            "hidden before",
            "Two halves part, and in the gap is what only the frame after has seen. Look at the weights there: where way + τ · flow(p) is half a pixel or more from 0, nothing of the frame before arrives, "
            "and all of the weight is the other frame's.",
            partial(_given, flow=PARTED, back=STAYS, tau=0.75),
            _frame,
            _agrees,
        ),
        Probe(
            "hidden after",
            "The same the other way round: what the frame after has not seen is taken from the frame before alone.",
            partial(_given, flow=STAYS, back=PARTED, tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "hidden in both",
            "There are pixels to which neither frame leads, and they come out wrong (0 / 0 perhaps). Look at the weights where both are 0: with nothing better to be had, both frames "
            "count as where both are known.",
            partial(_given, flow=PARTED, back=PARTED, tau=0.75),
            _frame,
            _agrees,
        ),
        Probe(
            "rough flow",
            "Where the flow is rough, pixels are taken from the wrong frame. Look at how a miss is measured: it is a length in pixels, √(dx² + dy²), and a pixel is known where that is below ½.",
            _rough,
            _frame,
            _agrees,
        ),
    ),
)

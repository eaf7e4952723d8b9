"""1.9: a frame between two frames, from both sides."""

from functools import partial

import torch
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import told
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


def _brought(
    frame: Tensor,
    flow: Tensor,
    share: float,
    sign: int = -1,
    arrives: float | None = None,
    rounds: int = 3,
) -> tuple[Tensor, Tensor]:
    """The frame, and where it is known, with something wrong.

    sign: of the way, −1 where it is right. arrives: the share of the flow that is added to the way to see whether it leads back.
    """
    way = torch.zeros_like(flow)
    for _ in range(rounds):
        way = sign * share * backward_warp(flow, way)
    there = share if arrives is None else arrives
    missed = (way - sign * there * backward_warp(flow, way)).norm(dim=1, keepdim=True)
    return backward_warp(frame, way), missed < 0.5


def _blended(of_before: tuple[Tensor, Tensor], of_after: tuple[Tensor, Tensor], a: float, b: float) -> Tensor:
    """Two frames with the weights a and b, where both or neither are known."""
    (before, known), (after, known_after) = of_before, of_after
    neither = ~(known | known_after)
    weight_a, weight_b = a * (known | neither), b * (known_after | neither)
    return (weight_a * before + weight_b * after) / (weight_a + weight_b)


def _with(**how):
    """An interpolation whose ways are sought in another manner."""

    def made(before: Tensor, after: Tensor, flow: Tensor, back: Tensor, tau: float) -> Tensor:
        return _blended(_brought(before, flow, tau, **how), _brought(after, back, 1 - tau, **how), 1 - tau, tau)

    return made


MISTAKES = {
    "The weights are exchanged: near τ = 0 the frame before counts most, with 1 − τ.": lambda x, y, flow, back, tau: (
        _blended(_brought(x, flow, tau), _brought(y, back, 1 - tau), tau, 1 - tau)
    ),
    "Both frames count one half, whatever τ is.": lambda x, y, flow, back, tau: _blended(
        _brought(x, flow, tau), _brought(y, back, 1 - tau), 0.5, 0.5
    ),
    "The frame before is taken wherever it is known; both frames are to be blended there.": lambda x, y, flow, back, tau: (
        torch.where(_brought(x, flow, tau)[1], _brought(x, flow, tau)[0], _brought(y, back, 1 - tau)[0])
    ),
    "The ways have the other sign: a thing that moves right was further *left* in the frame before.": _with(sign=1),
    "Nothing of the frame before arrives: the way, after three rounds, plus the same share of the flow there should be about 0.": (
        _with(arrives=1.0)
    ),
    "Nothing has moved: this is a cross-fade.": lambda x, y, flow, back, tau: (1 - tau) * x + tau * y,
    "The shares are exchanged: the frame before is τ away, the frame after 1 − τ.": lambda x, y, flow, back, tau: (
        _blended(_brought(x, flow, 1 - tau), _brought(y, back, tau), 1 - tau, tau)
    ),
    "The share τ was taken for both frames; the frame after is 1 − τ away.": lambda x, y, flow, back, tau: _blended(
        _brought(x, flow, tau), _brought(y, back, tau), 1 - tau, tau
    ),
    "−flow was taken for the way back.": lambda x, y, flow, back, tau: interpolate(x, y, flow, -flow, tau),
    "flow was taken for both sides; the frame after has `back`.": lambda x, y, flow, back, tau: interpolate(
        x, y, flow, flow, tau
    ),
    "The frame after was not moved.": lambda x, y, flow, back, tau: _blended(
        _brought(x, flow, tau), (y, torch.ones_like(y[:, :1], dtype=torch.bool)), 1 - tau, tau
    ),
    "This is one round, which reads the flow at q; three are asked for.": _with(rounds=1),
    "This is two rounds; three are asked for.": _with(rounds=2),
    "Hidden places are not left out: this is the blend of both sides everywhere.": lambda x, y, flow, back, tau: (
        (1 - tau) * _brought(x, flow, tau)[0] + tau * _brought(y, back, 1 - tau)[0]
    ),
}

_frame = returned("frame")
_agrees = told(agrees(interpolate, _frame), _frame, MISTAKES)

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
            (
                "It is a frame like those before and after it: b c h w.",
                "The mask of what is known has one channel, for all channels of the frame: b 1 h w.",
                "`.norm(dim=1, keepdim=True)`.",
            ),
            partial(_given, flow=_field(0.5), back=_field(-0.5), tau=0.5),
            _frame,
            shaped(2, 2, H, W),
        ),
        Probe(
            "nothing moves",
            (
                "Where nothing moves it is a cross-fade, and is not.",
                "Both frames are known everywhere, and count 1 − τ and τ: at τ = 0.25 three parts are of the frame before.",
                "`(1 - tau) * of_before + tau * of_after`, divided by the sum of the weights.",
            ),
            partial(_given, flow=STAYS, back=STAYS, tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "which way",
            (
                "What moves right by 4 pixels should stand 1 pixel to the right at τ = 0.25, and does not.",
                "The way leads to where the thing *was*, −τ · flow away; it is known there, for τ · flow leads back to q.",
                "`way = -share * backward_warp(flow, way)`, three times; then `(way + share * backward_warp(flow, way))` is how far it misses.",
            ),
            partial(_one_sided, flow=_field(4.0, -2.0), back=STAYS, tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "the other side",
            (
                "What comes from the frame after is off.",
                "Seen from there τ is 1 − τ, and the flow is the flow *back*, which has pixels of its own; −flow is no stand-in for it.",
                "`brought(after, back, 1 - tau)`, the same function for both.",
            ),
            partial(_given, flow=_field(2.0), back=_field(-1.0, 2.0), tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "a flow that changes",
            (
                "Where the flow is not the same everywhere the frame is off.",
                "The flow is read at p, where the thing was, and not at q, where it is now: three rounds, from way = 0.",
                "`for _ in range(3): way = -share * backward_warp(flow, way)`.",
            ),
            partial(_given, flow=STRETCH, back=SQUEEZE, tau=0.5),
            _frame,
            _agrees,
        ),
        Probe(
            "hidden before",
            (
                "Two halves part, and in the gap is what only the frame after has seen: there it is off.",
                "Where way + τ · flow(p) is half a pixel or more from 0, nothing of the frame before arrives, and all of the weight is the other frame's.",
                "`a = (1 - tau) * known_before`, `b = tau * known_after`, divided by a + b.",
            ),
            partial(_given, flow=PARTED, back=STAYS, tau=0.75),
            _frame,
            _agrees,
        ),
        Probe(
            "hidden after",
            (
                "The same the other way round: what the frame after has not seen is off.",
                "It is taken from the frame before alone.",
                "`b = tau * known_after`.",
            ),
            partial(_given, flow=STAYS, back=PARTED, tau=0.25),
            _frame,
            _agrees,
        ),
        Probe(
            "hidden in both",
            (
                "There are pixels to which neither frame leads, and they come out wrong.",
                "Both weights are 0 there, and 0 / 0 is nan: with nothing better to be had, both frames count as where both are known.",
                "`neither = ~(known_before | known_after)`, and `known_before | neither` in the weight.",
            ),
            partial(_given, flow=PARTED, back=PARTED, tau=0.75),
            _frame,
            _agrees,
        ),
        Probe(
            "rough flow",
            (
                "Where the flow is rough, pixels are taken from the wrong frame.",
                "After the third round the flow is read once more, where the way leads now; the miss is a length in pixels, √(dx² + dy²), and a pixel is known where it is below ½.",
                "`(way + share * backward_warp(flow, way)).norm(dim=1, keepdim=True) < 0.5`.",
            ),
            _rough,
            _frame,
            _agrees,
        ),
    ),
)

"""1.8: global motion by an affine fit."""

from functools import partial

import torch
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import told
from minivid.course.exercise import Exercise, Probe, agrees, returned, shaped
from minivid.motion.affine import affine_motion

H, W = 8, 11


def _affine(seed: int, slope: float | int) -> Tensor:
    """An affine field for each of two clips, of numbers drawn by chance; slope 0 is a shift."""
    numbers = torch.randn(2, 2, 3, 1, 1, generator=torch.Generator().manual_seed(seed))
    y, x = torch.meshgrid(torch.arange(float(H)), torch.arange(float(W)), indexing="ij")
    return numbers[:, :, 0] + slope * (numbers[:, :, 1] * x + numbers[:, :, 2] * y)


def _field(
    seed: int, slope: float | int = 0, noise: float | int = 0, stranger: float | int = 0, weights: str = "ones"
) -> dict:
    """An affine field, with noise, and with a place that moves by itself; weights of ones, without that place, or by chance."""
    generator = torch.Generator().manual_seed(seed + 1)
    flow = _affine(seed, slope) + noise * torch.randn(2, 2, H, W, generator=generator)
    flow[:, :, 1:4, 2:6] += stranger
    weight = torch.rand(2, H, W, generator=generator) if weights == "chance" else torch.ones(2, H, W)
    if weights == "without":
        weight[:, 1:4, 2:6] = 0
    return {"flow": flow, "weight": weight}


def _columns() -> Tensor:
    """(h w) 3: a row (1, x, y) for each pixel."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, H), torch.linspace(-1, 1, W), indexing="ij")
    return torch.stack([torch.ones(H, W), x, y], dim=-1).flatten(0, 1)


def _solved(flow: Tensor, of_columns: Tensor, of_flow: Tensor) -> Tensor:
    """The six numbers of each clip, b 3 2, where columns and flow are multiplied by these weights, b h w."""
    a, b = (weight.flatten(1)[..., None] for weight in (of_columns, of_flow))
    return torch.linalg.lstsq(a * _columns(), b * flow.flatten(2).mT).solution


def _field_of(numbers: Tensor) -> Tensor:
    return (_columns() @ numbers).mT.unflatten(2, (H, W))


MISTAKES = {
    "The fitted rows were reshaped into a field: they are (h w) 2 and must be turned to 2 (h w) first.": lambda flow, weight: (
        (_columns() @ _solved(flow, weight.sqrt(), weight.sqrt())).reshape(2, 2, H, W)
    ),
    "The field is made from the weighed rows: multiply the numbers by rows (1, x, y) without weights.": lambda flow, weight: (
        affine_motion(flow, weight) * weight.sqrt()[:, None]
    ),
    "This is what is left over; the fit is asked for.": lambda flow, weight: flow - affine_motion(flow, weight),
    "This is the weighed mean, a shift without zoom and turn.": lambda flow, weight: (
        (flow * weight[:, None]).sum((2, 3), keepdim=True) / weight.sum((1, 2))[:, None, None, None]
    ).expand_as(flow),
    "The weights were not used.": lambda flow, weight: affine_motion(flow, torch.ones_like(weight)),
    "The flow alone is weighed, and the rows (1, x, y) are not.": lambda flow, weight: _field_of(
        _solved(flow, torch.ones_like(weight), weight.sqrt())
    ),
    "The rows (1, x, y) alone are weighed, and the flow is not.": lambda flow, weight: _field_of(
        _solved(flow, weight.sqrt(), torch.ones_like(weight))
    ),
    "The weight counts squared: both sides are multiplied by its root, since the distance is squared.": lambda flow, weight: (
        affine_motion(flow, weight**2)
    ),
    "u and v are exchanged.": lambda flow, weight: affine_motion(flow, weight).flip(1),
    "One fit was made for the whole batch.": lambda flow, weight: (
        affine_motion(flow, weight).mean(0, keepdim=True).expand_as(flow)
    ),
}

_fitted = returned("fitted")
_agrees = told(agrees(affine_motion, _fitted, rtol=1e-3, atol=1e-4), _fitted, MISTAKES)

EXERCISE = Exercise(
    id="1.8",
    title="What the camera does",
    points=3,
    stars=2,
    minutes=25,
    reference=affine_motion,
    probes=(
        Probe(
            "shape",
            (
                "The fit is a flow field too: b 2 h w.",
                "Six numbers a clip are found, and from them two at every pixel.",
                "`(columns @ numbers).mT.unflatten(2, (h, w))`.",
            ),
            partial(_field, noise=1),
            _fitted,
            shaped(2, 2, H, W),
        ),
        Probe(
            "a shift",
            (
                "A flow that is the same everywhere should come back as it is.",
                "The constant is a column of ones in the fit, for u and for v, for each clip by itself; and the field has u first, then v.",
                "`torch.stack([torch.ones(h, w), x, y], dim=-1)`.",
            ),
            _field,
            _fitted,
            _agrees,
        ),
        Probe(
            "a zoom and a turn",
            (
                "An affine flow should come back as it is.",
                "The columns are ones, x and y; u depends on x *and* y, and so does v, with numbers of its own.",
                "`torch.linalg.lstsq(columns, flow.flatten(2).mT).solution`, 3 × 2 numbers a clip.",
            ),
            partial(_field, slope=0.1),
            _fitted,
            _agrees,
        ),
        Probe(
            "noise",
            (
                "The fit of a noisy flow is off.",
                "What is minimised is the sum of squares over all pixels; and columns beyond 1, x and y bend the field.",
                "`lstsq` with one row for each pixel, h · w of them, and three columns.",
            ),
            partial(_field, slope=0.1, noise=1),
            _fitted,
            _agrees,
        ),
        Probe(
            "somebody moves",
            (
                "A place that moves by itself has the weight 0, and the field is off all the same.",
                "A pixel without weight must drop out of columns and flow alike; the field is then made for every pixel, whatever its weight.",
                "`lstsq(root * columns, root * flow.flatten(2).mT)`, then `columns @ numbers`.",
            ),
            partial(_field, slope=0.1, noise=0.3, stranger=4, weights="without"),
            _fitted,
            _agrees,
        ),
        Probe(
            "how much a pixel counts",
            (
                "With weights between 0 and 1 the fit is off.",
                "Σ weight · distance² has the weight once, so both sides of each equation are multiplied by its square root.",
                "`root = weight.flatten(1).sqrt()[..., None]`.",
            ),
            partial(_field, slope=0.1, noise=1, weights="chance"),
            _fitted,
            _agrees,
        ),
    ),
)

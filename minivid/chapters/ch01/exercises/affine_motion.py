"""1.8: global motion by an affine fit."""

from functools import partial

import torch
from torch import Tensor

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


_fitted = returned("fitted")
_agrees = agrees(affine_motion, _fitted, rtol=1e-3, atol=1e-4)

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
            "The fit is a flow field too, with two numbers at every pixel of every clip: b 2 h w.",
            partial(_field, noise=1),
            _fitted,
            shaped(2, 2, H, W),
        ),
        Probe(
            "a shift",
            "A flow that is the same everywhere should come back as it is. Look at the constant term: a column of ones in the fit, for u and for v, for each clip by itself.",
            _field,
            _fitted,
            _agrees,
        ),
        Probe(
            "a zoom and a turn",
            "An affine flow should come back as it is. Look at the columns of the fit: ones, x and y, and with them u depends on x *and* y, and so does v, with numbers of its own.",
            partial(_field, slope=0.1),
            _fitted,
            _agrees,
        ),
        Probe(
            "noise",
            "The fit of a noisy flow is off. Look at what is minimised: the sum of squares over all pixels; and columns beyond 1, x and y bend the field.",
            partial(_field, slope=0.1, noise=1),
            _fitted,
            _agrees,
        ),
        Probe(
            "somebody moves",
            "A place that moves by itself pulls at the fit although its weight is 0. Look at how the weights come in: a pixel that has none must drop out of columns and flow alike.",
            partial(_field, slope=0.1, noise=0.3, stranger=4, weights="without"),
            _fitted,
            _agrees,
        ),
        Probe(
            "how much a pixel counts",
            "With weights between 0 and 1 the fit is off. Look at their power: Σ weight · distance² has the weight once, so both sides of each equation are multiplied by its "
            "square root.",
            partial(_field, slope=0.1, noise=1, weights="chance"),
            _fitted,
            _agrees,
        ),
    ),
)

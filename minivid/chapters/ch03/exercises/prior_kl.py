"""3.11: the bound's first term, what is still visible of the clip when sampling begins."""

import math
from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, close, returned, shaped
from minivid.diffusion.bound import prior_kl


def _clips(seed: int, x: bool = True) -> dict:
    generator = torch.Generator().manual_seed(seed)
    clips = (
        (torch.rand(3, 2, 4, 3, 3, generator=generator) * 2 - 1)
        * x
        * torch.tensor([0.3, 0.6, 1]).reshape(-1, 1, 1, 1, 1)
    )
    return {"x": clips, "logsnr": torch.rand((), generator=generator) * 3 - 2}


_nats = returned("nats")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    expected = prior_kl(**inputs)
    values = inputs["x"][0].numel()
    verdict = close(arrays["nats"], expected, rtol=1e-3, atol=1e-3)
    if verdict is False and close(arrays["nats"] * values, expected, rtol=1e-3) is True:
        return f"This is the mean over the {values} values of a clip; the bound is a sum over them."
    if verdict is False and close(arrays["nats"] * math.log(2), expected, rtol=1e-3) is True:
        return "This is in bits; it should be in nats."
    return verdict


EXERCISE = Exercise(
    id="3.11",
    title="The bound's first term",
    points=2,
    stars=2,
    minutes=15,
    reference=prior_kl,
    probes=(
        Probe(
            "one number a clip",
            "Each clip of the batch has a bound of its own: the result should have the shape (b,).",
            _clips,
            _nats,
            shaped(3),
        ),
        Probe(
            "black clip",
            "With x = 0 the KL of N(0, σ²) from N(0, 1) is ½ (σ² − 1 − log σ²) for each value, with σ² = sigmoid(−λ).",
            partial(_clips, x=False),
            _nats,
            _agrees,
        ),
        Probe(
            "a clip",
            "The distance of the means adds ½ (α x)² for each value: α² = sigmoid(λ), and x squared.",
            _clips,
            _nats,
            _agrees,
        ),
    ),
)

"""3.11: the bound's first term, what is still visible of the clip when sampling begins."""

import math
from functools import partial

import torch

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, returned, shaped
from minivid.diffusion.bound import prior_kl


def _clips(seed: int, x: bool = True) -> dict:
    generator = torch.Generator().manual_seed(seed)
    bright = torch.tensor([0.3, 0.6, 1]).reshape(-1, 1, 1, 1, 1)
    clips = (torch.rand(3, 2, 4, 3, 3, generator=generator) * 2 - 1) * bright * x
    return {"x": clips, "logsnr": torch.rand((), generator=generator) * 3 - 2}


_nats = returned("nats")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x, logsnr = inputs["x"], inputs["logsnr"]
    alpha2, sigma2, values = torch.sigmoid(logsnr), torch.sigmoid(-logsnr), x[0].numel()

    def total(per_value) -> torch.Tensor:
        return (per_value + 0 * x).flatten(1).sum(1)

    of_variance = 0.5 * (sigma2 - 1 - torch.log(sigma2))
    expected = total(of_variance + 0.5 * alpha2 * x**2)
    if x.abs().max() == 0:
        mistakes = {
            f"This is what *one* value has; a clip has {values} of them, and the bound is a sum.": total(of_variance)
            / values,
            "This is in bits; it should be in nats.": expected / math.log(2),
            "This is KL(N(0, 1) ‖ q), the other way round.": total(0.5 * (1 / sigma2 - 1 + torch.log(sigma2))),
            "In the logarithm stands σ where σ² should.": total(0.5 * (sigma2 - 1 - 0.5 * torch.log(sigma2))),
            "σ stands where σ² should.": total(0.5 * (sigma2.sqrt() - 1 - torch.log(sigma2.sqrt()))),
            "The half is missing.": 2 * expected,
            "The sign is another.": -expected,
            "α² stands where σ² should.": total(0.5 * (alpha2 - 1 - torch.log(alpha2))),
            "The 1 that is subtracted is missing.": expected + 0.5 * values,
            "The logarithm is missing.": total(0.5 * (sigma2 - 1)),
            "The logarithm's sign is another.": total(0.5 * (sigma2 - 1 + torch.log(sigma2))),
            "Nothing of the variance is in it.": total(torch.zeros(())),
        }
    else:
        rest = total(of_variance)
        mistakes = {
            "The clip is not in it.": rest,
            "x is not shrunk by α.": rest + total(0.5 * x**2),
            "α is not squared.": rest + total(0.5 * alpha2.sqrt() * x**2),
            "(α x)² is not halved.": rest + total(alpha2 * x**2),
            "x is not squared.": rest + total(0.5 * alpha2 * x),
            "The square of the clip's mean stands where the mean of the squares should.": (
                rest + 0.5 * alpha2 * x.flatten(1).sum(1) ** 2 / values
            ),
            "The squares' mean over the clip is added once, and should be added for each value.": (
                rest + 0.5 * alpha2 * x.flatten(1).square().mean(1)
            ),
            "(α x)² is divided by σ², as in the KL from another normal than N(0, 1).": rest
            + total(0.5 * alpha2 * x**2 / sigma2),
        }
    return told_apart(arrays["nats"], expected, mistakes, atol=1e-3)


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
            (
                "Each clip of the batch has a bound of its own.",
                "The result should have the shape (b,): summed over all axes but the first.",
                "`.flatten(1).sum(1)`.",
            ),
            _clips,
            _nats,
            shaped(3),
        ),
        Probe(
            "black clip",
            (
                "With x = 0 the KL of N(0, σ²) from N(0, 1) is not right.",
                "It is ½ (σ² − 1 − log σ²) for *each* value of the clip, with σ² = sigmoid(−λ), and the natural logarithm.",
                "`0.5 * (sigma**2 + (alpha * x) ** 2 - 1 - torch.log(sigma**2))`, which has x's shape, and then the sum.",
            ),
            partial(_clips, x=False),
            _nats,
            _agrees,
        ),
        Probe(
            "a clip",
            (
                "For a black clip it is right; what the clip itself adds is not.",
                "The means differ by α x: that adds ½ (α x)² for each value, with α² = sigmoid(λ).",
                "`0.5 * (alpha * x) ** 2`.",
            ),
            _clips,
            _nats,
            _agrees,
        ),
    ),
)

"""4.3: min-SNR's weight for a network that says v, which has been published wrongly in two ways."""

import math
from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart
from minivid.diffusion.objective import Objective
from minivid.diffusion.score import min_snr


def min_snr_v(logsnr: torch.Tensor, gamma: float) -> torch.Tensor:
    """min(SNR, γ)/(SNR + 1), the weight of v's squared error, at each level."""
    return min_snr(Objective.V, logsnr, gamma)


def _levels(low: float, high: float, gamma: float, seed: int, shape: tuple[int, ...] = (7,)) -> dict:
    """Levels from `low` to `high`, counted from log γ, the last right at `high`."""
    levels = low + (high - low) * torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    levels.view(-1)[-1] = high
    return {"logsnr": levels + math.log(gamma), "gamma": gamma}


_weight = returned("weight")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    snr, gamma = torch.exp(inputs["logsnr"]), inputs["gamma"]
    mistakes = {
        "Nothing is clamped: what is to stay below γ is the SNR, before it is divided.": snr / (snr + 1),
        "Brackets are missing: the 1 is added to the SNR that divides, not to the quotient.": snr.clamp(max=gamma) / snr
        + 1,
        "λ has the other sign: the SNR grows with λ.": (1 / snr).clamp(max=gamma) / (1 / snr + 1),
        "It is multiplied by SNR + 1, and should be divided.": snr.clamp(max=gamma) * (snr + 1),
        "The SNR is clamped in the divisor too, and should go on growing there.": snr.clamp(max=gamma)
        / (snr.clamp(max=gamma) + 1),
        "SNR + 1 stands in both places: what is clamped is the SNR alone, and only the divisor has the 1.": (
            snr + 1
        ).clamp(max=gamma)
        / (snr + 1),
        "It is clamped from the wrong side: this is the larger of SNR and γ, and should be the smaller.": snr.clamp(
            min=gamma
        )
        / (snr + 1),
        "This is the weight for a network that says ε: its divisor is the SNR, v's is SNR + 1.": snr.clamp(max=gamma)
        / snr,
        "This is the weight for a network that says x, not divided by SNR + 1.": snr.clamp(max=gamma),
        "λ itself is clamped, and γ is a signal-to-noise ratio, e^λ.": snr.log().clamp(max=gamma).exp() / (snr + 1),
        "λ is clamped, and γ is a signal-to-noise ratio, e^λ.": torch.sigmoid(snr.log().clamp(max=gamma)),
        "λ stands where the SNR, e^λ, should.": snr.log().clamp(max=gamma) / (snr.log() + 1),
        "The 1 is added to γ: what is clamped is the SNR, at γ.": snr.clamp(max=gamma + 1) / (snr + 1),
        "γ is 5 here, whatever was asked for.": snr.clamp(max=5) / (snr + 1),
        "This is one divided by the weight.": (snr + 1) / snr.clamp(max=gamma),
        "The SNR is e^λ, since λ has the square in it already; here it is e^{λ/2}.": snr.sqrt().clamp(max=gamma)
        / (snr.sqrt() + 1),
        "The SNR is e^λ; here it is e^{2λ}.": (snr**2).clamp(max=gamma) / (snr**2 + 1),
        "γ + 1 stands below, and the SNR + 1 should.": snr.clamp(max=gamma) / (gamma + 1),
    }
    return told_apart(arrays["weight"], snr.clamp(max=gamma) / (snr + 1), mistakes, atol=1e-6)


EXERCISE = Exercise(
    id="4.3",
    title="min-SNR for v",
    points=2,
    stars=1,
    minutes=10,
    reference=min_snr_v,
    answers=(min_snr_v, min_snr),
    probes=(
        Probe(
            "below γ",
            (
                "Where the SNR is below γ the weight is not SNR/(SNR + 1).",
                "Nothing is clamped there, and v's squared error is x̂'s times SNR + 1: dividing by that brings it back to x̂'s.",
                "`snr.clamp(max=gamma) / (snr + 1)` with `snr = torch.exp(logsnr)`.",
            ),
            partial(_levels, -6.0, -0.05, 5.0),
            _weight,
            _agrees,
        ),
        Probe(
            "above γ",
            (
                "Below γ it is right. Where the SNR is above γ the weight should be γ/(SNR + 1), and is not.",
                "x̂'s error counts min(SNR, γ), so above γ no more than γ; the divisor SNR + 1 goes on growing.",
                "`snr.clamp(max=gamma)`, and it alone is clamped.",
            ),
            partial(_levels, 0.05, 6.0, 5.0),
            _weight,
            _agrees,
        ),
        Probe(
            "another γ",
            (
                "With γ = 5 it is right, with another γ it is not.",
                "γ is an argument.",
                "`clamp(max=gamma)`.",
            ),
            partial(_levels, -4.0, 4.0, 1.5),
            _weight,
            _agrees,
        ),
        Probe(
            "any shape",
            (
                "For levels of several axes, or all together, it is not right any more.",
                "The weight is each level's own: nothing is divided by a sum or by the largest.",
                "Nothing but functions that work value by value.",
            ),
            partial(_levels, -4.0, 4.0, 5.0, shape=(3, 4)),
            _weight,
            _agrees,
        ),
    ),
)

"""6.8: an objective in EDM's words."""

import torch
from torch import Tensor

from minivid.adapt import svd
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def edm_form(a: Tensor, b: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(c_skip, c_out, c_in) of a network that says F = a x + b ε at z = (x + σ ε) / √(1 + σ²), as x̂ = c_skip y + c_out F, y = x + σ ε."""
    divisor = b - sigma * a
    return b / divisor, -sigma / divisor, 1 / (1 + sigma**2).sqrt()


def _levels(seed: int, says: str = "x") -> dict:
    """Four noise levels, and what the network says there: the clip, the noise, v, or any mixture."""
    generator = torch.Generator().manual_seed(seed)
    sigma = (2 * torch.rand(4, generator=generator) - 0.6).exp()
    zero, one = torch.zeros(4), torch.ones(4)
    size = (1 + sigma**2).sqrt()
    mixture = (-0.3 - torch.rand(4, generator=generator), 0.4 + torch.rand(4, generator=generator))
    a, b = {"x": (one, zero), "noise": (zero, one), "v": (-sigma / size, 1 / size), "any": mixture}[says]
    return {"a": a, "b": b, "sigma": sigma}


_coefficients = returned("c_skip", "c_out", "c_in")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    a, b, sigma = inputs.values()
    c_skip, c_out, c_in = edm_form(a, b, sigma)
    divisor, size = b - sigma * a, (1 + sigma**2).sqrt()
    told = {
        "c_in": {
            "c_in is √(1 + σ²): the network's input would grow with the noise.": size,
            "c_in is 1: the network is given z, which is y made smaller.": torch.ones_like(sigma),
            "c_in is 1/(1 + σ²), and should be its root.": c_in**2,
            "c_in is 1/(1 + σ): σ² is a variance, and variances add.": 1 / (1 + sigma),
            "c_in is σ/√(1 + σ²), which is what multiplies the noise in z.": sigma / size,
        },
        "c_skip": {
            "c_skip is for z, not for y: z = y / √(1 + σ²).": c_skip * size,
            "c_skip has a where b belongs.": a / divisor,
            "c_skip has the wrong sign.": -c_skip,
            "c_skip: it should be divided by b − σ a.": b,
            "c_skip: the divisor is b + σ a, and should be b − σ a.": b / (b + sigma * a),
        },
        "c_out": {
            "c_out has the wrong sign.": -c_out,
            "c_out: it should be divided by b − σ a.": -sigma,
            "c_out: σ is missing.": -1 / divisor,
            "c_out: the divisor is b + σ a, and should be b − σ a.": -sigma / (b + sigma * a),
        },
    }
    right = {"c_in": c_in, "c_skip": c_skip, "c_out": c_out}
    verdicts = (told_apart(arrays[name], right[name], mistakes) for name, mistakes in told.items())
    return next((verdict for verdict in verdicts if verdict is not True), True)


def _probe(name: str, says: str, hints: tuple[str, str, str]) -> Probe:
    return Probe(name, hints, lambda seed: _levels(seed, says), _coefficients, _agrees)


EXERCISE = Exercise(
    id="6.8",
    title="One objective, two notations",
    points=3,
    stars=2,
    minutes=20,
    reference=edm_form,
    answers=(edm_form, svd.preconditioning),
    probes=(
        _probe(
            "the clip",
            "x",
            (
                "Where the network says the clip itself (a = 1, b = 0), it is not c_skip = 0, c_out = 1.",
                "There x̂ is what the network says, and y is not needed. c_in makes y of unit size, if the clip is.",
                "`1 / (1 + sigma**2).sqrt()` is c_in.",
            ),
        ),
        _probe(
            "the noise",
            "noise",
            (
                "The clip is right; where the network says the noise (a = 0, b = 1), it is not c_skip = 1, c_out = −σ.",
                "y = x + σ ε, so that x̂ = y − σ ε̂.",
                "Solve y = x + σ ε and F = a x + b ε for x.",
            ),
        ),
        _probe(
            "v",
            "v",
            (
                "Clip and noise are right; where the network says v it is not SVD's c_skip = 1/(σ² + 1), c_out = −σ/√(σ² + 1).",
                "There neither a nor b is 0: multiply F by σ and y by b, and take the difference.",
                "b y − σ F = (b − σ a) x.",
            ),
        ),
        _probe(
            "any mixture",
            "any",
            (
                "Clip, noise and v are right; for other a and b it is not.",
                "b y − σ F = (b − σ a) x holds whatever a and b are.",
                "`b / (b - sigma * a)` and `-sigma / (b - sigma * a)`.",
            ),
        ),
    ),
)

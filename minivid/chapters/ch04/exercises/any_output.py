"""4.1: from any output to the clip and the noise that it stands for: two equations, two unknowns."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, all_of, returned, told_apart
from minivid.diffusion.objective import Objective, target, to_x_eps
from minivid.diffusion.schedule import interpolating, like, variance_preserving

BETWEEN, ENDS = (-2.0, 0.8, 2.2), (-7.4, 0.8, 7.0)


def _said(objective: Objective, alpha_sigma, around: tuple[float, float, float], seed: int) -> dict:
    """An output that is no truth: x̂ and ε̂ are guesses. A level for each clip, none of them near α = σ; `around` which."""
    generator = torch.Generator().manual_seed(seed)
    x, eps, guessed = torch.randn(3, 3, 1, 2, 4, 4, generator=generator)
    levels = torch.tensor(around) + 0.4 * torch.rand(3, generator=generator)
    alpha, sigma = (like(level, x) for level in alpha_sigma(levels))
    return {
        "objective": objective,
        "output": target(objective, guessed, eps, alpha, sigma),
        "z": alpha * x + sigma * eps,
        "alpha": alpha,
        "sigma": sigma,
    }


_both = returned("x_hat", "eps_hat")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    (x_hat, eps_hat), output, z = to_x_eps(**inputs), inputs["output"], inputs["z"]
    alpha, sigma = inputs["alpha"], inputs["sigma"]
    a, b = inputs["objective"].coefficients(alpha, sigma)
    of_x = {
        "What is returned first is ε̂, and first should be x̂.": eps_hat,
        "α and σ are exchanged: z is α x̂ + σ ε̂.": to_x_eps(inputs["objective"], output, z, sigma, alpha)[0],
        "The sign is another: the determinant is α b − σ a.": -x_hat,
        "It is not divided by the determinant α b − σ a.": b * z - sigma * output,
        "It is multiplied by the determinant, and should be divided.": (b * z - sigma * output)
        * (alpha * b - sigma * a),
        "z and the output are exchanged.": (b * output - sigma * z) / (alpha * b - sigma * a),
        "In the determinant stands a plus: it is α b − σ a.": (b * z - sigma * output) / (alpha * b + sigma * a),
        "The output counts with the other sign: σ output is to be subtracted, b z is not.": (b * z + sigma * output)
        / (alpha * b - sigma * a),
        "The output is read as v here, which is not what every network says.": alpha * z - sigma * output,
        "The output is read as ε here, which is not what every network says.": (z - sigma * output) / alpha,
    }
    of_eps = {
        "What is returned second is x̂ again.": x_hat,
        "The sign is another: the determinant is α b − σ a.": -eps_hat,
        "It is not divided by the determinant α b − σ a.": alpha * output - a * z,
        "a z is added, and should be subtracted.": (alpha * output + a * z) / (alpha * b - sigma * a),
        "The output is read as v here, which is not what every network says.": sigma * z + alpha * output,
        "ε̂ is the output itself here, as if every network said ε.": output,
        "This is z − α x̂, not yet divided by σ.": z - alpha * x_hat,
    }
    return all_of(
        told_apart(arrays["x_hat"], x_hat, of_x),
        told_apart(arrays["eps_hat"], eps_hat, of_eps),
    )


def _probe(
    name: str, hints: tuple[str, ...], objective: Objective, alpha_sigma=variance_preserving, around=BETWEEN
) -> Probe:
    return Probe(name, hints, partial(_said, objective, alpha_sigma, around), _both, _agrees)


EXERCISE = Exercise(
    id="4.1",
    title="From any output to clip and noise",
    points=2,
    stars=2,
    minutes=15,
    reference=to_x_eps,
    probes=(
        _probe(
            "from v",
            (
                "Told v, it does not find the x̂ and ε̂ that were meant.",
                "Two equations, α x̂ + σ ε̂ = z and a x̂ + b ε̂ = output: multiply the first by b, the second by σ, and subtract.",
                "`x_hat = (b * z - sigma * output) / (alpha * b - sigma * a)`, `eps_hat = (alpha * output - a * z) / (alpha * b - sigma * a)`.",
            ),
            Objective.V,
        ),
        _probe(
            "from the noise",
            (
                "Told v it is right, told ε it is not.",
                "For ε the coefficients are a = 0 and b = 1: does your answer read them from `objective.coefficients(alpha, sigma)`?",
                "`a, b = objective.coefficients(alpha, sigma)`, and nothing in the formula but a, b, α, σ, z and the output.",
            ),
            Objective.EPS,
        ),
        _probe(
            "from the clip",
            (
                "Told x, it is not right: x̂ is the output itself, and ε̂ what is left of z.",
                "For x the coefficients are a = 1 and b = 0, so that the determinant α b − σ a is −σ.",
                "Divide both by `alpha * b - sigma * a`, its sign included.",
            ),
            Objective.X,
        ),
        _probe(
            "straight paths",
            (
                "As long as α² + σ² = 1 it is right. On a flow's straight paths, where α + σ = 1, it is not.",
                "There v = α ε − σ x has the determinant α² + σ², which is not 1: was the division left out since it made no difference?",
                "Divide by `alpha * b - sigma * a`, whatever it is.",
            ),
            Objective.V,
            interpolating,
        ),
        _probe(
            "flow",
            (
                "For the flow's output, ε − x, it is not right.",
                "Its coefficients are a = −1 and b = 1 at every level.",
                "`alpha * b - sigma * a` is α + σ here, and (b z − σ output) is z − σ output.",
            ),
            Objective.FLOW,
        ),
        _probe(
            "near the ends",
            (
                "Between the ends it is right. Where nearly all is noise (α small), or nearly all clip (σ small), it is not.",
                "Is α, σ or the determinant kept from becoming small, by a clamp or by something added? They are small there, and rightly so.",
                "Divide by `alpha * b - sigma * a` as it is.",
            ),
            Objective.V,
            around=ENDS,
        ),
    ),
)

"""3.1: a clip is noised to any level in one step. Random-valued: judged by what the student says the noise was, and by statistics."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch03.exercises.judging import is_independent, is_standard_normal, told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, copy_of, returned, several
from minivid.diffusion.objective import Video, diffuse
from minivid.diffusion.schedule import like, variance_preserving

AXES = ("clips", "channels", "frames", "rows", "columns")


def noise_clip(x: Video, logsnr: Float[Tensor, "b"], generator: torch.Generator) -> tuple[Video, Video]:
    """z = α x + σ ε with fresh ε for every value of the clip; one noise level λ a clip. Returns (z, ε)."""
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    eps = torch.randn(x.shape, generator=generator).to(x)
    return diffuse(x, eps, alpha, sigma), eps


def _clips(b: int, seed: int) -> dict:
    """As many columns as clips may be: a level that scales the columns runs, silently."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(b, 2, 8, 16, 4, generator=generator) * 2 - 1
    return {"x": x, "logsnr": torch.rand(b, generator=generator) * 4 - 3.5, "generator": generator}


def _many_values(seed: int) -> dict:
    """So many that a sum of two uniform numbers is told from a normal one."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(4, 4, 16, 32, 16, generator=generator) * 2 - 1
    return {"x": x, "logsnr": torch.rand(4, generator=generator) * 4 - 3.5, "generator": generator}


_noised = returned("z", "eps")


def _twice(obj, inputs: dict) -> dict:
    """z from two generators of the same seed (first, again), and from the second generator once more (next)."""
    one, two = (torch.Generator().manual_seed(inputs["generator"].initial_seed()) for _ in range(2))
    draws = [obj(copy_of(inputs["x"]), copy_of(inputs["logsnr"]), generator) for generator in (one, two, two)]
    return {
        name: several(draw, ("z", "eps"))["z"] for name, draw in zip(("first", "again", "next"), draws, strict=True)
    }


def _is_diffused(arrays: Arrays, inputs: dict) -> bool | str:
    x, eps, logsnr = inputs["x"], torch.as_tensor(arrays["eps"]), inputs["logsnr"]
    if eps.shape != x.shape:
        return f"eps has the shape {tuple(eps.shape)}, expected {tuple(x.shape)}."
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    mistakes = {
        "Neither the clip nor the noise is weighed.": x + eps,
        "The clip is not weighed: it shrinks, by α, as noise is added.": x + sigma * eps,
        "The noise is not weighed, by σ.": alpha * x + eps,
        "These weights are α² and σ².": alpha**2 * x + sigma**2 * eps,
        "α weighs the noise here, and σ the clip.": sigma * x + alpha * eps,
        "These weights are 1 − σ and σ: it is the *squares* of α and σ that add up to 1.": (1 - sigma) * x
        + sigma * eps,
        "These weights are α and 1 − α: it is the *squares* of α and σ that add up to 1.": alpha * x
        + (1 - alpha) * eps,
        "The noise is subtracted here.": alpha * x - sigma * eps,
    }
    if len(x) == x.shape[-1]:
        columns = [level.flatten() for level in (alpha, sigma)]
        mistakes["These weights scale columns, not clips."] = columns[0] * x + columns[1] * eps
        mistakes["All clips have the first one's level here."] = alpha[:1] * x + sigma[:1] * eps
        mean = [like(level.expand(len(x)), x) for level in variance_preserving(logsnr.mean())]
        mistakes["All clips have one level here, the mean."] = mean[0] * x + mean[1] * eps
    return told_apart(arrays["z"], alpha * x + sigma * eps, mistakes)


EXERCISE = Exercise(
    id="3.1",
    title="Noise a clip",
    points=2,
    stars=1,
    minutes=10,
    reference=noise_clip,
    answers=(noise_clip, diffuse),
    probes=(
        Probe(
            "one clip",
            (
                "z is not α x + σ ε for the ε that you return.",
                "Look at the two weights: α² = sigmoid(λ) and σ² = sigmoid(−λ), so there are square roots; and at what is returned: the same "
                "ε that went into z.",
                "`alpha * x + sigma * eps, eps`, with `alpha, sigma = variance_preserving(logsnr)`.",
            ),
            partial(_clips, 1),
            _noised,
            _is_diffused,
        ),
        Probe(
            "one level a clip",
            (
                "With several clips z is not α x + σ ε any more: each clip has its own λ.",
                "α has the shape (b,). Against b c t h w it is lined up with the last axis, the columns.",
                "`alpha = like(alpha, x)` gives it the shape (b, 1, 1, 1, 1); so for σ.",
            ),
            partial(_clips, 4),
            _noised,
            _is_diffused,
        ),
        Probe(
            "every value its own",
            (
                "The noise is not drawn for each value by itself.",
                "Look at the shape that is given to `torch.randn`.",
                "`torch.randn(x.shape, generator=generator)`.",
            ),
            _many_values,
            _noised,
            lambda arrays, inputs: is_independent(arrays["eps"], AXES),
        ),
        Probe(
            "standard normal",
            (
                "The noise is not standard normal: mean 0, variance 1, bell-shaped.",
                "Look at which function draws it, and whether what it draws is changed.",
                "`torch.randn`, not `torch.rand`, as it comes.",
            ),
            _many_values,
            _noised,
            lambda arrays, inputs: is_standard_normal(arrays["eps"]),
        ),
        Probe(
            "repeatable",
            (
                "Two generators of one seed gave different clips.",
                "The noise comes from torch's global generator, not from the one that is handed in.",
                "`torch.randn(…, generator=generator)`.",
            ),
            partial(_clips, 1),
            _twice,
            lambda arrays, inputs: bool((arrays["first"] == arrays["again"]).all()),
        ),
        Probe(
            "fresh at each call",
            (
                "A second call with the same generator repeated the first one's noise.",
                "The generator moves on by itself; something in the function sets it back, or makes another.",
                "No `manual_seed` inside the function.",
            ),
            partial(_clips, 1),
            _twice,
            lambda arrays, inputs: bool((arrays["again"] != arrays["next"]).any()),
        ),
    ),
)

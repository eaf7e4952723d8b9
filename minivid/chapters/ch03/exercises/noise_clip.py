"""3.1: a clip is noised to any level in one step. Random-valued: judged by what the student says the noise was, and by statistics."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch03.exercises.chance import is_independent, is_standard_normal
from minivid.course.exercise import Arrays, Exercise, Probe, close, returned, several
from minivid.diffusion.objective import Video, diffuse
from minivid.diffusion.schedule import like, variance_preserving

AXES = ("clips", "channels", "frames", "rows", "columns")


def noise_clip(x: Video, logsnr: Float[Tensor, "b"], generator: torch.Generator) -> tuple[Video, Video]:
    """z = α x + σ ε with fresh ε for every value of the clip; one noise level λ a clip. Returns (z, ε)."""
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    eps = torch.randn(x.shape, generator=generator).to(x)
    return diffuse(x, eps, alpha, sigma), eps


def _clips(b: int, seed: int) -> dict:
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(b, 2, 8, 16, 4, generator=generator) * 2 - 1
    return {"x": x, "logsnr": torch.rand(b, generator=generator) * 6 - 3, "generator": generator}


_noised = returned("z", "eps")


def _twice(obj, inputs: dict) -> dict:
    """z from two generators of the same seed (first, again), and from the second generator once more (next)."""
    one, two = (torch.Generator().manual_seed(inputs["generator"].initial_seed()) for _ in range(2))
    draws = [obj(inputs["x"], inputs["logsnr"], generator) for generator in (one, two, two)]
    return {
        name: several(draw, ("z", "eps"))["z"] for name, draw in zip(("first", "again", "next"), draws, strict=True)
    }


def _is_diffused(arrays: Arrays, inputs: dict) -> bool | str:
    alpha, sigma = (like(level, inputs["x"]).double().numpy() for level in variance_preserving(inputs["logsnr"]))
    shape = inputs["x"].shape
    if arrays["eps"].shape != shape:
        return f"eps has the shape {arrays['eps'].shape}, expected {tuple(shape)}."
    return close(arrays["z"], alpha * inputs["x"].numpy() + sigma * arrays["eps"])


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
            "z should be α x + σ ε for the ε that you return, with α² = sigmoid(λ) and σ² = sigmoid(−λ): mind the square roots.",
            partial(_clips, 1),
            _noised,
            _is_diffused,
        ),
        Probe(
            "one level a clip",
            "Each clip has its own λ. α of shape (b,) against b c t h w scales the columns, not the clips: reshape it to b 1 1 1 1.",
            partial(_clips, 4),
            _noised,
            _is_diffused,
        ),
        Probe(
            "every value its own",
            "Noise is drawn for each value by itself: give torch.randn the whole shape of x.",
            partial(_clips, 4),
            _noised,
            lambda arrays, inputs: is_independent(arrays["eps"], AXES),
        ),
        Probe(
            "standard normal",
            "The noise is not standard normal (mean 0, variance 1, bell-shaped): torch.randn, not torch.rand.",
            partial(_clips, 4),
            _noised,
            lambda arrays, inputs: is_standard_normal(arrays["eps"]),
        ),
        Probe(
            "repeatable",
            "Two generators of one seed gave different clips: draw from `generator`, not from torch's global one.",
            partial(_clips, 1),
            _twice,
            lambda arrays, inputs: bool((arrays["first"] == arrays["again"]).all()),
        ),
        Probe(
            "fresh at each call",
            "A second call with the same generator repeated the first one's noise: do not seed inside the function.",
            partial(_clips, 1),
            _twice,
            lambda arrays, inputs: bool((arrays["again"] != arrays["next"]).any()),
        ),
    ),
)

"""7.3: noise put on again, over several of DDPM's steps at once."""

from functools import partial

import torch
from torch import Tensor

from minivid.adapt.zeroshot import noised_further
from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Exercise, Probe, returned


def forward_noise(z: Tensor, alphas: Tensor, t0: int, t1: int, noise: Tensor) -> Tensor:
    """A draw from q(z_t1 | z_t0), t0 ≤ t1: step t takes z to √α_t z + √(1 − α_t) ε, so that from t0 on the steps are t0 + 1 … t1."""
    kept = alphas[t0 + 1 : t1 + 1].prod()
    return kept.sqrt() * z + (1 - kept).sqrt() * noise


def _steps(seed: int, many: int = 3, part: str = "both") -> dict:
    """`part`: whether the frame or the noise is zero, so that only the other is seen."""
    generator = torch.Generator().manual_seed(seed)
    z, noise = torch.randn(2, 1, 2, 3, 4, 4, generator=generator)
    alphas = 0.55 + 0.4 * torch.rand(12, generator=generator)
    t0 = 3 + int(torch.randint(3, (), generator=generator))
    zero = torch.zeros_like(z)
    return {
        "z": zero if part == "noise" else z,
        "alphas": alphas,
        "t0": t0,
        "t1": t0 + many,
        "noise": zero if part == "frame" else noise,
    }


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, alphas, t0, t1, noise = inputs.values()

    def by(kept: Tensor, share: Tensor | None = None) -> Tensor:
        return kept.sqrt() * z + (1 - kept if share is None else share).clamp(min=0).sqrt() * noise

    kept = alphas[t0 + 1 : t1 + 1].prod()
    bar = alphas[: t1 + 1].prod()
    one = torch.ones(())
    mistakes = {
        "The product runs over t0 … t1 − 1: `alphas[t0:t1]` begins one step early and ends one step early.": by(
            alphas[t0:t1].prod()
        ),
        "The product runs over t0 … t1: step t0 has been taken already.": by(alphas[t0 : t1 + 1].prod()),
        "The product runs over t0 + 1 … t1 − 1: step t1 is missing.": by(alphas[t0 + 1 : t1].prod()),
        "The product runs from the first step on, as if z were a clean frame.": by(bar),
        "Only the last step counts.": by(alphas[t1]),
        "The α are added up: they should be multiplied.": by(alphas[t0 + 1 : t1 + 1].sum()),
        "The frame is multiplied by the product, and should be by its square root.": kept * z
        + (1 - kept).sqrt() * noise,
        "The noise is multiplied by 1 − the product, and should be by its square root.": kept.sqrt() * z
        + (1 - kept) * noise,
        "The frame is not made smaller.": z + (1 - kept).sqrt() * noise,
        "The noise is added whole.": kept.sqrt() * z + noise,
        "The noise has what is left of the root, 1 − √product, and should have √(1 − product).": kept.sqrt() * z
        + (1 - kept.sqrt()) * noise,
        "The noise is that of a clean frame at t1: z has some of it already.": by(kept, 1 - bar),
        "The two shares are exchanged.": by(1 - kept, kept),
        "No noise is added.": by(kept, 0 * one),
        "It comes back as it was.": z,
    }
    if not z.any():  # the frame's part is right, or an earlier probe would have said so
        mistakes = {
            sentence: value for sentence, value in mistakes.items() if sentence.startswith(("The noise", "No "))
        }
    return the_only_one(arrays["z_t1"], by(kept), mistakes)


_noised = returned("z_t1")
EXERCISE = Exercise(
    id="7.3",
    title="Forward again",
    points=2,
    stars=2,
    minutes=15,
    reference=forward_noise,
    answers=(forward_noise, noised_further),
    probes=(
        Probe(
            "one step",
            (
                "From a step to the next, with no noise, the frame is not what it should be.",
                "z is where step t0 has led. The one step from there to t1 = t0 + 1 is step t1.",
                "`alphas[t0 + 1 : t1 + 1]` has one entry here, `alphas[t1]`; its square root multiplies z.",
            ),
            partial(_steps, many=1, part="frame"),
            _noised,
            _agrees,
        ),
        Probe(
            "several steps",
            (
                "One step is right; over several the frame is not what it should be.",
                "Each step multiplies by its own √α: in all by the root of their product.",
                "`alphas[t0 + 1 : t1 + 1].prod().sqrt() * z`.",
            ),
            partial(_steps, many=4, part="frame"),
            _noised,
            _agrees,
        ),
        Probe(
            "the noise",
            (
                "The frame's part is right; the noise has the wrong size.",
                "The squares of both factors add up to 1: what was of variance 1 stays so.",
                "`(1 - kept).sqrt() * noise`, with the same product `kept`.",
            ),
            partial(_steps, many=4, part="noise"),
            _noised,
            _agrees,
        ),
        Probe(
            "no step at all",
            (
                "With t1 = t0 the frame should come back as it was.",
                "There is no step between: the product of no numbers is 1.",
                "`alphas[t0 + 1 : t1 + 1]` is empty there, and its `prod()` is 1.",
            ),
            partial(_steps, many=0),
            _noised,
            _agrees,
        ),
    ),
)

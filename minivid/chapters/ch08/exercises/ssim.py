"""8.2: structural similarity through a Gaussian window."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, close, returned
from minivid.metrics.paired import SIGMA, WINDOW, ssim


def _textures(
    seed: int,
    height: int = WINDOW,
    width: int = WINDOW,
    channels: int = 1,
    frames: int = 1,
    contrast: float = 0.4,
    equal: bool = False,
    other: float = 1.0,
) -> dict:
    """Clips of noise about mid-grey and clips that resemble them by half, with `other` times the contrast."""
    generator = torch.Generator().manual_seed(seed)
    one, two = torch.rand(2, 3, channels, frames, height, width, generator=generator) * 2 - 1
    a = contrast * one
    return {"a": a, "b": a.clone() if equal else contrast * other * (0.6 * one + 0.4 * two)}


def _even(seed: int) -> dict:
    """Pictures of one level each."""
    generator = torch.Generator().manual_seed(seed)
    dark, bright = torch.rand(3, generator=generator) * 0.2 - 0.95, torch.rand(3, generator=generator) * 0.5 - 0.6
    a, b = (level.reshape(3, 1, 1, 1, 1).expand(3, 1, 1, 14, 13).clone() for level in (dark, bright))
    return {"a": a, "b": b}


def _clearer_at_one_side(seed: int) -> dict:
    """Larger pictures whose contrast grows from left to right, and whose last channel and frame are little alike."""
    clips = _textures(seed, 16, 20, channels=3, frames=2)
    ramp = torch.linspace(0.05, 1.5, 20) * torch.tensor([1, 0.6]).reshape(2, 1, 1)
    flip = torch.tensor([1, 1, -0.5]).reshape(3, 1, 1, 1)
    return {"a": clips["a"] * ramp, "b": clips["b"] * ramp * flip}


_similarity = returned("ssim")
_agrees = agrees(ssim, _similarity, rtol=3e-4, atol=2e-5)


def _through(weight: Float[Tensor, "k k"], x: Tensor, y: Tensor, divisor: float = 1.0) -> Tensor:
    """SSIM of pictures (levels from 0 to 1) of which only one window of these weights is seen."""
    mean = lambda image: (weight * image).sum((-2, -1))  # noqa: E731
    var_x, var_y = (divisor * (mean(z * z) - mean(z) ** 2) for z in (x, y))
    cov = divisor * (mean(x * y) - mean(x) * mean(y))
    c1, c2 = 0.01**2, 0.03**2
    brightness = (2 * mean(x) * mean(y) + c1) / (mean(x) ** 2 + mean(y) ** 2 + c1)
    return (brightness * (2 * cov + c2) / (var_x + var_y + c2))[:, 0, 0]


def _bell() -> Float[Tensor, "k k"]:
    offset = torch.arange(WINDOW).double() - WINDOW // 2
    bell = torch.exp(-(offset**2) / (2 * SIGMA**2))
    return torch.outer(bell, bell) / bell.sum() ** 2


def _window_agrees(arrays: Arrays, inputs: dict) -> bool | str:
    """`_agrees`, and for the two commonest mistakes their name."""
    verdict = _agrees(arrays, inputs)
    if verdict is False:
        x, y = ((clip.double() + 1) / 2 for clip in (inputs["a"], inputs["b"]))
        even = torch.full((WINDOW, WINDOW), 1 / WINDOW**2).double()
        for weight, divisor, name in (
            (even, 1.0, "This is what a window of equal weights gives."),
            (even, WINDOW**2 / (WINDOW**2 - 1), "This is what equal weights and moments divided by N − 1 give."),
            (_bell(), WINDOW**2 / (WINDOW**2 - 1), "Your moments are divided by N − 1."),
        ):
            if close(arrays["ssim"], _through(weight, x, y, divisor), rtol=3e-4) is True:
                return name
    return verdict


EXERCISE = Exercise(
    id="8.2",
    title="Structural similarity",
    points=3,
    stars=2,
    minutes=20,
    reference=ssim,
    promises=Promises(tensor=False),
    probes=(
        Probe(
            "equal clips",
            "A clip and its copy are as similar as can be: 1, for each clip of the batch.",
            partial(_textures, height=14, width=13, channels=3, frames=2, equal=True),
            _similarity,
            _agrees,
        ),
        Probe(
            "even pictures",
            "Pictures without contrast have only the first factor, (2 μx μy + c₁) / (μx² + μy² + c₁) with levels from 0 to 1 and c₁ = 0.01². "
            "A window that hangs over the edge would see contrast there: count only those that lie inside.",
            _even,
            _similarity,
            _agrees,
        ),
        Probe(
            "one window",
            "In a picture of 11×11 pixels there is one window, with Gaussian weights, σ = 1.5, that sum to one; the second factor is "
            "(2 σxy + c₂) / (σx² + σy² + c₂), with variances in it and no deviations.",
            partial(_textures, contrast=1.0, other=0.7),
            _similarity,
            _window_agrees,
        ),
        Probe(
            "faint contrast",
            "Where contrast is faint, c₂ = 0.03² decides, so the variances must be exact: E[x²] − E[x]² with the window's weights, "
            "and no factor N / (N − 1).",
            partial(_textures, contrast=0.1),
            _similarity,
            _window_agrees,
        ),
        Probe(
            "every picture by itself",
            "Each channel of each frame is a picture with a map of its own, and the result the mean of all maps: not one of the mean "
            "colour, of windows through time, of repeated borders, or of means over the picture.",
            _clearer_at_one_side,
            _similarity,
            _agrees,
        ),
    ),
)

"""4.4: a table of noise levels, rescaled until its last is noise alone."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, close, returned, told_apart
from minivid.diffusion.zero_terminal import rescale_zero_terminal_snr, scaled_linear_alphas


def _table(seed: int, first: tuple[float, float] = (0.8, 0.95), steps: int = 9) -> dict:
    """ᾱ of a short table whose levels fall by steps of chance; something of the clip is left at its end."""
    generator = torch.Generator().manual_seed(seed)
    low, high = first
    kept = 0.68 + 0.14 * torch.rand(steps, generator=generator, dtype=torch.float64)
    kept[0] = low + (high - low) * torch.rand((), generator=generator, dtype=torch.float64)
    return {"alphas": torch.cumprod(kept, 0).float()}


def _long(seed: int) -> dict:
    """Stable Diffusion's own thousand levels, or as many that end a little elsewhere."""
    last = 0.010 + 0.004 * torch.rand((), generator=torch.Generator().manual_seed(seed)).item()
    return {"alphas": scaled_linear_alphas(last=last)}


_rescaled = returned("rescaled")


def _mistakes(alphas: torch.Tensor) -> dict[str, torch.Tensor]:
    """What comes of ᾱ by a wrong way, under the sentence that says which."""
    root, n = alphas.sqrt(), len(alphas)
    shifted = root - root[-1]
    right = rescale_zero_terminal_snr(alphas)
    fading = torch.arange(n, dtype=alphas.dtype) / (n - 1)
    return {
        "Nothing has changed.": alphas,
        "The roots come back, √ᾱ, and should be squared again.": right.sqrt(),
        "What comes back are the noise's shares, 1 − ᾱ.": 1 - right,
        "ᾱ itself is shifted and stretched, and its root should be.": (alphas - alphas[-1])
        * alphas[0]
        / (alphas[0] - alphas[-1]),
        "The roots are shifted, and not stretched afterwards.": shifted**2,
        "It is stretched until the first level is 1, and it should be what it was.": (shifted / shifted[0]) ** 2,
        "The roots are stretched, and not shifted first.": (root * root[0] / shifted[0]) ** 2,
        "The shift comes after the stretch, and should come before: so much is taken away that the last goes below 0.": (
            root * root[0] / shifted[0] - root[-1]
        )
        ** 2,
        "The stretch is multiplied in once, after the square: it belongs to the root.": shifted**2
        * root[0]
        / shifted[0],
        "Only the last level has changed: the others should make room for it.": torch.cat(
            [alphas[:-1], torch.zeros_like(alphas[-1:])]
        ),
        "From each root is taken away another amount, the more the later it comes: it should be the last root, from all.": (
            root - fading * root[-1]
        )
        ** 2,
        "It is the logarithm of ᾱ that is shifted, and it should be the root.": alphas[0]
        * torch.log(alphas / alphas[-1])
        / torch.log(alphas[0] / alphas[-1]),
    }


def _agrees(arrays: Arrays, inputs: dict, at: slice = slice(None)) -> bool | str:
    alphas, found = inputs["alphas"], arrays["rescaled"]
    if found.shape != tuple(alphas.shape):
        return f"The shape is {found.shape}, expected {tuple(alphas.shape)}: a level for each level."
    mistakes = {sentence: value for sentence, value in _mistakes(alphas).items() if torch.isfinite(value).all()}
    right = rescale_zero_terminal_snr(alphas)
    verdict = close(found[at], right[at], rtol=1e-4, atol=1e-9)  # 0 is meant, and not almost
    why = told_apart(found, right, mistakes, rtol=1e-4, atol=1e-7)
    return verdict if verdict is True or why is True else why


EXERCISE = Exercise(
    id="4.4",
    title="Down to noise alone",
    points=2,
    stars=1,
    minutes=10,
    reference=rescale_zero_terminal_snr,
    probes=(
        Probe(
            "the last level",
            (
                "The last level should be 0, exactly: there nothing of the clip is left.",
                "With `root = alphas.sqrt()`, taking the last root away from all makes the last one 0.",
                "`root - root[-1]`, before anything is multiplied.",
            ),
            _table,
            _rescaled,
            partial(_agrees, at=slice(-1, None)),
        ),
        Probe(
            "the first level",
            (
                "The last level is 0. The first should be what it was, and is not.",
                "After the shift the first root is `root[0] - root[-1]`, too small: by which factor?",
                "`(root - root[-1]) * root[0] / (root[0] - root[-1])`, and its square comes back.",
            ),
            _table,
            _rescaled,
            partial(_agrees, at=slice(1)),
        ),
        Probe(
            "between",
            (
                "First and last level are right, those between are not.",
                "It is α = √ᾱ that is shifted, by as much at each level, and then stretched by one factor.",
                "`((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2`.",
            ),
            _table,
            _rescaled,
            _agrees,
        ),
        Probe(
            "a thousand levels",
            (
                "A short table is rescaled right, one of a thousand levels is not.",
                "First and last root are those of the table that is given, whatever its length.",
                "`root[0]` and `root[-1]`, and no number of your own.",
            ),
            _long,
            _rescaled,
            _agrees,
        ),
    ),
)

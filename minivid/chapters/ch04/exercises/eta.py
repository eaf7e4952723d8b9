"""4.5: DDIM's step with a dose of chance: what is drawn anew is left out of the old noise."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart
from minivid.diffusion.objective import Video
from minivid.diffusion.samplers import ddim
from minivid.diffusion.schedule import variance_preserving


def eta_step(x_hat: Video, eps_hat: Video, noise: Video, logsnr_t: Tensor, logsnr_s: Tensor, eta: float) -> Video:
    """From t to the cleaner s, a share of ε̂ replaced by fresh noise (Song et al. 2021, eq. 12 and 16)."""
    alpha_s, sigma_s = variance_preserving(logsnr_s)
    fresh = eta * sigma_s * torch.sqrt(-torch.expm1(logsnr_t - logsnr_s))
    return alpha_s * x_hat + (sigma_s**2 - fresh**2).sqrt() * eps_hat + fresh * noise


def _step(seed: int, eta: float, only: str = "") -> dict:
    """A step to a cleaner level; `only`: the other two of x̂, ε̂ and the noise are 0."""
    generator = torch.Generator().manual_seed(seed)
    parts = dict(zip(("x_hat", "eps_hat", "noise"), torch.randn(3, 2, 1, 3, 4, 4, generator=generator), strict=True))
    if only:
        parts = {name: part if name == only else torch.zeros_like(part) for name, part in parts.items()}
    logsnr_t = torch.rand((), generator=generator) - 1.5
    width = 0.9 + 0.4 * torch.rand((), generator=generator)
    return parts | {"logsnr_t": logsnr_t, "logsnr_s": logsnr_t + width, "eta": eta}


_arrived = returned("z")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x_hat, eps_hat, noise, t, s, eta = inputs.values()
    (alpha_t, sigma_t), (alpha_s, sigma_s) = variance_preserving(t), variance_preserving(s)
    share = -torch.expm1(t - s)  # of the noise at s, what is new on the way to t and back
    fresh = eta * sigma_s * share.sqrt()

    def stepped(fresh: Tensor, old: Tensor | None = None) -> Tensor:
        old = (sigma_s**2 - fresh**2).clamp(min=0).sqrt() if old is None else old
        return alpha_s * x_hat + old * eps_hat + fresh * noise

    of_the_dose = {
        "η stands under the root: it multiplies the deviation, not the variance.": stepped(eta**0.5 * fresh / eta)
        if eta
        else stepped(fresh),
        "η is squared before it multiplies the deviation.": stepped(eta * fresh),
        "The root is missing: 1 − e^{λₜ − λₛ} is a share of the variance.": stepped(eta * sigma_s * share),
        "What multiplies the fresh noise is its variance, and should be its deviation.": stepped(fresh**2),
        "η is not in it: with any η it is the whole dose.": stepped(sigma_s * share.sqrt()),
        "The fresh noise has the whole of σₛ, times η: only the share 1 − e^{λₜ − λₛ} of its variance is new.": stepped(
            eta * sigma_s
        ),
        "The fresh noise is measured by σₜ, the level that is left, and should be by σₛ.": stepped(
            eta * sigma_t * share.sqrt()
        ),
        "In the exponent λ is halved: the share of the variance is 1 − e^{λₜ − λₛ}.": stepped(
            eta * sigma_s * (-torch.expm1((t - s) / 2)).sqrt()
        ),
        "There is no fresh noise in it.": stepped(0 * fresh),
    }
    of_the_rest = {
        "Of the old noise nothing is left.": stepped(fresh, 0 * fresh),
        "The old noise keeps all of σₛ, and the fresh comes on top: together they are more than level s has.": stepped(
            fresh, sigma_s
        ),
        "The deviations are subtracted: of the old noise is left √(σₛ² − fresh²), since variances add up.": stepped(
            fresh, sigma_s - fresh
        ),
        "Under the root the fresh deviation is not squared.": stepped(fresh, (sigma_s**2 - fresh).clamp(min=0).sqrt()),
        "Of the old noise is left √(1 − η²) σₛ, as if all of it were replaced at η = 1.": stepped(
            fresh, (1 - eta**2) ** 0.5 * sigma_s
        ),
        "The root is missing: σₛ² − fresh² is the old noise's variance.": stepped(fresh, sigma_s**2 - fresh**2),
        "The old noise is measured by σₜ, the level that is left.": stepped(
            fresh, (sigma_t**2 - fresh**2).clamp(min=0).sqrt()
        ),
        "Old and fresh noise are exchanged.": alpha_s * x_hat
        + fresh * eps_hat
        + (sigma_s**2 - fresh**2).sqrt() * noise,
    }
    of_the_clip = {
        "x̂ and ε̂ are mixed with α and σ of t, and should be with those of s.": alpha_t * x_hat
        + sigma_t * eps_hat
        + fresh * noise,
        "x̂ is multiplied by α of t, and should be by that of s.": stepped(fresh) + (alpha_t - alpha_s) * x_hat,
        "x̂ is not multiplied by α.": stepped(fresh) + (1 - alpha_s) * x_hat,
        "x̂ and ε̂ are exchanged.": sigma_s * x_hat + alpha_s * eps_hat + fresh * noise,
    }
    if not noise.any():  # then nothing is seen of the dose but what it leaves of ε̂, and that is another mistake's too
        of_the_dose = {}
    return told_apart(arrays["z"], stepped(fresh), of_the_clip | of_the_dose | of_the_rest)


EXERCISE = Exercise(
    id="4.5",
    title="A dose of chance",
    points=3,
    stars=2,
    minutes=15,
    reference=eta_step,
    answers=(eta_step, ddim),
    probes=(
        Probe(
            "without chance",
            (
                "With η = 0 it should be DDIM's step, and is not.",
                "Then nothing is fresh: x̂ and ε̂ are mixed anew, by α and σ of the level that z goes to.",
                "`alpha_s * x_hat + sigma_s * eps_hat`, with `alpha_s, sigma_s = variance_preserving(logsnr_s)`.",
            ),
            partial(_step, eta=0.0),
            _arrived,
            _agrees,
        ),
        Probe(
            "fresh noise",
            (
                "Without chance it is right. With η = ½, and x̂ and ε̂ both 0, what is left is not the dose of fresh noise.",
                "Its deviation is η σₛ √(1 − e^{λₜ − λₛ}).",
                "`fresh = eta * sigma_s * torch.sqrt(1 - torch.exp(logsnr_t - logsnr_s))`, and `fresh * noise`.",
            ),
            partial(_step, eta=0.5, only="noise"),
            _arrived,
            _agrees,
        ),
        Probe(
            "what is left of the old",
            (
                "The fresh noise is right. What is left of the old, ε̂, is not.",
                "Both together should have the variance σₛ²: variances of independent noise add up.",
                "`(sigma_s**2 - fresh**2).sqrt() * eps_hat`.",
            ),
            partial(_step, eta=0.7, only="eps_hat"),
            _arrived,
            _agrees,
        ),
        Probe(
            "all together",
            (
                "Each part is right by itself; together, with η = 1, they are not.",
                "The answer is the sum of three, x̂, ε̂ and the noise, and no other is done at η = 1.",
                "`alpha_s * x_hat + (sigma_s**2 - fresh**2).sqrt() * eps_hat + fresh * noise`.",
            ),
            partial(_step, eta=1.0),
            _arrived,
            _agrees,
        ),
    ),
)

"""3.3: one step back when the clean clip is known, q(z_s | z_t, x)."""

from functools import partial

import numpy as np
import torch

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, returned
from minivid.diffusion.bound import posterior
from minivid.diffusion.schedule import variance_preserving


def _levels_and_clips(seed: int, x: bool = True, least: float = -3.0) -> dict:
    """Inputs, with the clean clip at zero when the weight of the noisy one is to be seen alone; λₜ is at least `least`."""
    generator = torch.Generator().manual_seed(seed)
    clean, noisy = torch.randn(2, 2, 1, 3, 4, 4, generator=generator)
    logsnr_t = torch.rand((), generator=generator) * 4 + least
    logsnr_s = logsnr_t + 0.5 + torch.rand((), generator=generator)
    return {"x": clean * x, "z_t": noisy, "logsnr_s": logsnr_s, "logsnr_t": logsnr_t}


_mean_and_variance = returned("mean", "variance")


def _levels(inputs: dict) -> tuple[torch.Tensor, ...]:
    """α and σ at s and at t, and e^{λt − λs}."""
    logsnr_s, logsnr_t = inputs["logsnr_s"], inputs["logsnr_t"]
    return *variance_preserving(logsnr_s), *variance_preserving(logsnr_t), torch.exp(logsnr_t - logsnr_s)


def _variance_agrees(arrays: Arrays, inputs: dict) -> bool | str:
    """One number, or that number over and over in a shape that a clip can be multiplied by."""
    found, clip = arrays["variance"], tuple(inputs["x"].shape)
    try:
        whole = np.broadcast_to(found, clip)
    except ValueError:
        return f"The variance has the shape {found.shape}; expected one number."
    alpha_s, sigma_s, _, sigma_t, kept = _levels(inputs)
    lost = 1 - kept
    mistakes = {
        "This is the variance with the σ of t, where you come from.": lost * sigma_t**2,
        "This is with σₛ itself, not its square.": lost * sigma_s,
        "This is the standard deviation: the root of the variance.": (lost * sigma_s**2).sqrt(),
        "This is the logarithm of the variance.": (lost * sigma_s**2).log(),
        "What is returned second is the mean, and first should be.": posterior(**inputs)[0],
        "This is σₛ² alone, as if z_t told nothing.": sigma_s**2,
        "This is σₜ² alone.": sigma_t**2,
        "This is the variance with e^{λₜ − λₛ} and not one minus it.": kept * sigma_s**2,
        "λₛ and λₜ are exchanged: λₜ − λₛ is negative.": (1 - 1 / kept) * sigma_t**2,
        "In the exponent stands λₛ − λₜ; λₜ − λₛ is negative.": (1 - 1 / kept) * sigma_s**2,
        "This is with α² in the place of σ².": lost * alpha_s**2,
        "There is no variance here: that is DDIM's step, and no draw from the posterior.": torch.zeros(()),
        "What is returned second is the mean, or a clip like it.": arrays["mean"],
    }
    mistakes = {sentence: np.broadcast_to(np.asarray(value), clip) for sentence, value in mistakes.items()}
    return told_apart(whole, np.broadcast_to((lost * sigma_s**2).numpy(), clip), mistakes, atol=1e-5)


def _mean_agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x, z_t = inputs["x"], inputs["z_t"]
    alpha_s, sigma_s, alpha_t, sigma_t, kept = _levels(inputs)
    of_z = kept * alpha_s / alpha_t * z_t
    mistakes = {
        "x and z_t are exchanged.": posterior(z_t, x, inputs["logsnr_s"], inputs["logsnr_t"])[0],
        "z_t is not brought back to the scale of s.": kept * z_t,
        "z_t is brought to the scale of s the wrong way round, by αₜ / αₛ.": kept * alpha_t / alpha_s * z_t,
        "z_t is brought to the scale of s, and not weighed by e^{λₜ − λₛ}.": alpha_s / alpha_t * z_t,
        "This is the weight of DDIM's step, σₛ / σₜ.": sigma_s / sigma_t * z_t,
        "z_t is weighed by one minus e^{λₜ − λₛ}, which is x's weight.": (1 - kept) * alpha_s / alpha_t * z_t,
        "z_t has no weight here: the mean of q(zₛ | x), where the noise of z_t tells nothing of zₛ's.": 0 * z_t,
    }
    if x.abs().max() > 0:
        mistakes = {
            "x is not shrunk to the scale of s, by αₛ.": of_z + (1 - kept) * x,
            "x is shrunk to the scale of t.": of_z + (1 - kept) * alpha_t * x,
            "x is weighed by e^{λₜ − λₛ}, and should be by one minus it.": of_z + kept * alpha_s * x,
            "x is shrunk by αₛ, and not weighed by 1 − e^{λₜ − λₛ}.": of_z + alpha_s * x,
            "x has no weight here.": of_z,
            "x is weighed by αₛ², one αₛ too many.": of_z + (1 - kept) * alpha_s**2 * x,
        }
    return told_apart(arrays["mean"], posterior(**inputs)[0], mistakes)


EXERCISE = Exercise(
    id="3.3",
    title="The posterior, one step back",
    points=3,
    stars=2,
    minutes=15,
    reference=posterior,
    probes=(
        Probe(
            "variance",
            (
                "The variance is not (1 − exp(λₜ − λₛ)) σₛ².",
                "Two things make it: how much of the signal-to-noise ratio is lost from s to t, and σ² at s, where you arrive.",
                "`(1 - torch.exp(logsnr_t - logsnr_s)) * sigma_s**2`.",
            ),
            _levels_and_clips,
            _mean_and_variance,
            _variance_agrees,
        ),
        Probe(
            "weight of z_t",
            (
                "The variance is right. With x = 0 the mean is not exp(λₜ − λₛ) (αₛ / αₜ) z_t.",
                "z_t counts by exp(λₜ − λₛ), and lies on the scale of t: divided by αₜ, times αₛ, it lies on that of s.",
                "`torch.exp(logsnr_t - logsnr_s) * (alpha_s / alpha_t) * z_t`.",
            ),
            partial(_levels_and_clips, x=False),
            _mean_and_variance,
            _mean_agrees,
        ),
        Probe(
            "weight of x",
            (
                "The weight of z_t is right. What x adds to the mean is not (1 − exp(λₜ − λₛ)) αₛ x.",
                "The two weights add up to one, and at level s a clean clip is shrunk by αₛ.",
                "`(1 - torch.exp(logsnr_t - logsnr_s)) * alpha_s * x`.",
            ),
            _levels_and_clips,
            _mean_and_variance,
            _mean_agrees,
        ),
        Probe(
            "nearly clean",
            (
                "All is right where there is much noise; where there is little, near the end of the way, the variance is not.",
                "The formula is the same at all levels: near the clean clip it gives a very small variance, and a small variance is right there.",
                "No `clamp` on the variance, and nothing added to it.",
            ),
            partial(_levels_and_clips, least=3.0),
            _mean_and_variance,
            _variance_agrees,
        ),
    ),
)

"""3.2: how much noise, when: the cosine schedule in log-SNR, finite at its ends."""

import math
from functools import partial

import numpy as np
import torch

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, returned
from minivid.diffusion.schedule import LOGSNR_LIMIT, cosine_logsnr, linear_logsnr

TOLERANCE = 0.05


def _times(first: float, last: float, seed: int, shape: tuple[int, ...] = (64,)) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"u": first + (last - first) * torch.rand(shape, generator=generator)}


def _ends(seed: int) -> dict:
    """Both ends, and a time beside each at which the formula alone would go beyond ±20."""
    return {"u": torch.tensor([0.0, 1e-6, 1 - 1e-6, 1.0])}


def _near_the_ends(seed: int) -> dict:
    return {"u": torch.cat([_times(0.0002, 0.03, seed)["u"], 1 - _times(0.0002, 0.03, seed + 1)["u"]])}


def _one(seed: int) -> dict:
    return {"u": _times(0.1, 0.9, seed, ())["u"]}


_level = returned("logsnr")


def _formula(u: torch.Tensor) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(-2 * np.log(np.tan(math.pi / 2 * u.double().numpy())), -LOGSNR_LIMIT, LOGSNR_LIMIT))


def _is_cosine(arrays: Arrays, inputs: dict) -> bool | str:
    """Between the two ways of cutting the ends: the level itself is cut at ±20, or the times are squeezed until it is."""
    u, found, cut = inputs["u"], arrays["logsnr"], _formula(inputs["u"])
    if found.shape != cut.shape:
        return f"For u of shape {cut.shape} the result has the shape {found.shape}."
    squeezed = cosine_logsnr(u).double().numpy()
    if (abs(found - (cut + squeezed) / 2) <= abs(cut - squeezed) / 2 + TOLERANCE).all():
        return True
    angle = np.pi / 2 * u.double().numpy()
    mistakes = {
        "This is log(α/σ); λ is the logarithm of the *square*, twice as much.": cut / 2,
        "This rises from noise to clip; λ falls as u goes from 0 (clean) to 1 (noise).": -cut,
        "This is in decimal logarithms.": cut / math.log(10),
        "The angle here is u / 2, without π.": -2 * np.log(np.tan(angle / np.pi)),
        "This is log α²; λ is log(α²/σ²).": 2 * np.log(np.cos(angle)),
        "This is the linear schedule.": linear_logsnr(u).numpy(),
        "This is α, the cosine itself; λ is log(α²/σ²).": np.cos(angle),
        "This is α², the square of the cosine; λ is log(α²/σ²).": np.cos(angle) ** 2,
        "This is the signal-to-noise ratio α²/σ², before the logarithm.": np.exp(cut),
    }
    said = told_apart(found, cut, mistakes, rtol=2e-3, atol=5e-3)
    if isinstance(said, str):
        return said
    worst = np.unravel_index(np.where(np.isfinite(found), abs(found - cut), np.inf).argmax(), found.shape)
    return f"At u = {u[worst]:.4f} λ is {found[worst]:.2f}, expected {cut[worst]:.2f}."


def _is_cut(arrays: Arrays, inputs: dict) -> bool | str:
    found = arrays["logsnr"]
    if found.shape != inputs["u"].shape:
        return f"For u of shape {tuple(inputs['u'].shape)} the result has the shape {found.shape}."
    for u, level in zip(inputs["u"].tolist(), found, strict=True):
        limit = LOGSNR_LIMIT if u < 0.5 else -LOGSNR_LIMIT
        if not abs(level - limit) < 0.1:
            return f"λ({u:.7g}) is {level:.1f}, expected {limit:.0f}."
    return True


EXERCISE = Exercise(
    id="3.2",
    title="How much noise, when",
    points=2,
    stars=2,
    minutes=10,
    reference=cosine_logsnr,
    probes=(
        Probe(
            "formula",
            (
                "Between its ends this is not λ(u) = −2 log tan(π u / 2).",
                "Look at the factor −2 with its sign, at the angle π u / 2, and at the logarithm, which is the natural one.",
                "`-2 * torch.log(torch.tan(torch.pi / 2 * u))`.",
            ),
            partial(_times, 0.02, 0.98),
            _level,
            _is_cosine,
        ),
        Probe(
            "ends",
            (
                "Between its ends the schedule is right; at u = 0 and u = 1, and right beside them, it should be 20 and −20.",
                "At u = 0 the tangent is 0. At u = 1 it should be infinite and is, in 32 bits, a large *negative* number, whose logarithm is nan. "
                "Keep the angle a little away from 0 and from π/2, so little that λ is ±20 there.",
                "`angle.clamp(end, torch.pi / 2 - end)` with `end = math.atan(math.exp(-10))`.",
            ),
            _ends,
            _level,
            _is_cut,
        ),
        Probe(
            "near the ends",
            (
                "In the middle and at the ends λ is right; on the way from one to the other it is not.",
                "It should follow the formula until it reaches ±20, without a jump.",
                "Cut nothing but the angle, at `math.atan(math.exp(-10))` from either end, or λ itself, at ±20.",
            ),
            _near_the_ends,
            _level,
            _is_cosine,
        ),
        Probe(
            "any shape",
            (
                "For u of several axes it is not right any more.",
                "u may hold a number for each clip, or for each frame of each clip, `b t`: what comes back has u's shape.",
                "Nothing but functions that work value by value: `torch.tan`, `torch.log`, `clamp`.",
            ),
            partial(_times, 0.02, 0.98, shape=(3, 4)),
            _level,
            _is_cosine,
        ),
        Probe(
            "one number",
            (
                "For one u, a tensor without axes, it is not right any more.",
                "A sampler asks for one level at a time: what comes back has u's shape, ().",
                "Nothing but functions that work value by value: `torch.tan`, `torch.log`, `clamp`.",
            ),
            _one,
            _level,
            _is_cosine,
        ),
    ),
)

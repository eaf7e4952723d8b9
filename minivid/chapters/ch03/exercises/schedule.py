"""3.2: how much noise, when: the cosine schedule in log-SNR, finite at its ends."""

import math
from functools import partial

import numpy as np
import torch

from minivid.course.exercise import Arrays, Exercise, Probe, all_of, returned
from minivid.diffusion.schedule import LOGSNR_LIMIT, cosine_logsnr

TOLERANCE = 0.05


def _times(first: float, last: float, seed: int, shape: tuple[int, ...] = (64,)) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"u": first + (last - first) * torch.rand(shape, generator=generator)}


_level = returned("logsnr")


def _shaped_like_u(arrays: Arrays, inputs: dict) -> bool | str:
    found, expected = arrays["logsnr"].shape, tuple(inputs["u"].shape)
    return found == expected or f"For u of shape {expected} the result has the shape {found}."


def _is_cosine(arrays: Arrays, inputs: dict) -> bool | str:
    """Between the two ways of cutting the ends: the level itself is cut at ±20, or the times are squeezed until it is."""
    ways = np.stack([cosine_logsnr(inputs["u"]).double().numpy(), _cut(inputs["u"].double().numpy())])
    found = arrays["logsnr"].astype(np.float64)
    inside = (found >= ways.min(0) - TOLERANCE) & (found <= ways.max(0) + TOLERANCE)
    if inside.all():
        return True
    mistakes = {
        "This is log(α/σ); λ is the log of the *square*, log(α²/σ²), twice as much.": ways[1] / 2,
        "This rises from noise to clip: λ falls as u goes from 0 (clean) to 1 (noise); mind the sign.": -ways[1],
    }
    named = (text for text, values in mistakes.items() if np.allclose(found, values, rtol=0.02, atol=TOLERANCE))
    worst = np.unravel_index(np.where(np.isfinite(found), abs(found - ways[1]), np.inf).argmax(), found.shape)
    u = inputs["u"].numpy()[worst]
    return next(named, f"At u = {u:.3f} λ is {found[worst]:.2f}, expected {ways[1][worst]:.2f}.")


def _cut(u: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.clip(-2 * np.log(np.tan(math.pi / 2 * u)), -LOGSNR_LIMIT, LOGSNR_LIMIT)


def _ends(seed: int) -> dict:
    return {"u": torch.tensor([0.0, 1.0])}


def _is_cut(arrays: Arrays, inputs: dict) -> bool | str:
    for name, found, limit in zip(("0", "1"), arrays["logsnr"], (LOGSNR_LIMIT, -LOGSNR_LIMIT), strict=True):
        if not abs(found - limit) < 0.1:
            return f"λ({name}) is {found:.1f}, expected {limit:.0f}."
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
            "λ(u) = −2 log tan(π u / 2): the angle is π u / 2, the logarithm the natural one.",
            partial(_times, 0.02, 0.98),
            _level,
            lambda arrays, inputs: all_of(_shaped_like_u(arrays, inputs), _is_cosine(arrays, inputs)),
        ),
        Probe(
            "ends",
            "At u = 0 the tangent is 0, and at u = 1 it is infinite, or, in 32 bits, even negative: keep the angle away from 0 and π/2, or "
            "cut λ *after* a form that is finite there.",
            _ends,
            _level,
            lambda arrays, inputs: all_of(_shaped_like_u(arrays, inputs), _is_cut(arrays, inputs)),
        ),
        Probe(
            "near the ends",
            "In the middle and at the ends λ is right; between them it should follow the formula until it reaches ±20, without a jump.",
            lambda seed: {"u": torch.cat([_times(0.0002, 0.03, seed)["u"], 1 - _times(0.0002, 0.03, seed + 1)["u"]])},
            _level,
            lambda arrays, inputs: all_of(_shaped_like_u(arrays, inputs), _is_cosine(arrays, inputs)),
        ),
        Probe(
            "any shape",
            "u may be one number, a number a clip, or a number a frame: give back as many levels, in u's shape.",
            partial(_times, 0.02, 0.98, shape=(3, 4)),
            _level,
            lambda arrays, inputs: all_of(_shaped_like_u(arrays, inputs), _is_cosine(arrays, inputs)),
        ),
    ),
)

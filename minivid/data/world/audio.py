"""Sound: a click at each bounce, so that a clip can be heard as well as seen.

Chapter 0. Checked by tests/data/test_audio.py.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

SAMPLE_RATE = 8000
"""Samples per second."""

RING = 0.012
"""A click dies away by a factor e in this many seconds."""


def pitch(digit: Int[Tensor, "*b"]) -> Float[Tensor, "*b"]:
    """The frequency (Hz) at which a numeral clicks: four to the octave, from 300 Hz for 0 to 1427 Hz for 9."""
    return 300 * 2 ** (digit / 4)


def clicks(
    bounce: Float[Tensor, "n k m"],
    impact: Float[Tensor, "n k m"],
    digit: Int[Tensor, "n k"],
    frames: int,
    frames_per_second: int,
    stream: torch.Generator,
) -> Float[Tensor, "n samples"]:
    """The sound of n clips in [-1, 1], `SAMPLE_RATE` samples a second, frame 0 at sample 0.

    `bounce` holds times in frames (infinity: none) and `impact` the speed at which the wall is met. A click begins exactly
    at its bounce, between samples if need be, over a faint hiss.
    """
    n, k, m = bounce.shape
    samples = math.ceil(frames / frames_per_second * SAMPLE_RATE)
    length = int(6 * RING * SAMPLE_RATE)
    sound = 0.002 * torch.randn(n, samples + length, generator=stream)
    heard = torch.isfinite(bounce)
    at = torch.where(heard, bounce, 0.0).double() / frames_per_second * SAMPLE_RATE
    first = at.ceil().long().clamp(max=samples)
    place = first[..., None] + torch.arange(length)  # n k m length
    since = ((place - at[..., None]) / SAMPLE_RATE).float()  # seconds after the bounce
    loud = torch.where(heard, 0.6 * torch.tanh(impact.float()), 0.0)
    tone = torch.sin(2 * math.pi * pitch(digit)[:, :, None, None] * since) * torch.exp(-since / RING)
    sound.scatter_add_(1, place.reshape(n, k * m * length), (loud[..., None] * tone).reshape(n, k * m * length))
    return sound[:, :samples].clamp(-1, 1)

"""6.9: guidance that grows from frame to frame."""

from functools import partial

import torch
from torch import Tensor

from minivid.adapt import svd
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def frame_guidance(blind: Tensor, told: Tensor, low: float, high: float) -> Tensor:
    """u + s_t (c − u), `b c t h w`, s_t in equal steps from `low` at the first frame to `high` at the last."""
    scales = svd.ramp(blind.shape[2], low, high)[:, None, None]
    return blind + scales * (told - blind)


def _outputs(seed: int, frames: int = 5, low: float = 1.0, high: float = 3.0) -> dict:
    """Frames as many as rows and columns, so that a ramp along any of these axes runs."""
    generator = torch.Generator().manual_seed(seed)
    blind, told = torch.randn(2, 2, 3, frames, 5, 5, generator=generator)
    return {"blind": blind, "told": told, "low": low, "high": high}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    blind, told, low, high = inputs.values()
    frames = blind.shape[2]
    s, change = torch.linspace(low, high, frames), told - blind
    by_frame = s[:, None, None]
    mistakes = {
        "The scale grows along the columns: shape it `t 1 1`.": blind + s * change if frames == 5 else None,
        "The scale grows along the rows: shape it `t 1 1`.": blind + s[:, None] * change if frames == 5 else None,
        "The scale falls: the first frame should have `low`.": blind + by_frame.flip(0) * change,
        "Every frame has `low`.": blind + low * change,
        "Every frame has `high`.": blind + high * change,
        "Every frame has the mean of both.": blind + (low + high) / 2 * change,
        "The difference is added to what was told, and not to what was said blindly: s = 1 should be the told one.": told
        + by_frame * change,
        "The two are exchanged: it moves away from what was told.": told - by_frame * change,
        "The last frame does not reach `high`: there are t − 1 steps between t frames.": blind
        + (low + (high - low) * torch.arange(frames) / frames)[:, None, None] * change,
        "The scale grows by factors, and should grow by equal steps.": blind
        + (low * (high / low) ** torch.linspace(0, 1, frames))[:, None, None] * change,
    }
    kept = {sentence: value for sentence, value in mistakes.items() if value is not None}
    return told_apart(arrays["out"], blind + by_frame * change, kept)


_out = returned("out")
EXERCISE = Exercise(
    id="6.9",
    title="The further, the stronger",
    points=2,
    stars=1,
    minutes=10,
    reference=frame_guidance,
    answers=(frame_guidance, svd.guided_by_frame),
    probes=(
        Probe(
            "one scale",
            (
                "Where `low` equals `high` it is not plain guidance.",
                "Guidance goes from the blind output towards the told one, and at s = 1 is there.",
                "`blind + s * (told - blind)`.",
            ),
            partial(_outputs, low=2.0, high=2.0),
            _out,
            _agrees,
        ),
        Probe(
            "from 1 to 3",
            (
                "One scale for all frames is right; from 1 to 3 it is not.",
                "There is a scale for each frame, and frames lie along axis 2 of b c t h w.",
                "`torch.linspace(low, high, t)[:, None, None]`.",
            ),
            _outputs,
            _out,
            _agrees,
        ),
        Probe(
            "more frames, another range",
            (
                "Five frames from 1 to 3 are right; seven from 1.5 to 2 are not.",
                "The number of frames is the clip's, and the range is that which is given.",
                "`torch.linspace(low, high, blind.shape[2])`.",
            ),
            partial(_outputs, frames=7, low=1.5, high=2.0),
            _out,
            _agrees,
        ),
    ),
)

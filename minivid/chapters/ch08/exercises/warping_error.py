"""8.7: warping error where the flow can be followed."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, returned
from minivid.metrics import temporal
from minivid.metrics.temporal import squared
from minivid.motion import backward_warp

Flow = Float[Tensor, "b steps 2 h w"]
H, W = 12, 14


def warping_error(video: Float[Tensor, "b c t h w"], flow: Flow, backward_flow: Flow) -> Float[Tensor, " b"]:
    """Mean over pairs of Σ M (warp(I_{t+1}) − I_t)² / Σ M in brightness from 0 to 1, without hidden pixels (Lai et al. 2018)."""
    return temporal.warping_error(video, flow, mask=_seen(flow, backward_flow))


def _seen(flow: Flow, backward_flow: Flow) -> Bool[Tensor, "b steps h w"]:
    """Where the way there and the way back cancel."""
    w, back = flow.flatten(0, 1), backward_flow.flatten(0, 1)
    back = backward_warp(back, w)
    seen = squared(w + back) <= 0.01 * (squared(w) + squared(back)) + 0.5
    return seen.unflatten(0, flow.shape[:2])


def _field(dx: float | Tensor, dy: float | Tensor = 0.0, steps: int = 2) -> Flow:
    """A flow of two clips, the same in all pairs; dx and dy are numbers or maps."""
    maps = torch.stack([torch.as_tensor(part).expand(H, W) for part in (dx, dy)])
    return maps.expand(2, steps, 2, H, W).clone()


def _rows(first: float, last: float) -> Float[Tensor, "h 1"]:
    return torch.where(torch.arange(H) < H // 2, first, last)[:, None]


def _columns(first: float, last: float) -> Float[Tensor, " w"]:
    return torch.where(torch.arange(W) < W // 2, first, last)


def _clips(flow: Flow, back: Flow, seed: int, channels: int = 1, still: bool = False, even: bool = False) -> dict:
    """Two clips of noise with given flows; `still`: all frames alike; `even`: each frame of one level."""
    generator = torch.Generator().manual_seed(seed)
    shape = (2, channels, flow.shape[1] + 1, 1, 1) if even else (2, channels, flow.shape[1] + 1, H, W)
    video = (torch.rand(shape, generator=generator) * 1.9 - 0.95).expand(-1, -1, -1, H, W)
    video = (video[:, :, :1].expand_as(video) if still else video).clone()
    video[0, :, 0] -= 0.95 * (video[0, :, 0] > 0) * even  # not all of the levels above mid-grey
    return {"video": video, "flow": flow.clone(), "backward_flow": back.clone()}


def _in_one_pair(back: Flow, other: float) -> Flow:
    """The flow back, with `other` in its place all over the first pair."""
    changed = back.clone()
    changed[:, 0] = other
    return changed


def _one_of_three_pairs(seed: int) -> dict:
    clips = _clips(_field(2.0, -1.0, steps=3), _field(-2.0, 1.0, steps=3), seed)
    return {name: value[:1] for name, value in clips.items()}


_error = returned("error")
_agrees = agrees(warping_error, _error, rtol=1e-3)


def _is_nothing(arrays: Arrays, inputs: dict) -> bool | str:
    return bool((abs(arrays["error"]) < 1e-6).all())


NOTHING = _field(0.0)
A_PLACE = _rows(0.0, 3.0) * _columns(0.0, 1.0)  # the lower right quarter, 3 pixels to the right
FAR, NEARLY_BACK = _field(8.0), _field(_rows(-7.0, -6.8), _rows(0.6, 0.8))

EXERCISE = Exercise(
    id="8.7",
    title="Warping error",
    points=4,
    stars=3,
    minutes=30,
    reference=warping_error,
    promises=Promises(tensor=False),
    answers=(warping_error, temporal.warping_error),
    probes=(
        Probe(
            "still clip",
            "A clip that stands still, with a flow of 0, has no error at all: a warp without flow must change nothing (pixel centres stand at "
            "half-pixels of grid_sample's grid, align_corners=False).",
            partial(_clips, NOTHING, NOTHING, still=True),
            _error,
            _is_nothing,
        ),
        Probe(
            "no flow",
            "Without flow it is the mean square of I_{t+1} − I_t for each clip, shape (b,), averaged over channels, brightness from 0 to 1: "
            "half of the difference in [−1, 1].",
            partial(_clips, NOTHING, NOTHING, channels=3),
            _error,
            _agrees,
        ),
        Probe(
            "direction",
            "The flow leads from frame t to t + 1, to the right and *down* where it is positive, and a *backward* warp looks up frame t + 1 where it "
            "leads, then stands where frame t does.",
            partial(_clips, _field(3.0, 3.0), _field(-3.0, -3.0)),
            _error,
            _agrees,
        ),
        Probe(
            "x and y",
            "The flow is (dx, dy): first to the right, along the last axis of the picture, then down.",
            partial(_clips, _field(2.0, -1.0), _field(-2.0, 1.0)),
            _error,
            _agrees,
        ),
        Probe(
            "between pixels",
            "A flow of parts of a pixel looks between pixels: bilinear, not the nearest one.",
            partial(_clips, _field(0.5, -0.25), _field(-0.5, 0.25)),
            _error,
            _agrees,
        ),
        Probe(
            "divided by what counts",
            "Everywhere the error is the same here, and a quarter is hidden, so the mean over the rest is that same error: divide by Σ M, not "
            "by the number of pixels.",
            partial(_clips, NOTHING, _field(A_PLACE), even=True),
            _error,
            _agrees,
        ),
        Probe(
            "hidden pixels",
            "In the lower right quarter the flow back does not cancel the flow there: these pixels, and no others, are left out.",
            partial(_clips, NOTHING, _field(A_PLACE)),
            _error,
            _agrees,
        ),
        Probe(
            "sign",
            "In the upper half the way back is the opposite of the way there, in the lower half it is the same: seen is where w + ŵ is small, "
            "not w − ŵ.",
            partial(_clips, _field(2.0), _field(_rows(-2.0, 2.0))),
            _error,
            _agrees,
        ),
        Probe(
            "where it leads",
            "The flow back belongs to the pixels of the next frame: look it up at q + w(q) before you add it to w(q).",
            partial(_clips, _field(2.0), _field(_columns(-2.0, 0.0))),
            _error,
            _agrees,
        ),
        Probe(
            "threshold",
            "Hidden is where |w + ŵ|² > 0.01 (|w|² + |ŵ|²) + 0.5, all of them squared: what moves far may miss by more.",
            partial(_clips, FAR, NEARLY_BACK),
            _error,
            _agrees,
        ),
        Probe(
            "each pair",
            "One pair has many hidden pixels, the other none. Each pair has a quotient of its own, and the clip's error is their mean.",
            partial(_clips, NOTHING, torch.cat([_field(_rows(0.0, 3.0), steps=1), NOTHING[:, :1]], dim=1)),
            _error,
            _agrees,
        ),
        Probe(
            "nothing to follow",
            "In the first pair no pixel can be followed: 0 / 0. That is no merit, so all of its pixels count.",
            partial(_clips, NOTHING, _in_one_pair(NOTHING, 5.0)),
            _error,
            _agrees,
        ),
        Probe(
            "another number",
            "Two clips of two pairs are right, one clip of three is not: how many there are is what `flow.shape` says, and no number written out.",
            _one_of_three_pairs,
            _error,
            _agrees,
        ),
    ),
)

"""1.7: flow from gradients, under the belief that things move slowly."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, agrees, close, returned, shaped
from minivid.motion.gradients import slow_flow

H, W = 9, 11


def _noise(seed: int) -> tuple[torch.Tensor, ...]:
    return torch.randn(3, 2, H, W, generator=torch.Generator().manual_seed(seed)).mul(0.1).unbind()


def _given(seed: int, window: int = 1, ridge: float = 1e-3, edge: str = "") -> dict:
    """Gradients of noise; with an `edge` along x or y, those across it alone."""
    dx, dy, dt = _noise(seed)
    dx, dy = dx * (edge != "x"), dy * (edge != "y")
    return {"dx": dx, "dy": dy, "dt": dt, "window": window, "ridge": ridge}


def _blank(seed: int) -> dict:
    """Even pictures: nothing to be seen anywhere."""
    nothing = torch.zeros(2, H, W)
    return {"dx": nothing, "dy": nothing, "dt": nothing, "window": 3, "ridge": 1e-3}


def _in_the_middle(seed: int, ridge: float = 1e-3) -> dict:
    """A window of 3, and nothing to be seen by any that reaches over the border."""
    given = _given(seed, window=3, ridge=ridge)
    for name in ("dx", "dy", "dt"):
        given[name][:, [0, 1, -2, -1]] = 0
        given[name][:, :, [0, 1, -2, -1]] = 0
    return given


_flow = returned("flow")
_agrees = agrees(slow_flow, _flow, rtol=1e-3)


def _nothing_seen(arrays: Arrays, inputs: dict) -> bool | str:
    return close(arrays["flow"], torch.zeros(2, 2, H, W), atol=1e-9)


EXERCISE = Exercise(
    id="1.7",
    title="Things move slowly",
    points=4,
    stars=3,
    minutes=35,
    reference=slow_flow,
    probes=(
        Probe(
            "shape",
            "A flow has two numbers at each pixel, (u, v) along axis 1: n 2 h w.",
            partial(_given, window=3),
            _flow,
            shaped(2, 2, H, W),
        ),
        Probe(
            "nothing seen",
            "Where all gradients are zero the flow should be exactly 0. Look at the matrix there: only the ridge makes it one that can be inverted.",
            _blank,
            _flow,
            _nothing_seen,
        ),
        Probe(
            "across an upright edge",
            "Each pixel by itself, brightness changes along x alone: u = −I_x I_t / (I_x² + ridge), and v = 0. Look at the sign of the right-hand side "
            "and at what the ridge is added to: A + ridge · 1, and the minus in front of (Σ I_x I_t, Σ I_y I_t).",
            partial(_given, edge="y", ridge=0.01),
            _flow,
            _agrees,
        ),
        Probe(
            "across a level edge",
            "Each pixel by itself, brightness changes along y alone: u = 0, and v = −I_y I_t / (I_y² + ridge). The first channel of the flow is u, along x.",
            partial(_given, edge="x", ridge=0.01),
            _flow,
            _agrees,
        ),
        Probe(
            "both at once",
            "With gradients along both axes the flow is off, though along either alone it is right. Look off the diagonal of the matrix: Σ I_x I_y couples u and v, "
            "and stands with a minus in the inverse of [[a, b], [b, d]].",
            partial(_given, ridge=0.01),
            _flow,
            _agrees,
        ),
        Probe(
            "window",
            "With a window of 3 the flow is off in the middle of the picture. Look at the sums: each of the five products, taken pixel by pixel, is added up over 3 × 3 pixels "
            "*before* the equations are solved, and a sum is no mean: the ridge is weighed against it.",
            partial(_in_the_middle, ridge=0.05),
            _flow,
            _agrees,
        ),
        Probe(
            "at the border",
            "At the picture's border the flow is off. Look at what the window finds beyond it: nothing, so its sum has fewer terms and nothing is repeated, mirrored or wrapped.",
            partial(_given, window=5, ridge=0.01),
            _flow,
            _agrees,
        ),
    ),
)

"""1.7: flow from gradients, under the belief that things move slowly."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import told
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


def _solved(dx: Tensor, dy: Tensor, dt: Tensor, window: int, ridge: float, coupling: float) -> Tensor:
    """The flow, where off the diagonal of the inverse Σ I_x I_y is multiplied by `coupling`, which is 1 where it is right."""
    xx, xy, yy, xt, yt = (
        F.avg_pool2d(part[:, None], window, 1, window // 2)[:, 0] * window**2
        for part in (dx * dx, dx * dy, dy * dy, dx * dt, dy * dt)
    )
    xx, yy = xx + ridge, yy + ridge
    u, v = coupling * xy * yt - yy * xt, coupling * xy * xt - xx * yt
    return torch.stack([u, v], dim=1) / (xx * yy - xy**2)[:, None]


def _sums_squared(dx: Tensor, dy: Tensor, dt: Tensor, window: int, ridge: float) -> Tensor:
    sums = (F.avg_pool2d(part[:, None], window, 1, window // 2)[:, 0] * window**2 for part in (dx, dy, dt))
    return slow_flow(*sums, window=1, ridge=ridge)


def _reaching_out(dx: Tensor, dy: Tensor, dt: Tensor, window: int, ridge: float) -> Tensor:
    """The border's own products repeated beyond it."""
    r = window // 2
    wide = (F.pad(part[:, None], (r,) * 4, mode="replicate")[:, 0] for part in (dx, dy, dt))
    return slow_flow(*wide, window=window, ridge=ridge)[:, :, r:-r, r:-r] if r else slow_flow(dx, dy, dt, 1, ridge)


MISTAKES = {
    "It goes the other way: on the right-hand side stands *minus* (Σ I_x I_t, Σ I_y I_t).": lambda *given: (
        -slow_flow(*given)
    ),
    "u and v are exchanged: the first channel is u, along x.": lambda *given: slow_flow(*given).flip(1),
    "`window` was not used: this is the flow for a window of 5.": lambda dx, dy, dt, window, ridge: slow_flow(
        dx, dy, dt, 5, ridge
    ),
    "`ridge` was not used: this is the flow for the default, 0.001.": lambda dx, dy, dt, window, ridge: slow_flow(
        dx, dy, dt, window, 1e-3
    ),
    "The ridge counts window² times: either the sums over the window are means, or it was added before summing.": lambda dx, dy, dt, window, ridge: (
        slow_flow(dx, dy, dt, window, ridge * window**2)
    ),
    "The gradients were summed and then multiplied; the *products* are summed.": _sums_squared,
    "The window was not used: each pixel stands for itself.": lambda dx, dy, dt, window, ridge: slow_flow(
        dx, dy, dt, 1, ridge
    ),
    "Off the diagonal the inverse lacks its minus.": partial(_solved, coupling=-1.0),
    "Nothing couples u and v: Σ I_x I_y is missing off the diagonal of the inverse.": partial(_solved, coupling=0.0),
    "Beyond the border its own values are repeated; there should be nothing.": _reaching_out,
}

_flow = returned("flow")
_agrees = told(agrees(slow_flow, _flow, rtol=1e-3), _flow, MISTAKES)


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
            (
                "A flow has two numbers at each pixel.",
                "(u, v) lie along axis 1, and there are as many rows and columns as in the gradients: n 2 h w.",
                "`torch.stack([u, v], dim=1)`, and `padding=window // 2` in the sums.",
            ),
            partial(_given, window=3),
            _flow,
            shaped(2, 2, H, W),
        ),
        Probe(
            "nothing seen",
            (
                "Where all gradients are zero the flow should be exactly 0.",
                "Only the ridge makes the matrix one that can be inverted there: it is added to both sums on the diagonal, and nowhere else.",
                "`around(dx * dx) + ridge` and `around(dy * dy) + ridge`.",
            ),
            _blank,
            _flow,
            _nothing_seen,
        ),
        Probe(
            "across an upright edge",
            (
                "Each pixel by itself (window = 1, ridge = 0.01), brightness changes along x alone: u should be −I_x I_t / (I_x² + ridge) and v = 0.",
                "Both arguments count, `window` and `ridge`; and there is a minus in front of (Σ I_x I_t, Σ I_y I_t).",
                "`u = (xy * yt - yy * xt) / (xx * yy - xy**2)`, with the ridge in xx and yy.",
            ),
            partial(_given, edge="y", ridge=0.01),
            _flow,
            _agrees,
        ),
        Probe(
            "across a level edge",
            (
                "Each pixel by itself, brightness changes along y alone: u should be 0 and v = −I_y I_t / (I_y² + ridge).",
                "The first channel of the flow is u, along x; the ridge is added for both.",
                "`v = (xy * xt - xx * yt) / (xx * yy - xy**2)`.",
            ),
            partial(_given, edge="x", ridge=0.01),
            _flow,
            _agrees,
        ),
        Probe(
            "both at once",
            (
                "Along either axis alone the flow is right, with gradients along both it is off.",
                "Off the diagonal Σ I_x I_y couples u and v, and stands with a minus in the inverse of [[a, b], [b, d]].",
                "`[[d, -b], [-b, a]] / (a * d - b**2)`, times minus the right-hand side.",
            ),
            partial(_given, ridge=0.01),
            _flow,
            _agrees,
        ),
        Probe(
            "window",
            (
                "With a window of 3 the flow is off in the middle of the picture.",
                "Each of the five products, taken pixel by pixel, is added up over 3 × 3 pixels *before* the equations are solved; the ridge is added once, to the sum.",
                "`F.avg_pool2d(product, window, stride=1, padding=window // 2) * window**2`.",
            ),
            partial(_in_the_middle, ridge=0.05),
            _flow,
            _agrees,
        ),
        Probe(
            "at the border",
            (
                "At the picture's border the flow is off.",
                "Beyond it the window finds nothing, so its sum has fewer terms: nothing is repeated, mirrored or wrapped.",
                "`F.avg_pool2d` counts zeros in its mean, so times window² it is the sum.",
            ),
            partial(_given, window=5, ridge=0.01),
            _flow,
            _agrees,
        ),
    ),
)

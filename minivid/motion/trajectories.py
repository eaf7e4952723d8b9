"""Where the ink is, how fast it goes, and when it comes back (chapters 1, 3 and 8; checked by tests/motion/test_trajectories.py).

Ink works for one bright object on a dark ground. Pixel centres stand at whole numbers, x to the right, y down.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def ink(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t h w"]:
    """Brightness above black, in [0, 1]: the mean over channels of (video + 1) / 2, cut to the range."""
    return ((video.mean(1) + 1) / 2).clamp(0, 1)


def centroid(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t 2"]:
    """Centre of mass of the ink in each frame, (x, y) in pixels; a black frame's is the middle of the picture."""
    brightness = ink(video) + 1e-6  # so that a frame without ink has a middle
    _, _, height, width = brightness.shape
    mass = brightness.sum((2, 3))
    x = (brightness.sum(2) * torch.arange(width, device=video.device)).sum(2) / mass
    y = (brightness.sum(3) * torch.arange(height, device=video.device)).sum(2) / mass
    return torch.stack([x, y], dim=-1)


def first_velocity(position: Float[Tensor, "b t 2"], steps: int = 2) -> Float[Tensor, "b 2"]:
    """Mean velocity over the first `steps` steps, in pixels a frame: what a caption speaks of, before any wall."""
    if position.shape[1] <= steps:
        raise ValueError(f"a velocity over {steps} steps needs {steps + 1} frames, the path has {position.shape[1]}.")
    return (position[:, steps] - position[:, 0]) / steps


def velocity(position: Float[Tensor, "b t 2"], fps: float | int = 1) -> Float[Tensor, "b t-1 2"]:
    """From each frame to the next, in pixels a second; with the default fps, pixels a frame. It is the velocity half-way between the two."""
    return position.diff(dim=1) * fps


def acceleration(position: Float[Tensor, "b t 2"], fps: float | int = 1) -> Float[Tensor, "b t-2 2"]:
    """At each frame but the first and the last, in pixels a second². Noise of the positions counts √6 times, and fps² of it."""
    return velocity(velocity(position, fps), fps)


def autocorrelation(series: Float[Tensor, "b t"]) -> Float[Tensor, "b t"]:
    """Correlation of each series with itself k steps later, for k from 0: 1 at k = 0, about 1 again after a period.

    Each lag is averaged over the pairs there are, so that what repeats does not fade. 0 for a series that does not change.
    """
    t = series.shape[1]
    centred = series - series.mean(1, keepdim=True)
    power = torch.fft.rfft(centred, 2 * t).abs().square()  # padded: nothing comes round from the end
    covariance = torch.fft.irfft(power, 2 * t)[:, :t] / torch.arange(t, 0, -1).to(series)
    return covariance / covariance[:, :1].clamp(min=1e-12)


def period(series: Float[Tensor, "b t"]) -> Float[Tensor, " b"]:
    """After how many steps each series repeats: the first peak of its autocorrelation, after it was negative; nan for never.

    A peak is at least 0.8 times as high as the highest, since twice a period is one too; between whole steps by a parabola through
    three values. Sought up to three quarters of the series, beyond which few pairs are left.
    """
    correlation = autocorrelation(series)[:, : max(3, 3 * series.shape[1] // 4)]
    before, here, after = correlation[:, :-2], correlation[:, 1:-1], correlation[:, 2:]
    peak = (here >= before) & (here > after) & (here > 0) & ((here < 0).cumsum(1) > 0)
    high = torch.where(peak, here, 0)
    first = (peak & (high >= 0.8 * high.amax(1, keepdim=True))).int().argmax(1, keepdim=True)
    a, b, c = (part.gather(1, first)[:, 0] for part in (before, here, after))
    steps = first[:, 0] + 1 + (a - c) / (2 * (a - 2 * b + c))
    return torch.where(peak.any(1), steps, torch.nan)

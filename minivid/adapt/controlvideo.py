"""ControlVideo: a film out of an image model and a ControlNet, and nothing is trained (chapter 7; tests/adapt/test_controlvideo.py).

Zhang et al. 2023, "ControlVideo: Training-free Controllable Text-to-Video Generation". All frames begin from one noise and look at all frames;
at two steps every other frame of the guess x̂ is made anew from its neighbours; and a long film is made of key frames, which look at
each other, and of the frames between two of them, which look at these two.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import Path, predict
from minivid.diffusion.schedule import Schedule
from minivid.motion.interpolate import average
from minivid.nn.attention import keys
from minivid.nn.condition import Cond

Between = Callable[[Tensor, Tensor], Tensor]
"""The frame half-way between two, each `b c h w`."""


def interleaved(x_hat: Video, parity: int, between: Between = average) -> Video:
    """Every frame whose number is even (parity 0) or odd (1) made anew from its two neighbours; the first and the last have not two, and stand.

    Raises ValueError for another parity.
    """
    if parity not in (0, 1):
        raise ValueError(f"parity is {parity!r}; expected 0 for the even frames or 1 for the odd ones.")
    frames = list(x_hat.unbind(2))
    for k in range(2 - parity, len(frames) - 1, 2):
        frames[k] = between(x_hat[:, :, k - 1], x_hat[:, :, k + 1])
    return torch.stack(frames, dim=2)


def control_video(
    model,
    z: Float[Tensor, "b c 1 h w"],
    frames: int,
    schedule: Schedule,
    objective: Objective,
    steps: int = 50,
    cond: Cond | None = None,
    smooth: tuple[int, ...] = (30, 31),
    between: Between = average,
) -> Path:
    """DDIM of a whole film from one noise for all its frames; yields (z, x̂) after each step.

    smooth: steps, counted from the noise and from 0, at which x̂ is interleaved: the odd frames at an even step, the even ones at an odd step, so that
    of two steps in a row all frames between are met. By default the paper's {30, 31} of 50; its code says {19, 20}, which counts from the
    other end. ε̂ stays what the model said. Raises ValueError for a step that there is not.
    """
    if not all(0 <= i < steps for i in smooth):
        raise ValueError(f"smooth at {list(smooth)}; expected steps from 0 to {steps - 1}, counted from the noise.")
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    z = z.expand(-1, -1, frames, -1, -1)
    for i, (t, s) in enumerate(pairwise(levels)):
        x_hat, eps_hat = predict(model, z, t, schedule, objective, cond)
        if i in smooth:
            x_hat = interleaved(x_hat, 1 - i % 2, between)
        alpha, sigma = schedule.alpha_sigma(s)
        z = x_hat if i == steps - 1 else alpha * x_hat + sigma * eps_hat
        yield z, x_hat


def key_frames(frames: int, every: int) -> list[int]:
    """Frames 0, every, 2·every …, and the last: each other frame stands between two of them. Raises ValueError for less than 1."""
    if every < 1 or frames < 1:
        raise ValueError(f"every {every}th of {frames} frames is no key frame; expected numbers from 1 on.")
    return sorted({*range(0, frames, every), frames - 1})


def first_and_last(x: Shaped[Tensor, "bt n c"], frames: int) -> Shaped[Tensor, "bt m c"]:
    """Keys of the first and the last frame, for every frame: in a segment, the two key frames at its ends."""
    return keys.key_frames(0, frames - 1)(x, frames)


def hierarchical(among_keys, within, every: int):
    """The two-storeyed denoiser `model(z, t, cond)` of a long film, which never sees more frames at once than there are keys, or than every + 1.

    among_keys: what the key frames are given to, all together; it should look at all frames. within: what a segment is given to, key frame, the
    frames between, key frame; it should look at `first_and_last`. Both see z as it is: a key frame that has gone on is at another noise level.
    """

    def model(z: Video, t: Tensor, cond: Cond | None = None) -> Video:
        chosen = key_frames(z.shape[2], every)
        out = torch.empty_like(z)
        out[:, :, chosen] = among_keys(z[:, :, chosen], *of_frames(chosen, t, cond))
        for first, last in pairwise(chosen):
            segment = list(range(first, last + 1))
            if len(segment) > 2:
                said = within(z[:, :, segment], *of_frames(segment, t, cond))
                out[:, :, segment[1:-1]] = said[:, :, 1:-1]
        return out

    return model


def of_frames(which: list[int], t: Tensor, cond: Cond | None) -> tuple[Tensor, Cond | None]:
    """The noise level and the condition of some frames of a clip."""
    t = t[:, which] if t.ndim == 2 else t
    if cond is None:
        return t, cond
    parts = {"control": cond.control[:, :, which]} if cond.control is not None else {}
    if cond.tokens is not None and cond.tokens.ndim == 3:
        parts |= {"tokens": cond.tokens[:, which], "token_mask": cond.token_mask[:, which]}
    return t, replace(cond, **parts)

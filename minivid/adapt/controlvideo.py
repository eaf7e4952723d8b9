"""ControlVideo: a film out of an image model and a ControlNet, and nothing is trained (chapter 7; tests/adapt/test_controlvideo.py).

Zhang et al. 2023, "ControlVideo: Training-free Controllable Text-to-Video Generation". All frames begin from one noise and look at all frames;
at two steps every other frame of the guess x̂ is made anew from its neighbours; and a long film is made of key frames, which look at
each other, and of the frames between two of them, which look at these two.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import Path, predict
from minivid.diffusion.schedule import Schedule
from minivid.motion.flow import estimate_flow
from minivid.motion.interpolate import interpolate
from minivid.nn.attention import keys
from minivid.nn.condition import Cond

Between = Callable[[Tensor, Tensor], Tensor]
"""The frame half-way between two, each `b c h w`."""
OfSome = Callable[[Tensor, list[int]], Tensor]
"""What a network says of some frames of a clip: called with them, `b c n h w`, and with their numbers."""


def along_flow(before: Float[Tensor, "b c h w"], after: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Half-way along the estimated flow between two frames, where the paper has a trained interpolator."""
    two = torch.stack([before, after], dim=2)
    return interpolate(before, after, estimate_flow(two)[:, 0], estimate_flow(two, backward=True)[:, 0])


def interleaved(x_hat: Video, step: int, between: Between = along_flow) -> Video:
    """Every other frame made anew from its two neighbours: at an even step the odd frames, at an odd step the even ones.

    The first and the last frame have not two neighbours, and stand. Of two steps in a row, all frames between are met.
    """
    frames = list(x_hat.unbind(2))
    for k in range(1 + step % 2, len(frames) - 1, 2):
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
    smoother: Callable[[Tensor, int], Tensor] = interleaved,
) -> Path:
    """DDIM of a whole film from one noise for all its frames; yields (z, x̂) after each step.

    smooth: steps, counted from the noise and from 0, after which x̂ goes through `smoother(x̂, step)`; ε̂ stays what the model said. By default
    the paper's {30, 31} of 50; its code says {19, 20}, which counts from the other end. Raises ValueError for a step that there is not.
    """
    if not all(0 <= i < steps for i in smooth):
        raise ValueError(f"smooth at {list(smooth)}; expected steps from 0 to {steps - 1}, counted from the noise.")
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    z = z.expand(-1, -1, frames, -1, -1)
    for i, (t, s) in enumerate(pairwise(levels)):
        x_hat, eps_hat = predict(model, z, t, schedule, objective, cond)
        if i in smooth:
            x_hat = smoother(x_hat, i)
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


def two_storeys(z: Video, chosen: list[int], among_keys: OfSome, within: OfSome) -> Video:
    """What two networks say of a long film: of its key frames, `chosen`, and then of the frames between each two.

    among_keys is given the key frames together; within a segment: key frame, the frames between, key frame. Each is called with frames of z and
    their numbers. A key frame is what among_keys says of it, and a segment's ends are key frames as they stand in z: those that have
    gone on are at another noise level.
    """
    out = torch.empty_like(z)
    out[:, :, chosen] = among_keys(z[:, :, chosen], chosen)
    for first, last in pairwise(chosen):
        segment = list(range(first, last + 1))
        if len(segment) > 2:
            out[:, :, segment[1:-1]] = within(z[:, :, segment], segment)[:, :, 1:-1]
    return out


def hierarchical(among_keys, within, every: int, storeys: Callable[..., Tensor] = two_storeys):
    """A denoiser `model(z, t, cond)` of long films, which never sees more frames at once than there are keys, or than every + 1.

    among_keys should look at `all_frames`, within at `first_and_last`: the two key frames at a segment's ends.
    """

    def model(z: Video, t: Tensor, cond: Cond | None = None) -> Video:
        of_some = [
            lambda frames, numbers, network=network: network(frames, *of_frames(numbers, t, cond))
            for network in (among_keys, within)
        ]
        return storeys(z, key_frames(z.shape[2], every), *of_some)

    return model


def of_frames(which: list[int], t: Tensor, cond: Cond | None) -> tuple[Tensor, Cond | None]:
    """The noise level and the condition of some frames of a clip."""
    return t[:, which] if t.ndim == 2 else t, cond.of_frames(which) if cond is not None else None

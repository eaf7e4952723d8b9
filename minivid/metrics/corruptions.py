"""What can be wrong with a clip, one thing at a time and by degrees, to see which metric notices (chapter 8).

Each is `f(video, severity, seed)`: nothing at severity 0, more with more, and with one seed the same thing more
strongly. Videos are `b c t h w` in [-1, 1]. Swaps, holds, reversals and whole-pixel jumps leave every frame as real
as it was: only time is wrong with them. Checked by tests/metrics/test_corruptions.py.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.metrics.inputs import pair
from minivid.metrics.inputs import video as read
from minivid.motion import backward_warp
from minivid.motion.trajectories import centroid
from minivid.tools.seeds import plain_generator

Video = Float[Tensor, "b c t h w"]
Severity = float | int
Seed = int


def noise(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """Gaussian noise, another in each frame; severity is its standard deviation, where black to white is 2."""
    video, chance = begin(video, severity, seed)
    return (video + severity * torch.randn(video.shape, generator=chance).to(video)).clamp(-1, 1)


def blur(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """A Gaussian blur of each frame; severity is its standard deviation in pixels. Nothing is left to chance."""
    video, _ = begin(video, severity, seed)
    if severity == 0:
        return video
    radius = math.ceil(3 * severity)
    weight = torch.exp(-(torch.arange(-radius, radius + 1).to(video) ** 2) / (2 * severity**2))
    weight = weight / weight.sum()
    x = F.pad(rearrange(video, "b c t h w -> (b c) t h w"), (radius,) * 4, mode="replicate")
    x = rearrange(x, "k t h w -> (k t) 1 h w")
    x = F.conv2d(F.conv2d(x, weight.reshape(1, 1, -1, 1)), weight.reshape(1, 1, 1, -1))
    return rearrange(x, "(b c t) 1 h w -> b c t h w", b=len(video), c=video.shape[1])


def swap_frames(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """So many times, two frames of a clip, drawn by chance, change places."""
    video, chance = begin(video, severity, seed)
    b, _, t = video.shape[:3]
    order = torch.arange(t).repeat(b, 1)
    for _ in range(round(severity) if t > 1 else 0):
        for clip in order:
            i, j = torch.randperm(t, generator=chance)[:2].tolist()
            clip[[i, j]] = clip[[j, i]]
    return torch.stack([clip[:, places] for clip, places in zip(video, order, strict=True)])


def hold_frames(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """With probability `severity`, a frame is the one shown before it once more; at 1 the clip stands still."""
    video, chance = begin(video, severity, seed, most=1)
    b, _, t = video.shape[:3]
    held = torch.rand(b, t, generator=chance) < severity
    held[:, 0] = False
    source = torch.where(held, 0, torch.arange(t)).cummax(dim=1).values
    return torch.stack([clip[:, places] for clip, places in zip(video, source, strict=True)])


def jitter(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """Each frame is moved by chance; severity is the standard deviation in pixels, along x and along y."""
    video, chance = begin(video, severity, seed)
    return moved(video, severity * torch.randn(len(video), video.shape[2], 2, generator=chance))


def jump(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """From the middle frame on, everything is `severity` pixels further along x or y, towards the picture's middle."""
    video, chance = begin(video, severity, seed)
    b, _, t, h, w = video.shape
    place = centroid(video)[:, t // 2].cpu() - torch.tensor([w - 1, h - 1]) / 2
    way = torch.where(place > 0, -1.0, 1.0) * F.one_hot(torch.randint(2, (b,), generator=chance), 2)
    shift = torch.zeros(b, t, 2)
    shift[:, t // 2 :] = severity * way[:, None]
    return moved(video, shift)


def drift(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """With each frame everything is `severity` pixels further along x or y, to one side or the other by chance."""
    video, chance = begin(video, severity, seed)
    b, t = len(video), video.shape[2]
    way = 1.0 - 2 * torch.randint(2, (b, 1), generator=chance)
    way = way * F.one_hot(torch.randint(2, (b,), generator=chance), 2)
    return moved(video, severity * torch.arange(t)[None, :, None] * way[:, None])


def fade(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """The light goes down evenly, in the last frame by a share `severity` of it. Nothing is left to chance."""
    video, _ = begin(video, severity, seed, most=1)
    left = 1 - severity * torch.linspace(0, 1, video.shape[2]).to(video)
    return (video + 1) * left[:, None, None] - 1


def swap_identity(video: Tensor, severity: Severity, seed: Seed = 0, other: Tensor | None = None) -> Video:
    """In a share `severity` of the clips, from the middle frame on, another clip's object moves along this one's path.

    For clips of one bright object on dark ground. `other`, of the same shape, gives the objects; by default each
    clip takes that of its neighbour, so that every object is as frequent as before.
    """
    video, chance = begin(video, severity, seed, most=1)
    if other is None and len(video) < 2:
        raise ValueError("An identity is swapped with another clip's: give two clips or more, or `other`.")
    video, other = pair(video, video.roll(1, 0) if other is None else other)
    guest = moved(other, (centroid(video) - centroid(other)).cpu())
    later = torch.arange(video.shape[2]) >= video.shape[2] // 2
    where = chosen(len(video), severity, chance)[:, None] & later  # b t
    return torch.where(where[:, None, :, None, None].to(video.device), guest, video)


def gain_flicker(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """Each frame's brightness is multiplied by 1 + `severity` · a normal number."""
    video, chance = begin(video, severity, seed)
    gain = 1 + severity * torch.randn(len(video), 1, video.shape[2], 1, 1, generator=chance)
    return ((video + 1) * gain.clamp(min=0).to(video) - 1).clamp(-1, 1)


def reverse(video: Tensor, severity: Severity, seed: Seed = 0) -> Video:
    """A share `severity` of the clips runs backwards."""
    video, chance = begin(video, severity, seed, most=1)
    where = chosen(len(video), severity, chance).to(video.device)
    return torch.where(where[:, None, None, None, None], video.flip(2), video)


Corruption = Callable[[Tensor, Severity, Seed], Video]

LADDERS: dict[str, tuple[Corruption, tuple[float, ...]]] = {
    "noise": (noise, (0.05, 0.1, 0.2, 0.4)),
    "blur": (blur, (0.5, 1.0, 1.5, 2.0)),
    "frame swaps": (swap_frames, (1, 2, 4, 16)),
    "held frames": (hold_frames, (0.1, 0.25, 0.5, 1.0)),
    "jitter": (jitter, (0.5, 1.0, 1.5, 2.0)),
    "mid-clip jump": (jump, (2, 4, 6, 8)),
    "identity swap": (swap_identity, (0.25, 0.5, 0.75, 1.0)),
    "gain flicker": (gain_flicker, (0.05, 0.1, 0.2, 0.4)),
    "time reversal": (reverse, (0.25, 0.5, 0.75, 1.0)),
}
"""Each corruption with its rungs, mild to severe."""


def begin(video: Tensor, severity: Severity, seed: Seed, most: Severity = math.inf) -> tuple[Video, torch.Generator]:
    """The video as it may be corrupted, and the chance that does it. Raises ValueError for a severity out of range."""
    if not 0 <= severity <= most:
        limit = "0 or more" if most == math.inf else "a share, between 0 and 1"
        raise ValueError(f"A corruption's severity is {limit}; this is {severity}.")
    return read(video), plain_generator(seed)


def chosen(n: int, share: Severity, chance: torch.Generator) -> Bool[Tensor, " n"]:
    """This share of n clips, to the nearest whole clip."""
    return torch.randperm(n, generator=chance) < round(share * n)


def moved(video: Video, shift: Float[Tensor, "b t 2"]) -> Video:
    """Each frame moved by (x, y) pixels; what comes in from outside has the clip's median level, its ground."""
    b, h, w = len(video), *video.shape[-2:]
    ground = rearrange(video, "b c t h w -> b c (t h w)").median(-1).values[..., None, None, None]
    margin = math.ceil(shift.abs().max().item()) + 1
    wide = rearrange(F.pad(video - ground, (margin,) * 4), "b c t h w -> (b t) c h w")
    flow = -rearrange(shift, "b t xy -> (b t) xy 1 1").to(video).expand(-1, -1, *wide.shape[2:])
    there = rearrange(backward_warp(wide, flow), "(b t) c h w -> b c t h w", b=b)
    return there[..., margin : margin + h, margin : margin + w] + ground

"""From frame to frame: warping error, flicker, smoothness, consistency, and how much moves at all (chapter 8).

Most of these are best for a clip in which nothing happens. So none stands alone: beside each goes `dynamic_degree`,
and a clip that is `static` has won nothing. Flow comes in as an argument, the world's exact one or
`minivid.motion.flow.estimate_flow`'s; features too. Every function gives each clip its value. Checked by
tests/metrics/test_temporal.py.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.metrics.inputs import frames
from minivid.motion import backward_warp
from minivid.motion.flow import estimate_flow

Flow = Float[Tensor, "b steps 2 h w"]


def warping_error(
    video: Tensor, flow: Tensor, backward_flow: Tensor | None = None, mask: Tensor | None = None
) -> Float[Tensor, " b"]:
    """Mean over pairs of Σ M (warp(I_{t+1}) − I_t)² / Σ M, for brightness in [0, 1] (Lai et al. 2018).

    `video`: b c t h w in [-1, 1]; `flow`: b t−1 2 h w, from each frame to the next. M is where the flow can be
    followed: where `backward_flow` agrees (see `followed`), and where `mask` (b t−1 h w) is true; everywhere when
    neither is given. A pair of which nothing can be followed counts whole, for that is no merit.
    """
    video = frames(video, 2, "A warping error")
    b, _, t, h, w = video.shape
    if flow.shape != (b, t - 1, 2, h, w):
        raise ValueError(
            f"The flow has shape {tuple(flow.shape)}; these clips need {(b, t - 1, 2, h, w)}, a pair at a time."
        )
    seen = torch.ones(b, t - 1, h, w, dtype=torch.bool, device=video.device)
    if backward_flow is not None:
        seen = seen & followed(flow, backward_flow)
    if mask is not None:
        seen = seen & mask
    seen = seen | ~seen.any(-1).any(-1)[..., None, None]
    here, there = (rearrange(part, "b c s h w -> (b s) c h w") for part in (video[:, :, :-1], video[:, :, 1:]))
    error = ((backward_warp(there, flow.flatten(0, 1)) - here) / 2).square().mean(1).unflatten(0, (b, t - 1))
    return ((error * seen).sum((2, 3)) / seen.sum((2, 3))).mean(1)


def short_term_loss(video: Tensor, given: Tensor, backward_flow: Tensor, sharpness: float = 50.0) -> Float[Tensor, ""]:
    """Mean of M |O_t − warp(O_{t−1})|, for brightness in [0, 1]: what a made video O may be trained by (Lai et al. 2018, eq. 3).

    `given` is the video I that O was made of, `backward_flow` (b t−1 2 h w) leads from each frame but the first to the one before it.
    M = exp(−α ‖I_t − warp(I_{t−1})‖²) trusts a pixel as far as the given video keeps its promise there; α is `sharpness`. Both videos
    are b c t h w in [-1, 1]. The gradient reaches both frames of a pair, and M none. A constant video has no loss either: it needs
    another term beside it.
    """
    if len(video.shape) != 5 or video.shape[2] < 2:
        raise ValueError(
            f"A loss from frame to frame needs clips b c t h w of 2 frames or more; these are {tuple(video.shape)}."
        )
    if video.shape != given.shape:
        raise ValueError(
            f"The made and the given video differ in shape: {tuple(video.shape)} and {tuple(given.shape)}."
        )
    b, _, t, h, w = video.shape
    if backward_flow.shape != (b, t - 1, 2, h, w):
        raise ValueError(
            f"The flow has shape {tuple(backward_flow.shape)}; these clips need {(b, t - 1, 2, h, w)}, a pair at a time."
        )

    def change(clips: Tensor) -> Float[Tensor, "n c h w"]:
        before, after = (rearrange(part, "b c s h w -> (b s) c h w") for part in (clips[:, :, :-1], clips[:, :, 1:]))
        return (after - backward_warp(before, backward_flow.flatten(0, 1))) / 2

    trust = torch.exp(-sharpness * change(given.detach()).square().sum(1, keepdim=True))
    return (trust * change(video).abs()).mean()


def followed(flow: Flow, backward_flow: Flow) -> Bool[Tensor, "b steps h w"]:
    """Where a point is not hidden in the next frame, nor at a motion's edge (Sundaram et al. 2010; Lai et al. 2018).

    Hidden: |w + ŵ|² > 0.01 (|w|² + |ŵ|²) + 0.5, with ŵ the way back from where w leads.
    Edge: |∇w|² > 0.01 |w|² + 0.002.
    """
    b = len(flow)
    w, back = flow.flatten(0, 1), backward_flow.flatten(0, 1)
    back = backward_warp(back, w)
    hidden = squared(w + back) > 0.01 * (squared(w) + squared(back)) + 0.5
    down, right = F.pad(w.diff(dim=2), (0, 0, 0, 1)), F.pad(w.diff(dim=3), (0, 1))
    edge = squared(down) + squared(right) > 0.01 * squared(w) + 0.002
    return ~(hidden | edge).unflatten(0, (b, -1))


def squared(flow: Float[Tensor, "n 2 h w"]) -> Float[Tensor, "n h w"]:
    """|w|², the two components' squares together."""
    return flow.square().sum(1)


def dynamic_degree(flow: Flow, share: float = 0.05) -> Float[Tensor, " b"]:
    """How fast the fastest `share` of the pixels move, in pixels a frame, averaged over the pairs.

    VBench (Huang et al. 2024) thresholds the same quantity into moving or not; the number says more.
    """
    return fastest(flow, share).mean(1)


def fastest(flow: Flow, share: float) -> Float[Tensor, "b steps"]:
    """Mean length of the longest `share` of each pair's flow vectors."""
    length = flow.norm(dim=2).flatten(2)
    return length.topk(max(1, int(share * length.shape[-1])), dim=-1).values.mean(-1)


def static(flow: Flow) -> Bool[Tensor, " b"]:
    """Clips in which nothing moves, by VBench's rule for those whose flicker it takes.

    The fastest 2 % of the pixels move by more than 3/256 of the picture's shorter side in no more than an eighth of
    the pairs.
    """
    moving = fastest(flow, 0.02) > 3 / 256 * min(flow.shape[-2:])
    return moving.float().mean(1) <= 1 / 8


def flicker(video: Tensor) -> Float[Tensor, " b"]:
    """VBench's temporal flickering: (255 − mean |difference| of consecutive frames) / 255; 1, the best, for a still.

    VBench takes it of `static` clips alone: in one that moves, the motion is most of the difference.
    """
    video = frames(video, 2, "Flicker")
    return 1 - video.diff(dim=2).abs().mean((1, 2, 3, 4)) / 2


def smoothness(video: Tensor, interpolate: Callable[[Tensor, Tensor], Tensor] | None = None) -> Float[Tensor, " b"]:
    """1 − mean |error| / range of every other frame when it is guessed from its neighbours; 1 is the smoothest.

    VBench's motion smoothness, whose interpolator is a network (AMT); here it is `along_flow` unless another is
    given, and a value means nothing without the name of its interpolator: a function of the frames before and
    after, n c h w.
    """
    video = frames(video, 3, "Smoothness")
    kept, dropped = video[:, :, ::2], video[:, :, 1:-1:2]
    m = dropped.shape[2]
    before, after = (rearrange(part, "b c m h w -> (b m) c h w") for part in (kept[:, :, :m], kept[:, :, 1 : m + 1]))
    guess = rearrange((interpolate or along_flow)(before, after), "(b m) c h w -> b c m h w", m=m)
    return 1 - (guess - dropped).abs().mean((1, 2, 3, 4)) / 2


def along_flow(before: Float[Tensor, "n c h w"], after: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The frame half-way: both frames brought there along half of the estimated flow, and averaged."""
    flow = estimate_flow(torch.stack([before, after], dim=2))[:, 0]
    flow = backward_warp(flow, -flow / 2)  # from the pixels of the frame before to those of the frame half-way
    return (backward_warp(before, -flow / 2) + backward_warp(after, flow / 2)) / 2


def crossfade(before: Float[Tensor, "n c h w"], after: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The mean of the two frames: what half-way is to one who knows of no motion."""
    return (before + after) / 2


@torch.no_grad()
def frame_features(
    video: Tensor, network: Callable[[Float[Tensor, "n c h w"]], Float[Tensor, "n d"]], batch: int = 256
) -> Float[Tensor, "b t d"]:
    """A network's features of every frame, for the consistencies."""
    video = frames(video, 1, "A feature")
    images = rearrange(video, "b c t h w -> (b t) c h w")
    return torch.cat([network(part) for part in images.split(batch)]).unflatten(0, (len(video), -1))


def subject_consistency(features: Float[Tensor, "b t d"]) -> Float[Tensor, " b"]:
    """Mean cosine of a frame's features to those before it and to the first, negative ones as 0 (VBench, by DINO's)."""
    if features.shape[1] < 2:
        raise ValueError("Consistency is from frame to frame: it needs at least 2 frames, and these clips have 1.")
    later = features[:, 1:]
    before = F.cosine_similarity(later, features[:, :-1], dim=-1).clamp(min=0)
    first = F.cosine_similarity(later, features[:, :1], dim=-1).clamp(min=0)
    return ((before + first) / 2).mean(1)


def background_consistency(features: Float[Tensor, "b t d"]) -> Float[Tensor, " b"]:
    """The same of features that see the scene rather than its subject (VBench: those of CLIP's picture tower)."""
    return subject_consistency(features)

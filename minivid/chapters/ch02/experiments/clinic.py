"""Five layers that run, each with one mistake, and the tests that tell them apart."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention.core import ALL, Attention, attend, axis_regions
from minivid.nn.attention.sparse import causal, visible
from minivid.nn.conv import SpatialConv
from minivid.nn.spacetime import TimeConv
from minivid.tools.seeds import plain_generator

DIM, CLIP, PLACE = 8, (9, 9, 9), (4, 4, 4)
Layer = Callable[[Tensor], Tensor]
CLAIMS = {
    "patient 1": "causal attention over all places",
    "patient 2": "attention in windows of 3×3×3",
    "patient 3": "attention over time in shifted windows of 4 frames",
    "patient 4": "a (2+1)D convolution",
    "patient 5": "attention over time",
}


def patients(seed: int = 0) -> dict[str, Layer]:
    """What each claims to be stands in CLAIMS."""
    torch.manual_seed(seed)
    whole = Attention(DIM, 2, ALL)
    nn.init.normal_(whole.to_out.weight)
    whole.norm = nn.GroupNorm(2, DIM)
    past = visible(causal, *CLIP)

    def strided(x: Tensor) -> Tensor:
        rows = rearrange(x, "b c (t1 t) (h1 h) (w1 w) -> (b t h w) 1 (t1 h1 w1) c", t1=3, h1=3, w1=3)
        return x + rearrange(
            attend(rows, rows, rows), "(b t h w) 1 (t1 h1 w1) c -> b c (t1 t) (h1 h) (w1 w)", t=3, h=3, w=3, t1=3, h1=3, w1=3
        )  # fmt: skip

    def late_filling(x: Tensor) -> Tensor:
        frames, size, shift = x.shape[2], 4, 2
        region = axis_regions(frames, size, shift).unflatten(0, (-1, size))
        hidden = torch.zeros(len(region), 1, size, size).masked_fill(
            region[:, None, :, None] != region[:, None, None, :], -torch.inf
        )
        rows = F.pad(x.roll(-shift, 2), (0, 0, 0, 0, 0, -frames % size))
        windows = rearrange(rows, "b c (m i) h w -> (b h w m) 1 i c", i=size)
        out = attend(windows, windows, windows, hidden.repeat(len(windows) // len(region), 1, 1, 1))
        out = rearrange(out, "(b h w m) 1 i c -> b c (m i) h w", b=len(x), h=x.shape[3], w=x.shape[4])
        return x + out[:, :, :frames].roll(shift, 2)

    space, time = SpatialConv(DIM, 12), TimeConv(12, DIM)
    heads = nn.MultiheadAttention(DIM, 2)

    def over_the_batch(x: Tensor) -> Tensor:
        tracks = rearrange(x, "b c t h w -> (b h w) t c")
        out, _ = heads(tracks, tracks, tracks)
        return x + rearrange(out, "(b h w) t c -> b c t h w", b=len(x), h=x.shape[3])

    return {
        "patient 1": lambda x: whole(x, visible=past),
        "patient 2": strided,
        "patient 3": late_filling,
        "patient 4": lambda x: time(space(x)),
        "patient 5": over_the_batch,
    }


@torch.no_grad()
def touched(layer: Layer, place: tuple[int, int, int] = PLACE, seed: int = 0) -> Bool[Tensor, "b t h w"]:
    """Two clips go in, one place of the first is changed: where does the output change?"""
    x = torch.randn(2, DIM, *CLIP, generator=plain_generator(seed))
    other = x.clone()
    other[0, :, *place] += 1
    return (layer(other) != layer(x)).any(1)


@torch.no_grad()
def bend(layer: Layer, seed: int = 0) -> float:
    """How far a layer is from being linear: |f(a + b) − f(a) − f(b) + f(0)|, relative to |f(a + b)|."""
    a, b = torch.randn(2, 1, DIM, *CLIP, generator=plain_generator(seed), dtype=torch.float32)
    both = layer(a + b)
    return ((both - layer(a) - layer(b) + layer(torch.zeros_like(a))).norm() / both.norm()).item()


def clinic_table(layers: Mapping[str, Layer]) -> str:
    """What the tests find: which frames and how many pixels of its own frame are reached, whether another clip is, and how it bends."""
    lines = [
        f"{'':11}{'from frame 4':>13}{'from frame 0':>14}{'its pixels':>12}{'other clip':>12}{'bend':>7}   it says that it is"
    ]
    for name, layer in layers.items():
        middle, first = touched(layer), touched(layer, (0, *PLACE[1:]))
        other = "reached" if middle[1].any() else "—"
        lines.append(
            f"{name:11}{_frames(middle[0]):>13}{_frames(first[0]):>14}{int(middle[0, PLACE[0]].sum()):12}{other:>12}"
            f"{bend(layer):7.2f}   {CLAIMS[name]}"
        )
    return "\n".join(lines)


def _frames(where: Bool[Tensor, "t h w"]) -> str:
    """A sign for each frame: was any of its pixels reached?"""
    return "".join("■" if frame else "·" for frame in where.flatten(1).any(1))


def reach_sheet(layers: Mapping[str, Layer]) -> dict[str, Float[Tensor, "1 1 t h w"]]:
    """For a sheet of frames: grey where the first clip is reached, black elsewhere."""
    return {name: 1.4 * touched(layer)[:1, None] - 1 for name, layer in layers.items()}

"""Other people's video U-Nets as denoisers `model(z, t, cond)`, each made as large as ours.

A network is told its captions in the way that it was built for. None of them reads words, so all get the reader of words that ours
has, learned with the rest and counted with it. Checked by tests/benchmarks/test_benchmarks.py.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import torch
from einops import rearrange
from torch import Tensor, nn

from benchmarks.told import HEADS_TEXT, CaptionReader, timestep
from benchmarks.transformers import AsLatte, Factorized, Full, Latte
from minivid.nn.condition import Cond
from minivid.run import Run
from minivid.tools.compat import import_torchvision

OURS = "ours"
WITHIN = 0.03
"""How far a peer's parameters may be from ours, as a share of ours."""


class VideoDiffusionPytorch(nn.Module):
    """`video_diffusion_pytorch.Unet3D`: the caption is one vector beside the time embedding."""

    def __init__(self, channels: int, side: int, width: int, dim_text: int):
        super().__init__()
        import_torchvision()
        from video_diffusion_pytorch import Unet3D

        self.text = CaptionReader(dim_text)
        self.net = Unet3D(width, channels=channels, cond_dim=dim_text)

    def forward(self, z: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        _, caption = self.text(cond, len(z))
        return self.net(z, timestep(t), cond=caption)


class Diffusers(nn.Module):
    """`diffusers.UNet3DConditionModel`: cross-attention on the caption's words.

    Its default of 32 groups and 64 heads asks for a billion parameters; at this size there are 4 of each, and levels keep the
    default's proportions, rounded to multiples of 4. What it calls attention_head_dim is the number of heads.
    """

    def __init__(self, channels: int, side: int, width: int, dim_text: int):
        super().__init__()
        import_torchvision()
        from diffusers import UNet3DConditionModel

        self.text = CaptionReader(dim_text)
        self.net = UNet3DConditionModel(
            in_channels=channels,
            out_channels=channels,
            block_out_channels=tuple(4 * round(width * times / 4) for times in (1, 2, 4, 4)),
            norm_num_groups=4,
            attention_head_dim=4,
            cross_attention_dim=dim_text,
        )

    def forward(self, z: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        words, _ = self.text(cond, len(z))
        return self.net(z, timestep(t), words, return_dict=False)[0]


class ToldCaption(nn.Module):
    """A time embedding to which the caption's vector is added. `caption` is there for the length of one call only."""

    def __init__(self, embed_time: nn.Module, dim_text: int, dim: int):
        super().__init__()
        self.embed_time, self.project = embed_time, nn.Linear(dim_text, dim)
        self.caption: Tensor | None = None

    def forward(self, t: Tensor) -> Tensor:
        return self.embed_time(t) + self.project(self.caption)


class MakeAVideoPytorch(nn.Module):
    """`make_a_video_pytorch.SpaceTimeUnet`, which knows no captions: theirs is added to its time embedding, the cheapest way in.

    Four levels want sides that are multiples of 16; a grid that is smaller gets its first, second and last levels' settings.
    """

    def __init__(self, channels: int, side: int, width: int, dim_text: int):
        super().__init__()
        from make_a_video_pytorch import SpaceTimeUnet

        three_levels = {
            "dim_mult": (1, 2, 4),
            "self_attns": (False, False, True),
            "temporal_compression": (False, True, True),
            "resnet_block_depths": (2, 2, 2),
        }
        self.text = CaptionReader(dim_text)
        self.net = SpaceTimeUnet(dim=width, channels=channels, **(three_levels if side % 16 else {}))
        self.net.to_timestep_cond = ToldCaption(self.net.to_timestep_cond, dim_text, 4 * width)

    def forward(self, z: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        told = self.net.to_timestep_cond
        _, told.caption = self.text(cond, len(z))
        try:
            return self.net(z, timestep(t))
        finally:
            told.caption = None


class Folded(nn.Module):
    """A network that sees pixels p × p at a time, folded into channels, as ours does."""

    def __init__(self, net: nn.Module, patch: int):
        super().__init__()
        self.net, self.patch = net, patch

    def forward(self, z: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        p = self.patch
        x = rearrange(z, "b c t (h p) (w q) -> b (c p q) t h w", p=p, q=p)
        return rearrange(self.net(x, t, cond), "b (c p q) t h w -> b c t (h p) (w q)", p=p, q=p)


@dataclass(frozen=True)
class Peer:
    """A network of another package. network: `(channels, side, width, dim_text)` makes it; widths: those it can be built with."""

    package: str
    network: Callable[[int, int, int, int], nn.Module]
    widths: Sequence[int]
    frames: int = 1
    """It takes clips whose number of frames is a multiple of this."""

    @property
    def version(self) -> str:
        """The installed package's version. Raises ImportError, with what to install, where it is absent."""
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            raise ImportError(f"{self.package} is not installed; benchmarks/README.md says how to get it.") from None


PEERS = {
    "Unet3D": Peer("video-diffusion-pytorch", VideoDiffusionPytorch, range(4, 49, 2)),
    "UNet3DConditionModel": Peer("diffusers", Diffusers, range(4, 49)),
    "SpaceTimeUnet": Peer("make-a-video-pytorch", MakeAVideoPytorch, range(4, 49, 2), frames=8),
}
NETWORKS = (OURS, *PEERS)
TRANSFORMERS = {
    "DiT, full attention": Peer("minivid", Full, range(32, 257, 32), frames=2),
    "DiT, factorized": Peer("minivid", Factorized, range(32, 257, 32), frames=2),
    "DiT, cut as Latte": Peer("minivid", AsLatte, range(32, 257, 32)),
    "LatteTransformer3DModel": Peer("diffusers", Latte, range(32, 257, 8)),
}
"""Transformers, ours and diffusers', that stand beside our U-Net in a comparison of their own."""
KNOWN = PEERS | TRANSFORMERS


@dataclass(frozen=True)
class Sized:
    """A network of a given size, not yet built. same_grid: it sees pixels folded as ours does, not one by one."""

    name: str
    recipe: Run
    same_grid: bool
    parameters: int
    width: int = 0
    dim_text: int = 0

    def build(self) -> nn.Module:
        """The network, its weights drawn from the global generator."""
        if self.name == OURS:
            return self.recipe.network.build()
        patch = self.recipe.network.patch if self.same_grid else 1
        channels, side = (
            self.recipe.network.channels * patch**2,
            min(self.recipe.worlds[0].height, self.recipe.worlds[0].width) // patch,
        )
        net = KNOWN[self.name].network(channels, side, self.width, self.dim_text)
        return Folded(net, patch) if patch > 1 else net

    def takes(self, frames: int) -> bool:
        """Whether it can be given clips of so many frames."""
        return self.name == OURS or frames % KNOWN[self.name].frames == 0

    def described(self) -> dict:
        """What a result says of it. off: how far its parameters are from ours, as a share of ours."""
        ours = sized(OURS, self.recipe, False).parameters
        size = {} if self.name == OURS else {"width": self.width, "dim_text": self.dim_text}
        return {"network": self.name, "parameters": self.parameters, "off": self.parameters / ours - 1, **size}


@cache
def sized(name: str, recipe: Run, same_grid: bool) -> Sized:
    """The named network with as many parameters as the recipe's U-Net, to within 3 % where its widths allow it.

    Its caption vector is as wide as ours where that will do. Where the steps between widths are too coarse, the vector is made
    wider or narrower, by as little as it takes; where even that will not do, the nearest is returned, and `described()` says so.
    """
    if name != OURS and name not in KNOWN:
        raise ValueError(f"there is no network {name!r}; there are {', '.join((OURS, *KNOWN))}.")
    if name == OURS:
        with torch.device("meta"):
            return Sized(OURS, recipe, same_grid, parameters(recipe.network.build()))
    ours, peer, dim_ours = sized(OURS, recipe, False).parameters, KNOWN[name], recipe.network.dim_text

    def size(width: int, dim_text: int) -> Sized:
        draft = Sized(name, recipe, same_grid, 0, width, dim_text)
        with torch.device("meta"):
            return Sized(name, recipe, same_grid, parameters(draft.build()), width, dim_text)

    def off(one: Sized) -> float:
        return abs(one.parameters / ours - 1)

    def count(width: int, dim_text: int) -> int:
        return size(width, dim_text).parameters

    place = bisect_left(peer.widths, ours, key=lambda width: count(width, dim_ours))
    tried = [size(width, dim_ours) for width in peer.widths[max(0, place - 1) : place + 1]]
    best = min(tried, key=off)
    if off(best) <= WITHIN:
        return best
    dims = range(HEADS_TEXT, 3 * dim_ours, HEADS_TEXT)
    for one in tuple(tried):
        if one.parameters < ours:  # the narrowest vector that makes it large enough
            turn = bisect_left(dims, (1 - WITHIN) * ours, key=lambda dim: count(one.width, dim))
        else:  # the widest with which it is small enough
            turn = bisect_left(dims, (1 + WITHIN) * ours, key=lambda dim: count(one.width, dim)) - 1
        tried.append(size(one.width, dims[min(max(turn, 0), len(dims) - 1)]))
    near = [one for one in tried if off(one) <= WITHIN]
    return min(near, key=lambda one: abs(one.dim_text - dim_ours)) if near else min(tried, key=off)


def parameters(net: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(weight.numel() for weight in net.parameters() if weight.requires_grad)

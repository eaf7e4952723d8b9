"""The course's own judge of clips: a small network that names the words of a clip's caption (chapter 8).

What Inception is to pictures and I3D to films, `ClipNet` is to the moving digits: trained to say what is seen and how it moves, used
for its features. Weights are made by `minivid train judge-motion`. Checked by tests/metrics/test_features.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid import checkpoint
from minivid.data.captions import COLOURS, DIRECTIONS, SPEEDS
from minivid.nn.conv import SpatialConv, fold, unfold

WORDS: tuple[str, ...] = (*map(str, range(10)), *COLOURS, *DIRECTIONS, *SPEEDS)
"""What the judge names: the words of a caption that say something."""
LOOKS = 10 + len(COLOURS)
"""The first of them can be told from a single frame."""


class TemporalConv(nn.Module):
    """A convolution along time at every pixel; beyond the first and the last frame there is nothing."""

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3):
        super().__init__()
        self.conv = nn.Conv1d(dim_in, dim_out, kernel, padding=kernel // 2)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        h = self.conv(rearrange(x, "b c t h w -> (b h w) c t"))
        return rearrange(h, "(b h w) d t -> b d t h w", h=x.shape[3], w=x.shape[4])


def halve(x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h2 w2"]:
    """Half the height and width, by means of 2×2 pixels."""
    return unfold(F.avg_pool2d(fold(x), 2, ceil_mode=True), x.shape[2])


class Stage(nn.Module):
    """Convolutions, each scaled by what is usual in training and cut at zero."""

    def __init__(self, *convolutions: nn.Module, width: int):
        super().__init__()
        self.convolutions = nn.ModuleList(convolutions)
        self.norms = nn.ModuleList(nn.BatchNorm3d(width) for _ in convolutions)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.relu(norm(convolution(x)))
        return x


@dataclass(frozen=True)
class ClipNetConfig:
    """A ClipNet's shape: channels of the three stages, numbers that a clip becomes."""

    widths: tuple[int, int, int] = (16, 32, 48)
    dim: int = 48
    vocabulary: int = 0

    def build(self) -> "ClipNet":
        """The network, its weights drawn by torch's global generator."""
        return ClipNet(self.widths, self.dim)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError for a clip of `c t h w` that it cannot see."""
        channels, frames, height, width = clip
        if channels not in (1, 3) or frames < 1 or min(height, width) < 8:
            raise ValueError(
                f"a judge sees clips in grey or colour from 8×8 pixels on, not {channels} × {frames} × {height} × {width}."
            )


class ClipNet(nn.Module):
    """Frames are seen by three stages of 2-D convolutions; motion by (2+1)-D convolutions over the second stage's maps.

    Any number of frames and any size from 8 pixels on, grey or colour: everything is averaged over space at the end, and over time
    into a mean and a spread.
    """

    def __init__(self, widths: tuple[int, int, int] = (16, 32, 48), dim: int = 48):
        super().__init__()
        fine, middle, coarse = widths
        self.dim = dim
        self.frame = nn.ModuleList(
            [
                Stage(SpatialConv(3, fine, kernel=5), width=fine),
                Stage(SpatialConv(fine, middle), width=middle),
                Stage(SpatialConv(middle, coarse), SpatialConv(coarse, coarse), width=coarse),
            ]
        )
        self.motion = nn.ModuleList(
            [
                Stage(TemporalConv(middle, coarse), SpatialConv(coarse, coarse), width=coarse),
                Stage(
                    TemporalConv(coarse, coarse),
                    SpatialConv(coarse, coarse),
                    TemporalConv(coarse, coarse),
                    width=coarse,
                ),
            ]
        )
        self.look, self.look_words = nn.Linear(coarse, dim), nn.Linear(dim, LOOKS)
        self.film, self.film_words = nn.Linear(3 * coarse, dim), nn.Linear(dim, len(WORDS))
        self.register_buffer("middle", torch.zeros(dim))
        self.register_buffer("size", torch.ones(dim))

    def maps(self, video: Float[Tensor, "b c t h w"]) -> list[Float[Tensor, "b d t h2 w2"]]:
        """What the three stages see in each frame, from fine to coarse. Black is zero, so a picture's border is like its ground."""
        x, found = (video.expand(-1, 3, -1, -1, -1) + 1) / 2, []
        for stage in self.frame:
            x = stage(halve(x) if found else x)
            found.append(x)
        return found

    def frame_features(self, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t d"]:
        """What each frame shows by itself, `dim` numbers."""
        return self.look(rearrange(self.maps(video)[-1], "b c t h w -> b t (h w) c").mean(2))

    def forward(self, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d"]:
        """What the clip shows and how it moves, `dim` numbers."""
        return (self._film(self.maps(video)) - self.middle) / self.size

    def words(self, video: Float[Tensor, "b c t h w"]) -> tuple[Float[Tensor, "b words"], Float[Tensor, "b t looks"]]:
        """Logits of WORDS for each clip, and of the first LOOKS of them for each frame: what the network is trained on."""
        maps = self.maps(video)
        look = self.look(rearrange(maps[-1], "b c t h w -> b t (h w) c").mean(2))
        return self.film_words(F.relu(self._film(maps))), self.look_words(F.relu(look))

    @torch.no_grad()
    def calibrate(self, *videos: Tensor) -> None:
        """Scale the features to mean 0 and deviation 1 over clips `b c t h w` of any shape: the kernels of distances expect features of unit size."""
        features = torch.cat([self._film(self.maps(video)) for video in videos])
        self.middle.copy_(features.mean(0))
        self.size.copy_(features.std(0) + 1e-6)

    def _film(self, maps: list[Tensor]) -> Float[Tensor, "b d"]:
        x = maps[1]
        for stage in self.motion:
            x = stage(halve(x))
        moving = rearrange(x, "b c t h w -> b t (h w) c").mean(2)
        shown = rearrange(maps[2], "b c t h w -> b t (h w) c").mean(2)
        spread = moving.var(1, correction=0).add(1e-6).sqrt()
        return self.film(torch.cat([moving.mean(1), spread, shown.mean(1)], dim=1))


class Trunk(nn.Module):
    """The frame stages of a judge, for LPIPS: `trunk(images)` gives its maps from fine to coarse."""

    def __init__(self, net: ClipNet):
        super().__init__()
        self.net = net

    def forward(self, images: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b d h2 w2"]]:
        return [one[:, :, 0] for one in self.net.maps(images[:, :, None])]


@dataclass(frozen=True)
class Extractor:
    """A network as a score knows it: `extractor(video)` gives features `n d` (float64), `id` says whose they are."""

    name: str
    sha256: str
    resize: str
    """How clips are brought to the network's size, in words."""
    network: Callable[[Tensor], Tensor]

    @property
    def id(self) -> str:
        """Name and the beginning of the weights' hash."""
        return f"{self.name} {self.sha256[:12]}"

    @torch.inference_mode()
    def __call__(
        self, video: Float[Tensor, "n c t h w"], batch: int = 32, done: Callable[[int], None] = lambda clips: None
    ) -> Float[Tensor, "n d"]:
        """Features of every clip. `done` hears, batch by batch, how many more clips are through."""
        parts = []
        for some in video.split(batch):
            parts.append(self.network(some).double())
            done(len(some))
        return torch.cat(parts)


def extractors(
    net: ClipNet, name: str = "judge-motion", sha256: str | None = None
) -> tuple[Extractor, Callable[[Tensor], Tensor]]:
    """A judge as (extractor of clip features `n d`, function to frame features `n t d`). `sha256`: that of its file, where it has one."""
    return Extractor(name, sha256 or network_hash(net), "none", net.eval()), torch.inference_mode()(net.frame_features)


def network_hash(net: nn.Module) -> str:
    """sha256 of a network's weights as they are in memory. What a stored judge is known by is its file's: `judges.load(name).sha256`."""
    return checkpoint.digest({name: weight.detach().cpu() for name, weight in net.state_dict().items()})

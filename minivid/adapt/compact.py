"""Time that is halved and doubled with space: what Lumiere's space-time U-Net puts into an image model (chapter 6).

Bar-Tal et al. 2024, "Lumiere", sec. 3.1: most of the work is done in a clip of fewer, smaller frames. Every map of time begins as the
nearest neighbour, so that one frame, or equal frames, are to the network what they were to the image model; other clips are not, since
every second frame is passed over on the way down. Checked by tests/adapt/test_compact.py.
"""

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.adapt.layers import MotionModule
from minivid.nn.conv import Downsample, FrameNorm, ResBlock, SpatialConv, Upsample
from minivid.nn.initial import zero_
from minivid.nn.spacetime import TimeConv
from minivid.nn.unet import UNet


class HalfTime(nn.Module):
    """Half the frames, rounded up, each from three: at the start frames 0, 2, 4, … as they are.

    The kernel begins as (0, 1, 0). Of (½, 1, ½), which is said to interpolate, the weights sum to 2: it would double what does not move.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.conv = nn.Conv2d(dim, dim, (3, 1), stride=(2, 1), padding=(1, 0))  # as TimeConv: rows are frames
        nn.init.dirac_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t2 h w"]:
        return self.conv(x.flatten(3)).unflatten(3, x.shape[3:])


class DoubleTime(nn.Module):
    """Twice the frames: each stands twice, then a convolution over time that begins as the identity."""

    def __init__(self, dim: int):
        super().__init__()
        self.conv = TimeConv(dim, dim, identity=True)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t2 h w"]:
        return self.conv(x.repeat_interleave(2, dim=2))


class CompactDownsample(Downsample):
    """Half the height and width, as the image model does it, then half the frames."""

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__(dim_in, dim_out)
        self.time = HalfTime(dim_out)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t2 h2 w2"]:
        return self.time(super().forward(x))


class CompactUpsample(Upsample):
    """Twice the height and width, as the image model does it, then twice the frames; who has an odd number of them cuts the last."""

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__(dim_in, dim_out)
        self.time = DoubleTime(dim_out)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t2 h2 w2"]:
        return self.time(super().forward(x))


class CompactBlock(ResBlock):
    """The residual block at any level: told of a noise level for each frame of the clip, it takes those of the frames that are left."""

    def forward(self, x: Float[Tensor, "b c t2 h w"], embed: Float[Tensor, "b t e"]) -> Float[Tensor, "b d t2 h w"]:
        while embed.shape[1] > x.shape[2]:
            embed = embed[:, ::2]
        return super().forward(x, embed)


class ConvBlock(nn.Module):
    """x plus a convolution over space and one over time, behind a 1×1 one that begins at zero (fig. 4b): all levels but the coarsest."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.norm, self.space, self.time = FrameNorm(dim), SpatialConv(dim, dim), TimeConv(dim, dim)
        self.proj_out = zero_(SpatialConv(dim, dim, kernel=1))

    def forward(
        self,
        x: Float[Tensor, "b c t h w"],
        bias: None = None,
        visible: Bool[Tensor, "t t"] | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        h = self.time(self.space(F.silu(self.norm(x))))
        return x + self.proj_out(F.silu(h))


def make_compact(network: UNet) -> None:
    """Put into a U-Net whose temporal layers are ConvBlocks what differs from level to level: maps of time beside those of space, and
    at the coarsest level attention over all of time (a motion module), which is cheap there."""
    config, down, up = network.config, network.down, network.up
    for stage in (*down[-config.blocks :], network.middle, *up[: config.blocks]):
        stage.temporal = MotionModule(config.widths[-1], config.heads)
    for i, layer in enumerate(down):
        if isinstance(layer, Downsample):
            down[i] = CompactDownsample(layer.linear.in_features // 4, layer.linear.out_features)
    for i, layer in enumerate(up):
        if isinstance(layer, Upsample):
            up[i] = CompactUpsample(layer.linear.in_features, layer.linear.out_features // 4)

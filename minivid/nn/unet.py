"""The video U-Net of Ho et al. 2022, "Video Diffusion Models" (chapter 3).

Space-only convolutions, then attention over space, then on the caption, then over time; height and width are halved between
levels, time never is. One thing is added to the paper: each pixel is told its place in the clip before it attends. Without it a
network this small learns late which frame comes first. Its parts are checked one by one in tests/nn.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention.core import CrossAttention, SpatialAttention, TemporalAttention
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias
from minivid.nn.condition import Cond
from minivid.nn.conv import Downsample, FrameNorm, ResBlock, SpatialConv, Upsample
from minivid.nn.embed import NoiseLevelEmbedding, PlaceEmbedding
from minivid.nn.initial import zero_
from minivid.nn.text import TransformerEncoder


@dataclass(frozen=True)
class UNetConfig:
    """A U-Net's shape.

    patch: pixels are first folded into channels, p × p at a time. widths: channels of each level, the finest first.
    blocks: stages a level, on the way down and up. vocabulary: 0 means no captions.
    """

    channels: int = 1
    patch: int = 2
    widths: tuple[int, ...] = (64, 128)
    blocks: int = 1
    heads: int = 4
    vocabulary: int = 0
    dim_text: int = 64


@dataclass(frozen=True)
class Given:
    """What every stage is told beside the features."""

    embed: Float[Tensor, "b t f"]
    """The noise level and the caption as a whole, for each frame."""
    words: tuple[Float[Tensor, "b n l e"], Bool[Tensor, "b n l"]] | None
    """The caption's words and which of them are there."""
    bias: Float[Tensor, "heads t t"]
    """Relative position, for the temporal attention."""
    images: int
    """How many of the last frames are images of their own."""
    visible: Bool[Tensor, "t t"] | None
    """True where frame i may see frame j."""


class Stage(nn.Module):
    """A residual block and its attentions: over space, on the caption, over time."""

    def __init__(self, dim_in: int, dim: int, config: UNetConfig):
        super().__init__()
        self.block = ResBlock(dim_in, dim, 4 * config.widths[0])
        self.place = PlaceEmbedding(dim)
        self.spatial = SpatialAttention(dim, config.heads)
        self.cross = CrossAttention(dim, config.dim_text, config.heads) if config.vocabulary else None
        self.temporal = TemporalAttention(dim, config.heads)

    def forward(self, x: Float[Tensor, "b c t h w"], given: Given) -> Float[Tensor, "b d t h w"]:
        x = self.place(self.block(x, given.embed), given.images)
        x = self.spatial(x)
        if self.cross is not None:
            x = self.cross(x, *given.words)
        return self.temporal(x, given.bias, given.visible)


class UNet(nn.Module):
    """The denoiser `model(z, t, cond)`: z `b c t h w`, t the log-SNR `b`; out comes a clip of z's shape."""

    def __init__(self, config: UNetConfig):
        super().__init__()
        self.config = config
        widths, dim_embed = config.widths, 4 * config.widths[0]
        self.noise_level = NoiseLevelEmbedding(dim_embed)
        self.position_bias = RelativePositionBias(config.heads)
        if config.vocabulary:
            self.text = TransformerEncoder(config.vocabulary, config.dim_text)
            self.null_word = nn.Parameter(torch.randn(config.dim_text))
            self.text_to_embed = nn.Linear(config.dim_text, dim_embed)

        pixels = config.channels * config.patch**2
        self.conv_in = SpatialConv(pixels, widths[0])
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        dim = widths[0]
        for level, width in enumerate(widths):
            if level > 0:
                self.down.append(Downsample(dim, width))
            self.down.extend(Stage(width, width, config) for _ in range(config.blocks))
            dim = width
        self.middle = Stage(dim, dim, config)
        for level, width in reversed(list(enumerate(widths))):
            # the first half of a stage's input comes from below, the other over the skip connection
            self.up.extend(Stage(2 * width, width, config) for _ in range(config.blocks))
            if level > 0:
                self.up.append(Upsample(width, widths[level - 1]))
        dim = widths[0]
        self.norm_out = FrameNorm(dim)
        self.conv_out = zero_(SpatialConv(dim, pixels))

    def forward(
        self, z: Float[Tensor, "b c t h w"], t: Float[Tensor, "b"], cond: Cond | None = None
    ) -> Float[Tensor, "b c t h w"]:
        self._check(z, cond)
        p, frames = self.config.patch, z.shape[2]
        cond = cond or Cond()
        visible = joint_image_mask(frames, cond.images, z.device) if cond.images else None
        embed = repeat(self.noise_level(t), "b d -> b t d", t=frames)
        words = None
        if self.config.vocabulary:
            words = self._read(cond, len(z))
            embed = embed + self.text_to_embed(pooled(*words))  # b t d + b n d, n is 1 or t
        given = Given(embed, words, self.position_bias(frames), cond.images, visible)

        # channels innermost in memory, from here to the end
        x = rearrange(z, "b c t (h p) (w q) -> b t h w (c p q)", p=p, q=p).contiguous()
        x = self.conv_in(rearrange(x, "b t h w c -> b c t h w"))
        skips = []
        for layer in self.down:
            if isinstance(layer, Stage):
                x = layer(x, given)
                skips.append(x)
            else:
                x = layer(x)
        x = self.middle(x, given)
        for layer in self.up:
            x = layer(torch.cat([x, skips.pop()], dim=1), given) if isinstance(layer, Stage) else layer(x)
        x = self.conv_out(F.silu(self.norm_out(x)))
        return rearrange(x, "b (c p q) t h w -> b c t (h p) (w q)", p=p, q=p)

    def _read(self, cond: Cond, batch: int) -> tuple[Float[Tensor, "b n l e"], Bool[Tensor, "b n l"]]:
        """The words' vectors, the null word first, and which of them are there."""
        null = repeat(self.null_word, "e -> b n 1 e", b=batch, n=1)
        if cond.tokens is None:
            return null, torch.ones(batch, 1, 1, dtype=torch.bool, device=null.device)
        tokens, mask = (x if x.ndim == 3 else x[:, None] for x in (cond.tokens, cond.token_mask))  # b n l
        n = tokens.shape[1]
        words = rearrange(self.text(tokens.flatten(0, 1), mask.flatten(0, 1)), "(b n) l e -> b n l e", n=n)
        words = torch.cat([null.expand(-1, n, -1, -1), words], dim=2)
        return words, F.pad(mask, (1, 0), value=True)

    def _check(self, z, cond) -> None:
        """A sentence instead of a trace from the depths."""
        channels, side = self.config.channels, self.config.patch * 2 ** (len(self.config.widths) - 1)
        if z.shape[1] != channels:
            raise ValueError(
                f"this U-Net was built for {channels} channels, but the clip is {tuple(z.shape)} (b c t h w)."
            )
        if z.shape[3] % side or z.shape[4] % side:
            raise ValueError(
                f"frames of {z.shape[3]}×{z.shape[4]} cannot be halved by this U-Net: height and width must be multiples of {side}."
            )
        if cond is not None and cond.tokens is not None and not self.config.vocabulary:
            raise ValueError("this U-Net was built without captions (vocabulary=0), but the condition has tokens.")
        if (
            cond is not None
            and cond.tokens is not None
            and cond.tokens.ndim == 3
            and cond.tokens.shape[1] != z.shape[2]
        ):
            raise ValueError(
                f"the condition has captions for {cond.tokens.shape[1]} frames, but the clip has {z.shape[2]}."
            )


def pooled(words: Float[Tensor, "b n l e"], visible: Bool[Tensor, "b n l"]) -> Float[Tensor, "b n e"]:
    """The sum of the words that are there over the root of their number: a word weighs as much in a long caption as vectors at random do."""
    weight = visible[..., None].to(words)
    return (words * weight).sum(2) / weight.sum(2).sqrt()

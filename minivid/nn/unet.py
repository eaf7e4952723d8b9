"""The video U-Net of Ho et al. 2022, "Video Diffusion Models" (chapter 3).

Space-only convolutions, then attention over space, then on the caption, then over time; height and width are halved between
levels, time never is. One thing is added to the paper: each pixel is told its place in the clip before it attends. Without it a
network this small learns late which frame comes first. Its parts are checked one by one in tests/nn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from minivid.nn.attention import keys
from minivid.nn.attention.core import SPACE, TIME, Attention
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias
from minivid.nn.condition import Cond
from minivid.nn.conv import Downsample, FrameNorm, ResBlock, SpatialConv, Upsample
from minivid.nn.embed import NoiseLevelEmbedding, NumbersEmbedding, PlaceEmbedding, SpanEmbedding
from minivid.nn.initial import zero_
from minivid.nn.text import TransformerEncoder


@dataclass(frozen=True)
class UNetConfig:
    """A U-Net's shape.

    patch: pixels are first folded into channels, p × p at a time. widths: channels of each level, the finest first.
    blocks: stages a level, on the way down and up. vocabulary: 0 means no captions. temporal: without it nothing joins the frames, and
    the network is an image model to which a clip is a batch of pictures. average: it is told where a step ends (`Cond.r`) as well as where
    it begins, and says the average velocity between (MeanFlow). known: channels that it is given beside the noisy clip (`Cond.known`), such
    as frames that are there already. numbers: how many numbers it is told of a clip (`Cond.numbers`), such as frames per second. content: of
    how many numbers is the picture's embedding that it is shown (`Cond.content`), where it reads captions.
    """

    channels: int = 1
    patch: int = 2
    widths: tuple[int, ...] = (64, 128)
    blocks: int = 1
    heads: int = 4
    vocabulary: int = 0
    dim_text: int = 64
    temporal: bool = True
    average: bool = False
    known: int = 0
    numbers: int = 0
    content: int = 0

    def __post_init__(self):
        least_of = {"channels": 1, "patch": 1, "blocks": 1, "heads": 1, "vocabulary": 0, "dim_text": 1, "known": 0}
        for name, least in {**least_of, "numbers": 0, "content": 0}.items():
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} is {value!r}; expected a whole number of at least {least}.")
        whole = isinstance(self.widths, tuple) and all(isinstance(width, int) and width > 0 for width in self.widths)
        if not self.widths or not whole or any(width % 8 or width % self.heads for width in self.widths):
            raise ValueError(
                f"widths are {self.widths}; expected multiples of 8 and of the {self.heads} heads, one a level."
            )
        if self.content and not self.vocabulary:
            raise ValueError(
                f"content is {self.content}, but a picture's embedding is read where captions are: give a vocabulary too."
            )
        if self.vocabulary and self.dim_text % 4:
            raise ValueError(
                f"dim_text is {self.dim_text}; expected a multiple of 4, the heads of the captions' encoder."
            )

    def build(self) -> "UNet":
        """The network, its weights drawn by torch's global generator."""
        return UNet(self)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError, in a sentence, for a clip of `c t h w` that this network cannot take."""
        channels, frames, height, width = clip
        if frames < 1 or height < 1 or width < 1:
            raise ValueError(
                f"a clip of {frames} frames of {height}×{width} holds nothing; expected at least 1 of each."
            )
        if channels != self.channels:
            raise ValueError(f"this U-Net was built for {self.channels} channels, but the clip has {channels}.")
        side = self.patch * 2 ** (len(self.widths) - 1)
        if height % side or width % side:
            near = " or ".join(str(value) for value in (height // side * side, -(-height // side) * side) if value)
            raise ValueError(
                f"frames of {height}×{width} cannot be halved by this U-Net: height and width must be multiples of {side}, "
                f"such as {near}."
            )


def pooled(words: Float[Tensor, "b n l e"], visible: Bool[Tensor, "b n l"]) -> Float[Tensor, "b n e"]:
    """The sum of the words that are there over the root of their number: a word weighs as much in a long caption as vectors at random do."""
    weight = visible[..., None].to(words)
    return (words * weight).sum(2) / weight.sum(2).sqrt()


def pooled_by(mean: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """`pooled`, to rounding, by a mean over the words that are there: `mean(words b l e, visible b l)` is `b e`, and times √n their sum over √n."""

    def pool(words: Float[Tensor, "b n l e"], visible: Bool[Tensor, "b n l"]) -> Float[Tensor, "b n e"]:
        means = mean(words.flatten(0, 1), visible.flatten(0, 1))
        return means.unflatten(0, words.shape[:2]) * visible.sum(2, keepdim=True).sqrt()

    return pool


def over_space(dim: int, heads: int) -> Attention:
    """Each pixel attends to those of its own frame."""
    return Attention(dim, heads, SPACE)


def over_time(dim: int, heads: int) -> Attention:
    """Each pixel attends to itself in the other frames."""
    return Attention(dim, heads, TIME)


@dataclass(frozen=True)
class Parts:
    """What a U-Net is put together from. Others in these places, with weights of the same names and shapes, make a network that takes
    the same files of weights."""

    block: Callable[[int, int, int], nn.Module] = ResBlock
    """(channels in, channels out, channels of the embedding); called with features `b c t h w` and the embedding `b t e`."""
    spatial: Callable[[int, int], nn.Module] = over_space
    """(channels, heads); called with features."""
    temporal: Callable[[int, int], nn.Module] = over_time
    """(channels, heads); called with features, the bias `heads t t`, and which frames see which, `t t` or None."""
    pool: Callable[[Tensor, Tensor], Tensor] = pooled
    """One vector for a caption, from its words `b n l e` and which of them are there, `b n l`."""
    position: Callable[[int], nn.Module] | None = RelativePositionBias
    """(heads); called with the number of frames for the bias that `temporal` is given. None where the temporal layers need none."""


@dataclass(frozen=True)
class Given:
    """What every stage is told beside the features."""

    embed: Float[Tensor, "b t f"]
    """The noise level and the caption as a whole, for each frame."""
    words: tuple[Float[Tensor, "b n l e"], Bool[Tensor, "b n l"]] | None
    """The caption's words and which of them are there."""
    bias: Float[Tensor, "heads t t"] | None
    """Relative position, for the temporal attention where there is one."""
    images: int
    """How many of the last frames are images of their own."""
    visible: Bool[Tensor, "t t"] | None
    """True where frame i may see frame j."""


Beside = Callable[[Tensor, Given], list[Tensor]]
"""A network beside the way down. It is called with the folded pixels and with what every stage is told; what it returns, a tensor for each
skip connection and one for the middle, is added to them."""


class Stage(nn.Module):
    """A residual block and its attentions: over space; on the caption and over time, where the configuration has them."""

    checkpointing = False  # see UNet.checkpointing

    def __init__(self, dim_in: int, dim: int, config: UNetConfig, parts: Parts):
        super().__init__()
        self.block = parts.block(dim_in, dim, 4 * config.widths[0])
        self.place = PlaceEmbedding(dim)
        self.spatial = parts.spatial(dim, config.heads)
        self.cross = Attention(dim, config.heads, SPACE, keys.words, config.dim_text) if config.vocabulary else None
        self.temporal = parts.temporal(dim, config.heads) if config.temporal else None

    def forward(self, x: Float[Tensor, "b c t h w"], given: Given) -> Float[Tensor, "b d t h w"]:
        if self.checkpointing and torch.is_grad_enabled():
            return checkpoint(self._forward, x, given, use_reentrant=False)
        return self._forward(x, given)

    def _forward(self, x: Float[Tensor, "b c t h w"], given: Given) -> Float[Tensor, "b d t h w"]:
        x = self.place(self.block(x, given.embed), given.images)
        x = self.spatial(x)
        if self.cross is not None:
            words, there = given.words
            x = self.cross(x, visible=there, caption=words)
        return x if self.temporal is None else self.temporal(x, given.bias, given.visible)


def folded(z: Float[Tensor, "b c t h w"], p: int) -> Float[Tensor, "b d t h2 w2"]:
    """p × p pixels as channels of one, which lie innermost in memory."""
    x = rearrange(z, "b c t (h p) (w q) -> b t h w (c p q)", p=p, q=p).contiguous()
    return rearrange(x, "b t h w c -> b c t h w")


class UNet(nn.Module):
    """The denoiser `model(z, t, cond)`: z `b c t h w`, t the log-SNR `b`, or `b t` for each frame; out comes a clip of z's shape."""

    def __init__(self, config: UNetConfig, parts: Parts = Parts()):
        super().__init__()
        self.config, self.pool = config, parts.pool
        widths, dim_embed = config.widths, 4 * config.widths[0]
        self.noise_level = (SpanEmbedding if config.average else NoiseLevelEmbedding)(dim_embed)
        self.position_bias = parts.position(config.heads) if config.temporal and parts.position else None
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
            self.down.extend(Stage(width, width, config, parts) for _ in range(config.blocks))
            dim = width
        self.middle = Stage(dim, dim, config, parts)
        for level, width in reversed(list(enumerate(widths))):
            # the first half of a stage's input comes from below, the other over the skip connection
            self.up.extend(Stage(2 * width, width, config, parts) for _ in range(config.blocks))
            if level > 0:
                self.up.append(Upsample(width, widths[level - 1]))
        dim = widths[0]
        self.norm_out = FrameNorm(dim)
        self.conv_out = zero_(SpatialConv(dim, pixels))
        # what came later begins as nothing: a trained network that is told more is at first what it was
        self.known_in = zero_(SpatialConv(config.known * config.patch**2, widths[0])) if config.known else None
        self.numbers = NumbersEmbedding(config.numbers, dim_embed) if config.numbers else None
        self.content_in = zero_(nn.Linear(config.content, config.dim_text, bias=False)) if config.content else None

    def forward(
        self,
        z: Float[Tensor, "b c t h w"],
        t: Float[Tensor, "b"] | Float[Tensor, "b t"],
        cond: Cond | None = None,
        beside: Beside | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        self._check(z, cond)
        p, frames = self.config.patch, z.shape[2]
        cond = cond or Cond()
        images = cond.images if self.config.temporal else frames
        visible = joint_image_mask(frames, images, z.device) if images else None
        embed = self._level(t, cond.r)
        embed = embed if t.ndim == 2 else repeat(embed, "b d -> b t d", t=frames)
        if self.numbers is not None and cond.numbers is not None:
            embed = embed + self.numbers(cond.numbers)[:, None]
        words = None
        if self.config.vocabulary:
            words = self._read(cond, len(z))
            embed = embed + self.text_to_embed(self.pool(*words))  # b t d + b n d, n is 1 or t
        bias = self.position_bias(frames) if self.position_bias is not None else None
        given = Given(embed, words, bias, images, visible)

        # channels innermost in memory, from here to the end
        pixels = folded(z, p)
        x = self.conv_in(pixels)
        if self.known_in is not None:
            known = z.new_zeros(len(z), self.config.known, *z.shape[2:]) if cond.known is None else cond.known
            x = x + self.known_in(folded(known, p))
        skips = []
        for layer in self.down:
            if isinstance(layer, Stage):
                x = layer(x, given)
                skips.append(x)
            else:
                x = layer(x)
        x = self.middle(x, given)
        if beside is not None:  # a ControlNet adds its own to what was made on the way down
            *extra, last = beside(pixels, given)
            x, skips = x + last, [skip + more for skip, more in zip(skips, extra, strict=True)]
        for layer in self.up:
            if isinstance(layer, Stage):
                skip = skips.pop()
                # an odd number of frames, halved and doubled, is one too many
                x = layer(torch.cat([x[:, :, : skip.shape[2]], skip], dim=1), given)
            else:
                x = layer(x)
        x = self.conv_out(F.silu(self.norm_out(x)))
        return rearrange(x, "b (c p q) t h w -> b c t (h p) (w q)", p=p, q=p)

    def checkpointing(self, on: bool = True) -> "UNet":
        """From now on each stage keeps its input alone for the way back, and runs a second time then (Chen et al. 2016); the network itself."""
        for module in self.modules():
            if isinstance(module, Stage):
                module.checkpointing = on
        return self

    def matrices(self) -> list[str]:
        """Which of its parameters are matrices inside the network, for an optimizer of matrices: not the captions' encoder, not the
        first and the last layer."""
        outer = ("text.", "conv_in.", "known_in.", "conv_out.", "position_bias.")
        return [name for name, weight in self.named_parameters() if weight.ndim == 2 and not name.startswith(outer)]

    def _level(self, t: Tensor, r: Tensor | None) -> Float[Tensor, "*b d"]:
        """The noise level as a vector; of a step, both of its ends. One that ends where it begins is asked for the velocity there."""
        if not self.config.average:
            return self.noise_level(t)
        r = t if r is None else r if t.ndim == 1 else r[:, None].expand_as(t)
        return self.noise_level(t, r)

    def _read(self, cond: Cond, batch: int) -> tuple[Float[Tensor, "b n l e"], Bool[Tensor, "b n l"]]:
        """The words' vectors, the null word first, and which of them are there. A picture's embedding is said with the null word,
        which is always there: zeros, and every picture while the projection is zero, leave it as it is."""
        null = repeat(self.null_word, "e -> b n 1 e", b=batch, n=1)
        if self.content_in is not None and cond.content is not None:
            null = null + self.content_in(cond.content)[:, None, None]
        if cond.tokens is None:
            return null, torch.ones(batch, 1, 1, dtype=torch.bool, device=null.device)
        tokens, mask = (x if x.ndim == 3 else x[:, None] for x in (cond.tokens, cond.token_mask))  # b n l
        n = tokens.shape[1]
        words = rearrange(self.text(tokens.flatten(0, 1), mask.flatten(0, 1)), "(b n) l e -> b n l e", n=n)
        words = torch.cat([null.expand(-1, n, -1, -1), words], dim=2)
        return words, F.pad(mask, (1, 0), value=True)

    def _check(self, z, cond) -> None:
        """A sentence instead of a trace from the depths."""
        self.config.check(tuple(z.shape[1:]))
        if cond is not None and cond.tokens is not None and not self.config.vocabulary:
            raise ValueError("this U-Net was built without captions (vocabulary=0), but the condition has tokens.")
        if cond is not None and cond.control is not None:
            raise ValueError(
                "the condition has a control, but this U-Net has no ControlNet beside it: controlled(image, control) joins the two."
            )
        if cond is not None and cond.r is not None and not self.config.average:
            raise ValueError(
                "the condition says where a step ends (r), but this U-Net was built to say the velocity at one level: "
                "UNetConfig(average=True) builds one of average velocities."
            )
        self._check_told(z, cond or Cond())
        if (
            cond is not None
            and cond.tokens is not None
            and cond.tokens.ndim == 3
            and cond.tokens.shape[1] != z.shape[2]
        ):
            raise ValueError(
                f"the condition has captions for {cond.tokens.shape[1]} frames, but the clip has {z.shape[2]}."
            )

    def _check_told(self, z: Tensor, cond: Cond) -> None:
        """That frames, numbers and the picture's embedding are as many, and as long, as it was built for."""
        for name in ("known", "numbers", "content"):
            many = getattr(self.config, name)
            given = getattr(cond, name)
            wanted = (len(z), many, *z.shape[2:]) if name == "known" else (len(z), many)
            if given is not None and tuple(given.shape) != wanted:
                raise ValueError(
                    f"the condition's {name} are {tuple(given.shape)}, but this U-Net was built with {name}={many} and expects {wanted}."
                )

"""The video diffusion transformer (chapter 5): Peebles & Xie 2023, "DiT", on spacetime patches, with Latte's attention over space and time.

A clip becomes tokens of frames × p × p pixels. Blocks of attention and MLP, each modulated by the noise level, turn them into the
prediction, which is folded back. Which tokens look at which is one word of the configuration; sizes may be mixed in one sequence
(`packed`). Checked by tests/nn/test_dit.py, and with diffusers' weights by tests/oracles/test_dit.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from einops import rearrange, reduce, repeat
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.attention.core import ALL, SPACE, TIME, Window
from minivid.nn.attention.layout import Layout, Rotary, angles_of, of_grid, of_pack
from minivid.nn.attention.places import grid, sincos_2d, sincos_3d
from minivid.nn.attention.positions import sinusoidal
from minivid.nn.condition import Cond
from minivid.nn.embed import NoiseLevelEmbedding
from minivid.nn.initial import zero_
from minivid.nn.text import TransformerEncoder
from minivid.nn.transformer import Block, Table, Words, modulated, of_level, patchify, unpatchify
from minivid.nn.unet import pooled

ATTENTION = ("full", "factorized", "windowed", "causal")
TEXT = ("cross", "context")
POSITIONS = ("rotary", "added", "both", "latte")
MODULATION = ("block", "shared")


@dataclass(frozen=True)
class DiTConfig:
    """A transformer's shape.

    patch: frames, and pixels along each side, of a token. attention: full; factorized, a block over space, then one over time; windowed,
    every other block in shifted boxes; causal, a frame sees itself and those before. window: frames, rows and columns of such a box, in
    tokens. positions: added to the tokens (sines and cosines), turned into queries and keys (rotary), both, or as
    Latte adds them, places on the picture first and the frame before the second block; slowest: tokens in which
    the slowest clock turns by a radian. text: looked at by cross-attention, or read in the same sequence as the tokens. modulation:
    a matrix of its own in each block, or one for all of them and a table in each (Chen et al. 2023, "PixArt-α"; Latte's ada_norm_single).
    """

    channels: int = 1
    patch: tuple[int, int] = (2, 4)
    dim: int = 128
    depth: int = 6
    heads: int = 4
    mlp: int = 4
    attention: str = "factorized"
    window: tuple[int, int, int] = (4, 4, 4)
    positions: str = "both"
    slowest: float = 100.0
    qk_norm: bool = True
    modulation: str = "block"
    text: str = "cross"
    vocabulary: int = 0
    dim_text: int = 64

    def __post_init__(self):
        least = {"channels": 1, "dim": 1, "depth": 1, "heads": 1, "mlp": 1, "vocabulary": 0, "dim_text": 1}
        for name, smallest in least.items():
            value = getattr(self, name)
            if not isinstance(value, int) or value < smallest:
                raise ValueError(f"{name} is {value!r}; expected a whole number of at least {smallest}.")
        for name, many in {"patch": 2, "window": 3}.items():
            value = getattr(self, name)
            if (
                not isinstance(value, tuple)
                or len(value) != many
                or any(not isinstance(n, int) or n < 1 for n in value)
            ):
                raise ValueError(f"{name} is {value!r}; expected {many} whole numbers of at least 1.")
        for name, known in {
            "attention": ATTENTION,
            "text": TEXT,
            "positions": POSITIONS,
            "modulation": MODULATION,
        }.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}.")
        if self.dim % (16 * self.heads):
            raise ValueError(
                f"dim is {self.dim}; expected a multiple of 16 for each of {self.heads} heads, {16 * self.heads}."
            )
        if self.vocabulary and self.dim_text % 4:
            raise ValueError(
                f"dim_text is {self.dim_text}; expected a multiple of 4, the heads of the captions' encoder."
            )
        if self.vocabulary and self.text == "context" and self.attention not in ("full", "causal"):
            raise ValueError(
                f"text in context stands in the one sequence of full or causal attention; {self.attention} has many."
            )

    def build(self) -> "DiT":
        """The network, its weights drawn by torch's global generator."""
        return DiT(self)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError, in a sentence, for a clip of `c t h w` that this network cannot take."""
        channels, *sides = clip
        if min(sides) < 1:
            raise ValueError(
                f"a clip of {sides[0]} frames of {sides[1]}×{sides[2]} holds nothing; expected at least 1 of each."
            )
        if channels != self.channels:
            raise ValueError(f"this transformer was built for {self.channels} channels, but the clip has {channels}.")
        frames, pixels = self.patch
        if sides[0] % frames or sides[1] % pixels or sides[2] % pixels:
            raise ValueError(
                f"a clip of {sides[0]} frames of {sides[1]}×{sides[2]} cannot be cut into tokens of {frames} frames of {pixels}×{pixels}: "
                "expected multiples of these."
            )

    def windows(self) -> tuple[Window, ...]:
        """What is a sequence: in every block or, of two, in every other."""
        box = Window(*self.window)
        kinds = {"factorized": (SPACE, TIME), "windowed": (box, replace(box, shifted=True))}
        return kinds.get(self.attention, (ALL,))

    @property
    def rotary(self) -> Rotary | None:
        """How queries and keys are turned, if they are."""
        return Rotary(self.dim // self.heads, self.slowest) if self.positions in ("rotary", "both") else None


@dataclass(frozen=True)
class Parts:
    """What a transformer is put together from. Others in these places, with weights of the same names and shapes, make a network that
    takes the same files of weights."""

    block: Callable[..., nn.Module] = Block
    """Built as `Block(dim, heads, mlp, qk_norm, shared, dim_words)`; called with tokens, the level, a layout and the words."""
    patchify: Callable[[Tensor, tuple[int, int]], Tensor] = patchify
    """(clip, patch) to tokens."""
    unpatchify: Callable[[Tensor, tuple[int, int]], Tensor] = unpatchify
    """(tokens, patch) to the clip."""
    places: Callable[[int, int, int], Tensor] = grid
    """(frames, rows, columns) to where each token is told that it stands, `3 t h w`; causal attention goes by it."""


class DiT(nn.Module):
    """The denoiser `model(z, t, cond)`: z `b c t h w`, t the log-SNR `b`, or `b t` for each frame; out comes a clip of z's shape.

    A token that holds several frames is told the mean of their levels' embeddings.
    """

    def __init__(self, config: DiTConfig, parts: Parts = Parts()):
        super().__init__()
        self.config, self.parts, dim = config, parts, config.dim
        pixels = config.channels * config.patch[0] * config.patch[1] ** 2
        self.patch_in = nn.Linear(pixels, dim)
        self.noise_level = NoiseLevelEmbedding(dim)
        if config.vocabulary:
            self.text = TransformerEncoder(config.vocabulary, config.dim_text)
            self.null_word = nn.Parameter(torch.randn(config.dim_text))
            self.text_to_embed = nn.Linear(config.dim_text, dim)
            if config.text == "context":
                self.word_in = nn.Linear(config.dim_text, dim)
        shared = config.modulation == "shared"
        dim_words = config.dim_text if config.vocabulary and config.text == "cross" else None
        self.blocks = nn.ModuleList(
            parts.block(dim, config.heads, config.mlp, config.qk_norm, shared, dim_words) for _ in range(config.depth)
        )
        self.norm_out = nn.LayerNorm(dim, eps=1e-6, elementwise_affine=False)
        self.modulation = of_level(dim, 6) if shared else nn.Identity()
        self.modulation_out = Table(2 * dim) if shared else of_level(dim, 2)
        self.patch_out = nn.Linear(dim, pixels)
        initialise(self)

    def forward(
        self,
        z: Float[Tensor, "b c t h w"],
        t: Float[Tensor, "b"] | Float[Tensor, "b t"],
        cond: Cond | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        self._check(z, cond)
        config = self.config
        x = self.patch_in(self.parts.patchify(z, config.patch))
        place = self.parts.places(*x.shape[1:4]).to(x)
        embed, words = self._told(t, cond, len(z))
        x = x + self._added(place)
        if words is not None and config.text == "context":
            x = self._in_context(x, place, embed, words)
        else:
            layouts = [
                of_grid(window, place, config.attention == "causal", config.rotary) for window in config.windows()
            ]
            x = self._through(x, embed, layouts, words, self._added_later(place))
        return self.parts.unpatchify(self._out(x, embed), config.patch)

    def packed(
        self, clips: Sequence[Float[Tensor, "c _t _h _w"]], t: Float[Tensor, "b"], cond: Cond | None = None
    ) -> list[Float[Tensor, "c _t _h _w"]]:
        """Clips of any sizes in one sequence, each at its own noise level and with its own caption: what is said of each alone.

        Raises ValueError for text in context, whose words would have to stand between the clips.
        """
        config = self.config
        if config.vocabulary and config.text == "context":
            raise ValueError(
                "clips are packed by a transformer that looks at its captions by cross-attention: text='cross'."
            )
        for clip in clips:
            self._check(clip[None], cond)
        tokens = [self.patch_in(self.parts.patchify(clip[None], config.patch)) for clip in clips]
        places = [self.parts.places(*x.shape[1:4]).to(x) for x in tokens]
        rows = [(x + self._added(place)).flatten(0, 3) for x, place in zip(tokens, places, strict=True)]
        whose = torch.cat([torch.full((len(row),), i, device=row.device) for i, row in enumerate(rows)])
        embed, words = self._told(t, cond, len(clips))
        embed = rearrange(embed[whose], "n 1 1 1 d -> 1 n 1 1 d")
        if words is not None:
            own = whose[:, None] == torch.arange(len(clips), device=whose.device)  # n b
            visible = rearrange(own[:, :, None] & words.visible[:, 0], "n b l -> 1 n (b l)")
            words = Words(rearrange(words.vectors, "b l e -> 1 (b l) e"), visible)
        layouts = [of_pack(window, places, config.attention == "causal", config.rotary) for window in config.windows()]
        x = rearrange(torch.cat(rows), "n d -> 1 n 1 1 d")
        later = [self._added_later(place).expand(*place.shape[1:], config.dim) for place in places]
        later = rearrange(torch.cat([table.flatten(0, 2) for table in later]), "n d -> n 1 1 d")
        out = self._out(self._through(x, embed, layouts, words, later), embed).flatten(0, 3)
        parts = zip(out.split([len(row) for row in rows]), places, strict=True)
        return [
            self.parts.unpatchify(part.unflatten(0, place.shape[1:])[None], config.patch)[0] for part, place in parts
        ]

    def matrices(self) -> list[str]:
        """Which of its parameters are matrices inside the network, for an optimizer of matrices: those of attention and MLPs."""
        inner = (".attention.", ".cross.", ".mlp.")
        return [
            name
            for name, weight in self.blocks.named_parameters("blocks")
            if weight.ndim == 2 and any(part in name for part in inner)
        ]

    def _told(self, t: Tensor, cond: Cond | None, batch: int) -> tuple[Float[Tensor, "b #t 1 1 d"], Words | None]:
        """The vector that every block is modulated by, and the caption's words, the null word first."""
        embed = self.noise_level(t if t.ndim == 2 else t[:, None])
        if t.ndim == 2:
            embed = reduce(embed, "b (t f) d -> b t d", "mean", f=self.config.patch[0])
        if not self.config.vocabulary:
            return embed[:, :, None, None], None
        vectors = repeat(self.null_word, "e -> b 1 e", b=batch)
        there = torch.ones(batch, 1, dtype=torch.bool, device=vectors.device)
        if cond is not None and cond.tokens is not None:
            vectors = torch.cat([vectors, self.text(cond.tokens, cond.token_mask)], dim=1)
            there = torch.cat([there, cond.token_mask], dim=1)
        embed = embed + self.text_to_embed(pooled(vectors[:, None], there[:, None]))
        return embed[:, :, None, None], Words(vectors, there[:, None])

    def _added(self, place: Float[Tensor, "3 t h w"]) -> Float[Tensor, "t h w d"] | Float[Tensor, "1"]:
        """What is added to tokens in these places."""
        tables = {"added": sincos_3d, "both": sincos_3d, "latte": sincos_2d}
        table = tables.get(self.config.positions)
        return table(place, self.config.dim, self.config.slowest) if table else place.new_zeros(1)

    def _added_later(self, place: Float[Tensor, "3 t h w"]) -> Float[Tensor, "t h w d"] | Float[Tensor, "1"]:
        """What is added to them before the second block. An image has no time."""
        latte = self.config.positions == "latte" and place.shape[1] > 1
        return sinusoidal(place[0], self.config.dim, self.config.slowest) if latte else place.new_zeros(1)

    def _through(
        self, x: Tensor, embed: Tensor, layouts: Sequence[Layout], words: Words | None, later: Tensor | None = None
    ) -> Tensor:
        """All blocks; of two layouts they take turns. `later` is added before the second block."""
        level = self.modulation(embed)
        for i, block in enumerate(self.blocks):
            if i == 1 and later is not None:
                x = x + later
            x = block(x, level, layouts[i % len(layouts)], words)
        return x

    def _in_context(self, x: Tensor, place: Tensor, embed: Tensor, words: Words) -> Tensor:
        """All blocks, on one sequence: the words, which stand before the first frame and are told its level, then the tokens."""
        whole, many = x.shape[1:4], words.vectors.shape[1]
        before = torch.tensor([[-1.0], [0.0], [0.0]]).expand(3, many)
        rows = torch.cat([before.to(place), place.flatten(1)], dim=1)[:, None]  # 3 1 i
        visible = F.pad(words.visible, (0, rows.shape[-1] - many), value=True).expand(-1, rows.shape[-1], -1)
        if self.config.attention == "causal":
            visible = visible & (rows[0][:, :, None] >= rows[0][:, None, :])
        levels = embed.expand(len(x), *whole, -1).flatten(1, 3)
        levels = torch.cat([levels[:, :1].expand(-1, many, -1), levels], dim=1)[:, :, None, None]
        x = torch.cat([self.word_in(words.vectors), x.flatten(1, 3)], dim=1)[:, :, None, None]
        layout = Layout(ALL, angles_of(rows, self.config.rotary), visible)
        return self._through(x, levels, [layout], None)[:, many:].flatten(1, 3).unflatten(1, whole)

    def _out(
        self, x: Float[Tensor, "b t h w d"], embed: Float[Tensor, "b #t 1 1 d"]
    ) -> Float[Tensor, "b t h w pixels"]:
        level = torch.cat([embed, embed], dim=-1) if self.config.modulation == "shared" else embed
        shift, scale = self.modulation_out(level).chunk(2, dim=-1)
        return self.patch_out(modulated(self.norm_out(x), shift, scale))

    def _check(self, z: Tensor, cond: Cond | None) -> None:
        """A sentence instead of a trace from the depths."""
        self.config.check(tuple(z.shape[1:]))
        if cond is None:
            return
        if cond.tokens is not None and not self.config.vocabulary:
            raise ValueError(
                "this transformer was built without captions (vocabulary=0), but the condition has tokens."
            )
        if cond.tokens is not None and cond.tokens.ndim == 3:
            raise ValueError("this transformer takes one caption a clip, `b l`, but the condition has one a frame.")
        if cond.r is not None:
            raise ValueError(
                "the condition says where a step ends (r), but this transformer was built to say the velocity at one level: "
                "UNetConfig(average=True) builds a network of average velocities."
            )
        if any(part is not None for part in (cond.control, cond.known, cond.numbers, cond.content)):
            raise ValueError(
                "this transformer takes nothing beside a clip and its caption; UNetConfig(known=…, numbers=…) does."
            )
        if cond.images:
            raise ValueError(
                f"this transformer takes clips alone, but {cond.images} of the frames are images of their own."
            )


def initialise(dit: DiT) -> None:
    """Xavier for every matrix, small embeddings of the noise level, and then, last, zero where a branch must begin as nothing.

    The other way round the zeros would be written over, and the network would not begin as the identity.
    """
    for name, module in dit.named_modules():
        if isinstance(module, nn.Linear) and not name.startswith("text."):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for layer in dit.noise_level.mlp:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.02)
    for block in dit.blocks:
        zero_(block.modulation)
        if block.cross is not None:
            zero_(block.cross.to_out)
    zero_(dit.modulation)
    zero_(dit.modulation_out)
    zero_(dit.patch_out)

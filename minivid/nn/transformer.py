"""What a diffusion transformer is made of: patches, attention on tokens and on words, and the block that a noise level modulates (chapter 5).

Tokens are `b t h w d`: in their places, the channels last. Checked by tests/nn/test_dit.py, and with diffusers' weights by
tests/oracles/test_dit.py.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention.core import attend, join_heads, split_heads
from minivid.nn.attention.layout import Layout
from minivid.nn.initial import zero_


def patchify(x: Float[Tensor, "b c t h w"], patch: tuple[int, int]) -> Float[Tensor, "b t1 h1 w1 d"]:
    """A clip as tokens of patch[0] frames of patch[1] × patch[1] pixels, each a vector of all that is in it."""
    return rearrange(x, "b c (t f) (h p) (w q) -> b t h w (c f p q)", f=patch[0], p=patch[1], q=patch[1])


def unpatchify(tokens: Float[Tensor, "b t1 h1 w1 d"], patch: tuple[int, int]) -> Float[Tensor, "b c t h w"]:
    """The clip of these tokens."""
    return rearrange(tokens, "b t h w (c f p q) -> b c (t f) (h p) (w q)", f=patch[0], p=patch[1], q=patch[1])


def modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """x (1 + scale) + shift: at zero it changes nothing."""
    return x * (1 + scale) + shift


def of_level(dim: int, parts: int) -> nn.Sequential:
    """From the noise level's vector to so many of shifts, scales and gates."""
    return nn.Sequential(nn.SiLU(), nn.Linear(dim, parts * dim))


class Table(nn.Module):
    """Adds to shared shifts, scales and gates a block's own."""

    def __init__(self, dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(dim))

    def forward(self, shared: Float[Tensor, "*n e"]) -> Float[Tensor, "*n e"]:
        return shared + self.weight


class TokenAttention(nn.Module):
    """Each token takes in what the others of its sequence hold. Queries and keys of unit size (QK-norm) keep the scores from growing."""

    def __init__(self, dim: int, heads: int, qk_norm: bool = True):
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(dim, 3 * dim)
        self.to_out = nn.Linear(dim, dim)
        self.norm_q, self.norm_k = (nn.RMSNorm(dim // heads, eps=1e-6) if qk_norm else nn.Identity() for _ in range(2))

    def forward(self, x: Float[Tensor, "b t h w d"], layout: Layout) -> Float[Tensor, "b t h w d"]:
        x = rearrange(x, "b t h w d -> b d t h w")
        q, k, v = (split_heads(part, self.heads) for part in self.to_qkv(layout.window.cut(x)).chunk(3, dim=-1))
        q, k = layout.turned(self.norm_q(q)), layout.turned(self.norm_k(k))
        rows = self.to_out(join_heads(attend(q, k, v, layout.mask(len(q)))))
        return rearrange(layout.window.join(rows, x), "b d t h w -> b t h w d")


@dataclass(frozen=True)
class Words:
    """The captions' vectors, and which of them each token sees (or, `b 1 l`, all of its clip's tokens)."""

    vectors: Float[Tensor, "b l e"]
    visible: Bool[Tensor, "b #n l"]


class WordAttention(nn.Module):
    """Each token takes in what the words of its caption say. It begins as nothing."""

    def __init__(self, dim: int, heads: int, dim_words: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_kv = nn.Linear(dim_words, 2 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(self, x: Float[Tensor, "b t h w d"], words: Words) -> Float[Tensor, "b t h w d"]:
        q = split_heads(self.to_q(self.norm(x)).flatten(1, 3), self.heads)
        k, v = (split_heads(part, self.heads) for part in self.to_kv(words.vectors).chunk(2, dim=-1))
        out = self.to_out(join_heads(attend(q, k, v, words.visible[:, None])))
        return out.unflatten(1, x.shape[1:4])


class Block(nn.Module):
    """Attention, the caption, an MLP; AdaLN-Zero: the noise level shifts and scales what goes in, and gates what comes out."""

    def __init__(
        self,
        dim: int,
        heads: int,
        mlp: int = 4,
        qk_norm: bool = True,
        shared: bool = False,
        dim_words: int | None = None,
    ):
        """mlp: how many times as wide its inside is. shared: it is handed the six vectors, and adds its own table. dim_words: channels of
        a caption's words, where it looks at them."""
        super().__init__()
        self.modulation = Table(6 * dim) if shared else of_level(dim, 6)
        self.norm = nn.LayerNorm(dim, eps=1e-6, elementwise_affine=False)
        self.attention = TokenAttention(dim, heads, qk_norm)
        self.cross = WordAttention(dim, heads, dim_words) if dim_words else None
        self.mlp = nn.Sequential(nn.Linear(dim, mlp * dim), nn.GELU("tanh"), nn.Linear(mlp * dim, dim))

    def forward(
        self, x: Float[Tensor, "b t h w d"], level: Float[Tensor, "b #t #h #w e"], layout: Layout, words: Words | None
    ) -> Float[Tensor, "b t h w d"]:
        """level: the noise level's vector or, where the modulation is shared, the six that it became."""
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(level).chunk(6, dim=-1)
        x = x + gate_a * self.attention(modulated(self.norm(x), shift_a, scale_a), layout)
        if self.cross is not None:
            x = x + self.cross(x, words)
        return x + gate_m * self.mlp(modulated(self.norm(x), shift_m, scale_m))

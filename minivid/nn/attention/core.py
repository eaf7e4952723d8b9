"""Attention over space, over time and on the caption (chapter 3; oracles in tests/oracles).

Each is a residual branch on `b c t h w` and ends in a layer that starts at zero.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.conv import FrameNorm
from minivid.nn.initial import zero_


def attend(
    q: Float[Tensor, "n heads i d"],
    k: Float[Tensor, "n heads j d"],
    v: Float[Tensor, "n heads j d"],
    bias: Float[Tensor, "#n #heads #i j"] | None = None,
) -> Float[Tensor, "n heads i d"]:
    """softmax(q kᵀ / √d + bias) v."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


def split_heads(x: Float[Tensor, "n i c"], heads: int) -> Float[Tensor, "n heads i d"]:
    return rearrange(x, "n i (heads d) -> n heads i d", heads=heads)


def join_heads(x: Float[Tensor, "n heads i d"]) -> Float[Tensor, "n i c"]:
    return rearrange(x, "n heads i d -> n i (heads d)")


class SpatialAttention(nn.Module):
    """Each pixel attends to all pixels of its own frame."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
        b, _, t, h, w = x.shape
        pixels = rearrange(self.norm(x), "b c t h w -> (b t) (h w) c")
        q, k, v = (split_heads(part, self.heads) for part in self.to_qkv(pixels).chunk(3, dim=-1))
        out = self.to_out(join_heads(attend(q, k, v)))
        return x + rearrange(out, "(b t) (h w) c -> b c t h w", b=b, t=t, h=h, w=w)


class TemporalAttention(nn.Module):
    """Each pixel attends to the same pixel of the other frames.

    bias: relative position, `heads t t`. visible: True where frame i may see frame j, `t t`; None lets all see all.
    """

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(
        self,
        x: Float[Tensor, "b c t h w"],
        bias: Float[Tensor, "heads t t"],
        visible: Bool[Tensor, "t t"] | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        b, _, _, h, w = x.shape
        tracks = rearrange(self.norm(x), "b c t h w -> (b h w) t c")
        q, k, v = (split_heads(part, self.heads) for part in self.to_qkv(tracks).chunk(3, dim=-1))
        if visible is not None:
            bias = bias.masked_fill(~visible, -torch.inf)
        out = self.to_out(join_heads(attend(q, k, v, bias[None])))
        return x + rearrange(out, "(b h w) t c -> b c t h w", b=b, h=h, w=w)


class CrossAttention(nn.Module):
    """Each pixel attends to the words of the caption, and to one learned null word that is always there.

    Without a caption only the null word is left: that is the unconditional model.
    """

    def __init__(self, dim: int, dim_text: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_kv = nn.Linear(dim_text, 2 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(
        self,
        x: Float[Tensor, "b c t h w"],
        words: Float[Tensor, "b n l e"],
        visible: Bool[Tensor, "b n l"],
    ) -> Float[Tensor, "b c t h w"]:
        """words: n is 1 (a caption a clip) or t (a caption a frame), the null word among them. visible: False at padding."""
        b, _, t, h, w = x.shape
        n = words.shape[1]
        pixels = rearrange(self.norm(x), "b c (n t) h w -> (b n) (t h w) c", n=n)
        q = split_heads(self.to_q(pixels), self.heads)
        k, v = (split_heads(part, self.heads) for part in self.to_kv(words.flatten(0, 1)).chunk(2, dim=-1))
        bias = torch.zeros_like(visible, dtype=q.dtype).masked_fill(~visible, -torch.inf)
        out = self.to_out(join_heads(attend(q, k, v, rearrange(bias, "b n l -> (b n) 1 1 l"))))
        return x + rearrange(out, "(b n) (t h w) c -> b c (n t) h w", b=b, t=t // n, h=h, w=w)

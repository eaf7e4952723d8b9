import torch
from einops import rearrange
from torch import nn

from minivid.nn.attention.core import attend, join_heads, split_heads
from minivid.nn.conv import FrameNorm
from minivid.nn.initial import zero_


class Given(nn.Module):
    """The `__init__` that the student is given, and the pieces that the answers below share."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def qkv(self, x, axes="b c t h w -> (b h w) t c"):
        return [split_heads(part, self.heads) for part in self.to_qkv(rearrange(x, axes)).chunk(3, dim=-1)]

    def back(self, out, x, axes="(b h w) t c -> b c t h w"):
        b, _, t, h, w = x.shape
        sizes = {name: size for name, size in zip("bthw", (b, t, h, w), strict=True) if name in axes.split("->")[0]}
        return rearrange(self.to_out(join_heads(out)), axes, **sizes)


def hide(bias, visible):
    return bias if visible is None else bias.masked_fill(~visible, -torch.inf)


class FrameByFrame(nn.Module):
    """Frame i looks at frame j, written as two loops over frames and one over heads."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(self, x, bias, visible=None):
        q, k, v = self.to_qkv(self.norm(x).movedim(1, -1)).chunk(3, dim=-1)  # each b t h w c
        t, d = x.shape[2], x.shape[1] // self.heads
        out = torch.zeros_like(q)
        for head in range(self.heads):
            part = slice(head * d, (head + 1) * d)
            for i in range(t):
                seen = [j for j in range(t) if visible is None or visible[i, j]]
                scores = [(q[:, i, ..., part] * k[:, j, ..., part]).sum(-1) / d**0.5 + bias[head, i, j] for j in seen]
                weights = torch.stack(scores).softmax(0)
                out[:, i, ..., part] = sum(weights[n, ..., None] * v[:, j, ..., part] for n, j in enumerate(seen))
        return x + self.to_out(out).movedim(-1, 1)


SECOND = FrameByFrame


class NoResidual(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return self.back(attend(q, k, v, hide(bias, visible)[None]), x)


class OverPixels(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x), "b c t h w -> (b t) (h w) c")
        return x + self.back(attend(q, k, v, hide(bias, visible)[None]), x, "(b t) (h w) c -> b c t h w")


class OverEverything(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x), "b c t h w -> b (t h w) c")
        return x + self.back(attend(q, k, v), x, "b (t h w) c -> b c t h w")


class OverTheBatch(Given):
    """What nn.MultiheadAttention does to (b, n, c) without batch_first."""

    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x), "b c t h w -> t (b h w) c")
        return x + self.back(attend(q, k, v), x, "t (b h w) c -> b c t h w")


class HeightAndWidthExchangedOnTheWayBack(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return x + self.back(attend(q, k, v, hide(bias, visible)[None]), x, "(b w h) t c -> b c t h w")


class EachFrameByItself(Given):
    def forward(self, x, bias, visible=None):
        _, _, v = self.qkv(self.norm(x))
        return x + self.back(v, x)


class AlwaysCausal(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        past = torch.ones(x.shape[2], x.shape[2]).tril().bool()
        return x + self.back(attend(q, k, v, bias.masked_fill(~past, -torch.inf)[None]), x)


class SoftmaxOverTheWrongAxis(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        scores = q @ k.mT / q.shape[-1] ** 0.5 + hide(bias, visible)
        return x + self.back(scores.softmax(dim=-2) @ v, x)


class BiasAfterTheSoftmax(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) + bias
        return x + self.back(weights @ v, x)


class NotScaled(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return x + self.back((q @ k.mT + hide(bias, visible)).softmax(-1) @ v, x)


class KeysAndQueriesExchanged(Given):
    def forward(self, x, bias, visible=None):
        k, q, v = self.qkv(self.norm(x))
        return x + self.back(attend(q, k, v, hide(bias, visible)[None]), x)


class ScaledByAllChannels(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        scores = q @ k.mT / x.shape[1] ** 0.5 + hide(bias, visible)
        return x + self.back(scores.softmax(-1) @ v, x)


class HeadsInterleaved(Given):
    def forward(self, x, bias, visible=None):
        parts = self.to_qkv(rearrange(self.norm(x), "b c t h w -> (b h w) t c")).chunk(3, dim=-1)
        q, k, v = (rearrange(part, "n t (d heads) -> n heads t d", heads=self.heads) for part in parts)
        return x + self.back(attend(q, k, v, hide(bias, visible)[None]), x)


class WithoutBias(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return x + self.back(attend(q, k, v, hide(torch.zeros_like(bias), visible)[None]), x)


class BiasTransposed(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return x + self.back(attend(q, k, v, hide(bias.mT, visible)[None]), x)


class MaskDeclaredNeverUsed(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return x + self.back(attend(q, k, v, bias[None]), x)


class MaskInverted(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        return x + self.back(attend(q, k, v, hide(bias, None if visible is None else ~visible)[None]), x)


class MaskAfterTheSoftmax(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(self.norm(x))
        weights = (q @ k.mT / q.shape[-1] ** 0.5 + bias).softmax(-1)
        return x + self.back((weights if visible is None else weights * visible) @ v, x)


class WithoutNorm(Given):
    def forward(self, x, bias, visible=None):
        q, k, v = self.qkv(x)
        return x + self.back(attend(q, k, v, hide(bias, visible)[None]), x)


class AddedToTheNormed(Given):
    def forward(self, x, bias, visible=None):
        x = self.norm(x)
        q, k, v = self.qkv(x)
        return x + self.back(attend(q, k, v, hide(bias, visible)[None]), x)


WRONG = {
    "identity at the start": [NoResidual],
    "own pixel only": [OverPixels, OverEverything, OverTheBatch, HeightAndWidthExchangedOnTheWayBack],
    "every frame": [EachFrameByItself, AlwaysCausal],
    "still clip": [SoftmaxOverTheWrongAxis, BiasAfterTheSoftmax],
    "one head": [NotScaled, KeysAndQueriesExchanged],
    "several heads": [ScaledByAllChannels, HeadsInterleaved],
    "bias": [WithoutBias, BiasTransposed],
    "visible": [MaskDeclaredNeverUsed, MaskInverted, MaskAfterTheSoftmax],
    "norm": [WithoutNorm, AddedToTheNormed],
}

"""Who looks at whom: the weights of attention layers, read while a model runs (chapter 3 draws them).

A layer's fused kernel keeps its weights to itself, so they are computed once more from the layer's own parts. Held against the
layers' outputs by tests/nn/test_attention_maps.py.
"""

from collections.abc import Callable

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention.core import CrossAttention, TemporalAttention, split_heads
from minivid.nn.condition import Cond

FrameMaps = Float[Tensor, "heads h w t t"]
WordMaps = Float[Tensor, "heads t h w l"]


@torch.no_grad()
def temporal_attention_maps(model: nn.Module, z: Tensor, t: Tensor, cond=None) -> dict[str, FrameMaps]:
    """Run `model(z, t, cond)` and return every temporal attention layer's weights for the first clip, `heads h w t t`.

    Rows are the frames that look (each sums to one), columns the frames looked at. The model is only watched, not changed.
    """
    return _watched(model, TemporalAttention, _over_frames, z, t, cond)


@torch.no_grad()
def cross_attention_maps(model: nn.Module, z: Tensor, t: Tensor, cond: Cond | None = None) -> dict[str, WordMaps]:
    """Run `model(z, t, cond)` and return every cross-attention layer's weights for the first clip, `heads t h w l`.

    Over the words l, the null word first, each sums to one. The model is only watched, not changed. Raises ValueError when it
    has no such layer, and for a condition with another caption in every frame.
    """
    if cond is not None and cond.tokens is not None and cond.tokens.ndim == 3:
        raise ValueError(
            f"the condition has a caption a frame, {tuple(cond.tokens.shape)} (b t l); expected one a clip, (b l)."
        )
    return _watched(model, CrossAttention, _over_words, z, t, cond)


def _watched(model: nn.Module, kind: type[nn.Module], read: Callable[..., Tensor], *inputs) -> dict[str, Tensor]:
    """Run `model(*inputs)`; return `read(layer, *its inputs)` of every layer of that kind, by name. The model is not changed.

    Raises ValueError when it has no such layer.
    """
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no {kind.__name__} layer to look at.")
    seen = {}

    def note(name: str):
        def hook(layer, args):
            seen[name] = read(layer, *args)

        return hook

    handles = [layer.register_forward_pre_hook(note(name)) for name, layer in layers.items()]
    try:
        with torch.no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return {name.rpartition(".")[0].replace(".", " "): values for name, values in seen.items()}


def _over_frames(
    layer: TemporalAttention,
    x: Float[Tensor, "b c t h w"],
    bias: Float[Tensor, "heads t t"],
    visible: Bool[Tensor, "t t"] | None = None,
) -> FrameMaps:
    """softmax(q kᵀ / √d + bias) of each pixel over the frames."""
    h, width = x.shape[3:]
    tracks = rearrange(layer.norm(x[:1]), "1 c t h w -> (h w) t c")
    q, k, _ = (split_heads(part, layer.heads) for part in layer.to_qkv(tracks).chunk(3, dim=-1))
    if visible is not None:
        bias = bias.masked_fill(~visible, -torch.inf)
    weights = (q @ k.mT / q.shape[-1] ** 0.5 + bias).softmax(-1)
    return rearrange(weights, "(h w) heads i j -> heads h w i j", h=h, w=width).cpu()


def _over_words(
    layer: CrossAttention,
    x: Float[Tensor, "b c t h w"],
    words: Float[Tensor, "b 1 l e"],
    visible: Bool[Tensor, "b 1 l"],
) -> WordMaps:
    """softmax(q kᵀ / √d) of each pixel over the words that are there."""
    t, h, w = x.shape[2:]
    q = split_heads(layer.to_q(rearrange(layer.norm(x[:1]), "1 c t h w -> 1 (t h w) c")), layer.heads)
    k, _ = (split_heads(part, layer.heads) for part in layer.to_kv(words[0]).chunk(2, dim=-1))
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~visible[0], -torch.inf)
    return rearrange(scores.softmax(-1), "1 heads (t h w) l -> heads t h w l", t=t, h=h, w=w).cpu()

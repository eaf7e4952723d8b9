"""Who looks at whom: the weights of attention layers, read while a model runs (chapters 2 and 3 draw them).

A layer's fused kernel keeps its weights to itself, so they are computed once more from the layer's own parts. Held against the
layers' outputs by tests/nn/test_attention_maps.py.
"""

from collections.abc import Callable

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention import keys
from minivid.nn.attention.core import TIME, Attention, attend
from minivid.nn.condition import Cond

FrameMaps = Float[Tensor, "heads h w t t"]
WordMaps = Float[Tensor, "heads t h w l"]
PlaceMaps = Float[Tensor, "heads t h w t h w"]


@torch.no_grad()
def temporal_attention_maps(model: nn.Module, z: Tensor, t: Tensor, cond=None) -> dict[str, FrameMaps]:
    """Run `model(z, t, cond)` and return every temporal attention layer's weights for the first clip, `heads h w t t`.

    Rows are the frames that look (each sums to one), columns the frames looked at. The model is only watched, not changed.
    """
    return _by_stage(
        _watched(model, "temporal attention", lambda layer: layer.window == TIME, _over_frames, z, t, cond)
    )


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
    return _by_stage(
        _watched(model, "cross-attention", lambda layer: layer.keys is keys.words, _over_words, z, t, cond)
    )


@torch.no_grad()
def place_attention_maps(model: nn.Module, *inputs) -> dict[str, PlaceMaps]:
    """Run `model(*inputs)` and return the weights of every attention layer within a clip, for the first clip, `heads t h w t h w`.

    How much the place `t h w` takes in from each place; zero outside its window. Whatever the windows are, space, time, all or boxes, each sums to
    one. Layers without scores (linear attention) are left out. The model is only watched, not changed. Raises ValueError when it has
    no such layer.
    """

    def within(layer: Attention) -> bool:
        return layer.keys is keys.itself and layer.attend is attend

    return _watched(model, "attention within a clip", within, _over_places, *inputs)


def _watched(
    model: nn.Module, what: str, chosen: Callable[[Attention], bool], read: Callable[..., Tensor], *inputs
) -> dict[str, Tensor]:
    """Run `model(*inputs)`; return `read(layer, *its inputs)` of each attention layer that is chosen, by name. The model is not changed.

    Raises ValueError when it has no such layer; `what` says which.
    """
    layers = {name: part for name, part in model.named_modules() if isinstance(part, Attention) and chosen(part)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no {what} layer to look at.")
    seen = {}

    def note(name: str):
        def hook(layer, args, options):
            seen[name] = read(layer, *args, **options)

        return hook

    handles = [layer.register_forward_pre_hook(note(name), with_kwargs=True) for name, layer in layers.items()]
    try:
        with torch.no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return {name.replace(".", " "): values for name, values in seen.items()}


def _by_stage(maps: dict[str, Tensor]) -> dict[str, Tensor]:
    """Named by what the layer is a part of: "down 0" and not "down 0 temporal"."""
    return {name.rpartition(" ")[0]: values for name, values in maps.items()}


def _over_frames(
    layer: Attention, x: Float[Tensor, "b c t h w"], *more: Tensor | None, **by_name: Tensor | None
) -> FrameMaps:
    """softmax(q kᵀ / √d + bias) of each pixel over the frames."""
    q, k, _, bias = layer.scored(x[:1], *more, **by_name)
    weights = (q @ k.mT / q.shape[-1] ** 0.5 + (0 if bias is None else bias)).softmax(-1)
    return rearrange(weights, "(h w) heads i j -> heads h w i j", h=x.shape[3]).cpu()


def _over_places(
    layer: Attention, x: Float[Tensor, "b c t h w"], *more: Tensor | None, **by_name: Tensor | None
) -> PlaceMaps:
    """The weights of each window's places, put where those places lie in the clip."""
    q, k, _, bias = layer.scored(x[:1], *more, **by_name)
    weights = (q @ k.mT / q.shape[-1] ** 0.5 + (0 if bias is None else bias)).softmax(-1).cpu()
    whole = x.shape[2:]
    n = whole.numel()
    numbered = torch.arange(1, n + 1, dtype=torch.float64).reshape(1, 1, *whole)  # 0 is what fills a box up
    place = layer.window.cut(numbered)[..., 0].long()  # n i
    dense = torch.zeros(layer.heads, n + 1, n + 1)
    dense[:, place[:, :, None], place[:, None, :]] = weights.movedim(1, 0)
    return dense[:, 1:, 1:].reshape(layer.heads, *whole, *whole)


def _over_words(
    layer: Attention,
    x: Float[Tensor, "b c t h w"],
    caption: Float[Tensor, "b 1 l e"],
    visible: Bool[Tensor, "b 1 l"],
) -> WordMaps:
    """softmax(q kᵀ / √d) of each pixel over the words that are there."""
    q, k, _, bias = layer.scored(x[:1], caption=caption[:1], visible=visible[:1])
    weights = (q @ k.mT / q.shape[-1] ** 0.5 + bias).softmax(-1)
    return rearrange(weights, "t heads (h w) l -> heads t h w l", h=x.shape[3]).cpu()

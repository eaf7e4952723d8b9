"""A model's layers watched while it runs (tests/chapters/ch03/widgets/test_attention.py, test_words.py)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def watched(model: nn.Module, kind: type[nn.Module], read: Callable[..., Tensor], *inputs) -> dict[str, Tensor]:
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

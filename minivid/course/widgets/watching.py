"""A model's layers watched while it runs (tests/course/widgets/test_attention.py, test_words.py)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from minivid.nn.attention.core import Attention


def watched(
    model: nn.Module, what: str, chosen: Callable[[Attention], bool], read: Callable[..., Tensor], *inputs
) -> dict[str, Tensor]:
    """Run `model(*inputs)`; return `read(layer, *its inputs)` of each attention layer that is chosen, by name. The model is not changed.

    Raises ValueError when it has no such layer, `what` says which.
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
    return {name.rpartition(".")[0].replace(".", " "): values for name, values in seen.items()}

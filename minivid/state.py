"""A run's state on disk: all that it needs to go on to the byte (tests/test_train.py).

Tensors by name in one safetensors file: model.NAME, ema.NAME, and optimizer.KEY.NAME for what its optimizer remembers of a weight.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from minivid import checkpoint

FILE = "state.safetensors"
Optimizers = Sequence[torch.optim.Optimizer]


def write(path: Path, model: nn.Module, ema: nn.Module, optimizers: Optimizers, about: dict[str, Any]) -> None:
    """The state into one file, `about` into its manifest. Raises CheckpointError when folder or disk do not let it."""
    tensors = {f"model.{name}": weight for name, weight in checkpoint.weights_of(model).items()}
    tensors |= {f"ema.{name}": weight for name, weight in checkpoint.weights_of(ema).items()}
    for name, weight in model.named_parameters():
        tensors |= {f"optimizer.{key}.{name}": value for key, value in memory(weight, optimizers).items()}
    checkpoint.write(path, tensors, about)


def take_up(tensors: dict[str, Tensor], model: nn.Module, ema: nn.Module, optimizers: Optimizers, source: str) -> None:
    """Put a state's tensors where they came from. Raises CheckpointError, naming `source`, for those of another model."""
    checkpoint.load_into(model, part(tensors, "model."), source)
    checkpoint.load_into(ema, part(tensors, "ema."), source)
    remembered = part(tensors, "optimizer.")
    for name, weight in model.named_parameters():
        own = {key.removesuffix(f".{name}"): value for key, value in remembered.items() if key.endswith(f".{name}")}
        # "step.conv.weight" is of conv.weight and not of weight: a key of an optimizer has no dot
        found = {key: value.to(weight.device) if value.ndim else value for key, value in own.items() if "." not in key}
        memory(weight, optimizers).update(found)


def memory(weight: nn.Parameter, optimizers: Optimizers) -> dict[str, Tensor]:
    """What the optimizer of a weight remembers of it; nothing for one that is not trained."""
    for optimizer in optimizers:
        if any(weight is other for group in optimizer.param_groups for other in group["params"]):
            return optimizer.state[weight]
    return {}


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose name begins with `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

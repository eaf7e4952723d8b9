"""How weights begin."""

from torch import nn


def zero_(module: nn.Module) -> nn.Module:
    """The module with all its weights at zero: a residual branch that ends in one begins as nothing, and learns from there."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module

"""What layers cost by formula: floating-point operations, a multiplication and an addition being two, and numbers that are kept (chapter 2).

Of a batch of one clip. Held against torch's own counter, where that counts, in tests/nn/test_cost.py.
"""

from torch import nn


def weights(layer: nn.Module) -> int:
    """The numbers in its kernels and matrices; biases and norms are left out."""
    return sum(parameter.numel() for parameter in layer.parameters() if parameter.ndim > 1)


def conv_flops(layer: nn.Module, frames: int, height: int, width: int) -> int:
    """Of a stack of convolutions that keep the clip's size: each weight is used once at each place, zeros beside the clip included."""
    return 2 * weights(layer) * frames * height * width


def attention_flops(dim: int, places: int, keys: int) -> int:
    """Of an attention layer in which each place looks at so many keys: four projections, the scores, and the weighted sum."""
    return 8 * places * dim**2 + 4 * places * keys * dim


def linear_attention_flops(dim: int, heads: int, places: int) -> int:
    """Of linear attention: four projections; keys times values, a d × d matrix for each head; queries times that; the denominator."""
    return 8 * places * dim**2 + 4 * places * dim * dim // heads + 2 * places * dim


def scores(heads: int, places: int, keys: int) -> int:
    """How many numbers stand between queries and values, for a kernel that writes them down: one a head, place and key."""
    return heads * places * keys

"""Low-rank adapters (Hu et al. 2021, "LoRA"): W + U D beside a frozen W, in a network of the same names (chapter 6; tests/adapt)."""

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.adapt.base import base_model, without_base
from minivid.checkpoint import load_into, weights_of
from minivid.nn.attention.core import Attention
from minivid.nn.unet import UNet, UNetConfig

OWN = ("up", "down")
"""Names of the two matrices beside a frozen one."""


class LowRankLinear(nn.Linear):
    """A linear layer whose weight is W + U D; W and the bias stand, U (out × rank) begins at zero and D (rank × in) at random."""

    def __init__(self, dim_in: int, dim_out: int, rank: int, bias: bool = True):
        super().__init__(dim_in, dim_out, bias)
        self.down = nn.Parameter(torch.randn(rank, dim_in) / dim_in**0.5)
        self.up = nn.Parameter(torch.zeros(dim_out, rank))

    def forward(self, x: Float[Tensor, "*n i"]) -> Float[Tensor, "*n o"]:
        return super().forward(x) + F.linear(F.linear(x, self.down), self.up)


@dataclass(frozen=True)
class LowRankConfig(UNetConfig):
    """A U-Net's shape, and the rank of the adapters on its attentions' linear layers."""

    rank: int = 4
    base: str = ""
    """A model of the zoo whose weights stand in the network and not in its file; without it, weights are loaded or drawn with the rest."""
    sha256: str = ""
    """How the hash of the base's weights begins."""

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.rank, int) or self.rank < 1:
            raise ValueError(f"rank is {self.rank!r}; expected a whole number of at least 1.")

    def build(self) -> UNet:
        """The network, its adapters alone asking for gradients."""
        network = UNet(self)
        for layer in [part for part in network.modules() if isinstance(part, Attention)]:
            for name, linear in [(n, part) for n, part in layer.named_children() if isinstance(part, nn.Linear)]:
                sizes = (linear.in_features, linear.out_features, self.rank, linear.bias is not None)
                setattr(layer, name, LowRankLinear(*sizes))
        for name, weight in network.named_parameters():
            weight.requires_grad_(self.trains(name))
        if not self.base:
            return network
        own = {name: weight for name, weight in weights_of(network).items() if self.trains(name)}
        load_into(network, {**weights_of(base_model(self.base, self.sha256)), **own}, self.base)
        return without_base(network)

    def trains(self, name: str) -> bool:
        """Whether a weight of that name is an adapter's."""
        return name.rpartition(".")[2] in OWN


def adapt(network: UNet, rank: int = 4) -> UNet:
    """The network with adapters that do nothing yet; its own weights are copied and stand.

    Raises ValueError for a network that is no plain U-Net: merge what it has first.
    """
    if type(network.config) is not UNetConfig:
        raise ValueError(f"adapters are for a plain U-Net, not for one of {type(network.config).__name__}.")
    adapted = LowRankConfig(**shape_of(network.config), rank=rank).build()
    own = {name: weight for name, weight in weights_of(adapted).items() if adapted.config.trains(name)}
    load_into(adapted, {**weights_of(network), **own}, "the network")
    return adapted


def merged(adapted: UNet, strength: float | int = 1.0) -> UNet:
    """A plain U-Net with the weights W + strength · U D: as large and as fast as before. Raises ValueError for one without adapters."""
    if not isinstance(adapted.config, LowRankConfig):
        raise ValueError("this network has no low-rank adapters to merge.")
    weights = {name: weight.detach() for name, weight in (*adapted.named_parameters(), *adapted.named_buffers())}
    for name in [name for name in weights if name.endswith(".down")]:
        layer = name.removesuffix(".down")
        weights[f"{layer}.weight"] = weights[f"{layer}.weight"] + strength * weights.pop(f"{layer}.up") @ weights.pop(
            name
        )
    network = UNetConfig(**shape_of(adapted.config)).build()
    load_into(network, weights, "the adapted network")
    return network


def shape_of(config: UNetConfig) -> dict:
    """The options of a plain U-Net."""
    return {field.name: getattr(config, field.name) for field in fields(UNetConfig)}

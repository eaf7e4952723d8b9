"""What the rest of the library asks of a network, and of the configuration that builds it (tests/test_any_network.py has another)."""

from typing import Protocol, runtime_checkable

from torch import nn


@runtime_checkable
class NetworkConfig(Protocol):
    """A frozen dataclass of plain values, at the top of its module, so that a manifest can hold it and name it.

    The network may say which of its weights are matrices for Muon, `matrices() -> list of names`; of one that does not, none are.
    One that has `calibrate(*videos)` is shown some clips when its training has ended.
    """

    vocabulary: int
    """How many words it knows; 0 for a network without captions."""

    def build(self) -> nn.Module:
        """The network, its weights drawn by torch's global generator."""

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError, in a sentence, for a clip of `c t h w` that the network cannot take."""

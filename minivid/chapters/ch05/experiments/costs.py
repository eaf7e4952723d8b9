"""What each kind of attention costs in a whole transformer, measured here."""

import time
from collections.abc import Mapping
from dataclasses import replace

import torch

from minivid.nn.dit import ATTENTION, DiTConfig
from minivid.tools.seeds import plain_generator

KINDS = ATTENTION
NETWORK = DiTConfig(patch=(2, 4), dim=96, depth=4, heads=3, window=(4, 4, 4))


def seconds_of(clip: tuple[int, int, int] = (16, 32, 32), batch: int = 2, repeats: int = 3) -> dict[str, float]:
    """The fastest of some passes forward and back, for each kind; they take turns, after one each that is not counted."""
    z = torch.randn(batch, NETWORK.channels, *clip, generator=plain_generator(0))
    networks = {kind: replace(NETWORK, attention=kind).build() for kind in KINDS}
    best = dict.fromkeys(KINDS, float("inf"))
    for network in networks.values():  # the first pass of a process sets things up
        network(z, torch.zeros(batch)).sum().backward()
    for _ in range(repeats):
        for kind, network in networks.items():
            start = time.perf_counter()
            network(z, torch.zeros(batch)).sum().backward()
            best[kind] = min(best[kind], time.perf_counter() - start)
    return best


def cost_sentence(seconds: Mapping[str, float]) -> str:
    """Each kind's time as a multiple of factorized attention's."""
    return ", ".join(f"{kind} {value / seconds['factorized']:.1f}" for kind, value in seconds.items())

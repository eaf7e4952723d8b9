"""How long a recurrent state of k numbers remembers what went behind an occluder."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.data.world import Clips, World
from minivid.nn.propagation import ConvGRUCell, propagate
from minivid.tools.seeds import generator
from minivid.train import TrainConfig

SEEN, ASKED, LONGER = 4, 8, 16
"""Frames in which the digit is seen; frames behind the occluder in training; and in the test."""
WORLD = World(frames=SEEN + LONGER)
TRAINING = TrainConfig(steps=800, batch=64, lr=5e-3, warmup=20)
WIDTHS = (1, 2, 4, 8, 16, 32)


class Rememberer(nn.Module):
    """A GRU whose state is `dim` numbers, and what is now behind the occluder, read from that state alone.

    Told of each frame `b 12 t`: which digit (one of ten) and where (two numbers), zeros where nothing is seen. Says `b t 12` in kind.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.cell = ConvGRUCell(12, dim, kernel=1)
        self.say = nn.Sequential(nn.Linear(dim, 64), nn.SiLU(), nn.Linear(64, 12))

    def forward(self, told: Float[Tensor, "b 12 t"]) -> Float[Tensor, "b t 12"]:
        return self.say(propagate(self.cell, told[..., None, None])[..., 0, 0].mT)


@lru_cache(maxsize=2)
def pool(n: int = 4096, seed: int = 1) -> Clips:
    return WORLD.sample(n, (seed, n))


def facts(c):
    where = (c.position[:, :, 0] - 7.5) / 3
    return torch.cat([F.one_hot(c.digit, 10).float().expand(-1, where.shape[1], -1), where], -1)


def hidden(f):
    f = f.clone()
    f[:, SEEN:] = 0
    return f.mT


def batches(n, seed):
    which = torch.randint(len(pool()), (n,), generator=generator(seed, "clips"))
    f = facts(pool())[which, : SEEN + ASKED]
    return hidden(f), f


def loss(model, batch, step):
    told, f = batch
    said, f = model(told)[:, SEEN:], f[:, SEEN:]
    return (
        F.cross_entropy(said[..., :10].flatten(0, 1), f[..., :10].argmax(-1).flatten())
        + (said[..., 10:] - f[..., 10:]).square().mean()
    )

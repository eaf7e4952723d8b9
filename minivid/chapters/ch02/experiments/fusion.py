"""Where should frames meet? Small networks of equal size tell in which direction and how fast a digit moves.

Networks differ in which of their layers see time (Karpathy et al. 2014 call it early, late and slow fusion), and in how.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from scipy import stats
from torch import Tensor, nn

from minivid.data import World
from minivid.data.captions import SPEEDS
from minivid.nn.attention.core import TIME, Attention
from minivid.nn.conv import FrameNorm, SpatialConv
from minivid.nn.embed import PlaceEmbedding
from minivid.nn.spacetime import Conv2Plus1d, PseudoConv3d, full_conv
from minivid.tools.progress import progress

WORLD = World(digit_size=8)
CLASSES = [(way, speed) for way in WORLD.directions for speed in SPEEDS]
"""What is told apart: four directions at two speeds."""
OUT = 32
"""Channels of the last convolution, in every network."""
WEIGHTS = 15_000
"""Parameters of each network, as nearly as its width allows."""


def linear_conv(dim_in: int, dim_out: int) -> nn.Module:
    """(2+1)D that has lost its ReLU."""
    layer = Conv2Plus1d(dim_in, dim_out)
    return nn.Sequential(layer.space, layer.time)


@dataclass(frozen=True)
class Arm:
    """Three convolutions by kind, the clip halved in height and width after each, and perhaps attention over time at the end."""

    convolutions: tuple
    attention: bool = False


SPACE_THEN = (SpatialConv, SpatialConv)
ARMS = {
    "no time": Arm((*SPACE_THEN, SpatialConv)),
    "early": Arm((PseudoConv3d, *SPACE_THEN)),
    "late": Arm((*SPACE_THEN, PseudoConv3d)),
    "slow": Arm((PseudoConv3d, PseudoConv3d, PseudoConv3d)),
    "slow, (2+1)D": Arm((Conv2Plus1d, Conv2Plus1d, Conv2Plus1d)),
    "slow, without the ReLU": Arm((linear_conv, linear_conv, linear_conv)),
    "slow, full 3×3×3": Arm((full_conv, full_conv, full_conv)),
    "attention": Arm((*SPACE_THEN, SpatialConv), attention=True),
    "early and attention": Arm((PseudoConv3d, *SPACE_THEN), attention=True),
}


class Reader(nn.Module):
    """A clip to the scores of CLASSES: three convolutions, each with a ReLU and halved, then the mean over what is left."""

    def __init__(self, arm: Arm, width: int):
        super().__init__()
        dims = (1, width, width, OUT)
        self.convolutions = nn.ModuleList(
            kind(*dims) for kind, dims in zip(arm.convolutions, pairwise(dims), strict=True)
        )
        self.norms = nn.ModuleList(FrameNorm(dim, 2) for dim in dims[1:])
        self.attention = nn.ModuleList([PlaceEmbedding(OUT), Attention(OUT, 4, TIME)] if arm.attention else [])
        self.head = nn.Linear(OUT, len(CLASSES))

    def forward(self, x: Float[Tensor, "b 1 t h w"]) -> Float[Tensor, "b classes"]:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.avg_pool3d(F.relu(norm(convolution(x))), (1, 2, 2))
        for layer in self.attention:
            x = layer(x)
        return self.head(F.relu(x).mean((2, 3, 4)))


@cache
def width_of(name: str) -> int:
    """The width with which the network of that arm has a number of parameters nearest to WEIGHTS."""
    with torch.device("meta"):
        sizes = {w: sum(p.numel() for p in Reader(ARMS[name], w).parameters()) for w in range(4, 97, 2)}
    return min(sizes, key=lambda w: abs(sizes[w] - WEIGHTS))


def reader(name: str, seed: int) -> Reader:
    """A fresh network of that arm."""
    torch.manual_seed(seed)
    return Reader(ARMS[name], width_of(name))


def batch(n: int, seed, split: str = "train") -> tuple[Float[Tensor, "n 1 t h w"], Int[Tensor, "n"]]:
    """Clips and which of CLASSES each is."""
    clips = replace(WORLD, split=split).sample(n, seed)
    told = WORLD.words(clips.velocity[:, 0, 0])
    return clips.video, torch.tensor([CLASSES.index(words) for words in told])


def train_reader(
    name: str, seed: int, steps: int, size: int = 32, rate: float = 4e-3, n: int = 512
) -> tuple[Reader, float]:
    """A trained network, and the share of n unseen clips in unseen handwriting that it reads rightly."""
    network = reader(name, seed)
    optimizer = torch.optim.AdamW(network.parameters(), rate)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for step in range(steps):
        video, wanted = batch(size, (seed, step))
        F.cross_entropy(network(video), wanted).backward()
        optimizer.step()
        optimizer.zero_grad()
        plan.step()
    return network, accuracy(network, n)


@torch.no_grad()
def accuracy(network: nn.Module, n: int = 512, seed: int = 99) -> float:
    video, wanted = batch(n, seed, "heldout")
    return (network(video).argmax(1) == wanted).double().mean().item()


def measure_fusion(seeds: tuple[int, ...] = (0, 1, 2, 3), steps: int = 200, n: int = 512) -> dict:
    """Held-out accuracy of each arm, trained alike from each seed, and its number of parameters."""
    rows = {name: {"accuracy": [], "parameters": 0} for name in ARMS}
    for name in progress(list(ARMS), len(ARMS), "network"):
        for seed in seeds:
            network, right = train_reader(name, seed, steps, n=n)
            rows[name]["accuracy"].append(right)
            rows[name]["parameters"] = sum(p.numel() for p in network.parameters())
    return {"steps": steps, "classes": len(CLASSES), "rows": rows}


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % interval over seeds (Student's t)."""
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = stats.t.ppf(0.975, len(values) - 1) * deviation / math.sqrt(len(values))
    return mean, mean - half, mean + half


def fusion_table(found) -> str:
    """A line for each arm: parameters, mean accuracy and interval, every seed."""
    lines = [f"{'':24}{'parameters':>11}   read rightly, mean and 95 % interval"]
    for name in ARMS:
        row = found["rows"][name]
        mean, low, high = interval(row["accuracy"])
        each = " ".join(f"{value:.2f}" for value in row["accuracy"])
        lines.append(f"{name:24}{row['parameters']:11,}   {mean:.2f} [{low:.2f}, {min(high, 1):.2f}]   {each}")
    return "\n".join(lines)

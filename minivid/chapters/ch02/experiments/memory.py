"""How long a recurrent state of k numbers remembers what went behind an occluder."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from statistics import fmean

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.course.receipt import Receipt
from minivid.data.world import World
from minivid.nn.propagation import ConvGRUCell, propagate
from minivid.tools.seeds import generator
from minivid.train import Step, TrainConfig, Training

SEEN, ASKED, LONGER = 4, 8, 16
"""Frames in which the digit is seen; frames behind the occluder in training; and in the test."""
WORLD = World(frames=SEEN + LONGER)
TRAINING = TrainConfig(steps=2500, batch=64, lr=1e-2, warmup=20)
WIDTHS = (1, 4, 16, 64)
UNIT = 3.0
"""Pixels: what a 1 means where places are told and said."""


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
def facts(n: int, split: str, seed: int) -> Float[Tensor, "n t 12"]:
    """Of n clips, frame by frame: the digit, one-hot, and its place (in units of UNIT pixels from the middle)."""
    clips = replace(WORLD, split=split).sample(n, seed)
    middle = torch.tensor([WORLD.width - 1, WORLD.height - 1]) / 2
    place = (clips.position[:, :, 0] - middle) / UNIT
    return torch.cat([F.one_hot(clips.digit, 10).float().expand(-1, WORLD.frames, -1), place], dim=-1)


def behind(facts: Float[Tensor, "b t 12"]) -> Float[Tensor, "b 12 t"]:
    """What is told of clips whose digit goes behind an occluder after SEEN frames: nothing from there on."""
    seen = (torch.arange(facts.shape[1], device=facts.device) < SEEN)[:, None]
    return (facts * seen).mT


def batches(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """What a training step eats: what is told, and what is so."""
    so = facts(4096, "train", 1)
    so = so[torch.randint(len(so), (n,), generator=generator(seed, "clips")), : SEEN + ASKED]
    return behind(so), so


def remembering_loss(model: nn.Module, batch: tuple[Tensor, Tensor], step: Step) -> Float[Tensor, ""]:
    """Behind the occluder: cross-entropy of the digit, squared error of the place."""
    told, so = (step.own(part) for part in batch)
    said, so = model(told)[:, SEEN:], so[:, SEEN:]
    which = F.cross_entropy(said[..., :10].flatten(0, 1), so[..., :10].flatten(0, 1))
    return which + (said[..., 10:] - so[..., 10:]).square().mean()


def trained_memory(dim: int, seed: int = 0, steps: int = TRAINING.steps) -> Rememberer:
    """A state of `dim` numbers, trained to hold on for ASKED frames."""
    torch.manual_seed(seed)
    training = replace(TRAINING.shortened(steps), seed=seed)
    run = Training(Rememberer(dim), batches, remembering_loss, training)
    for _ in run.steps(progress=False):
        pass
    return run.ema


@torch.no_grad()
def recall(
    model: Callable[[Tensor], Tensor], n: int = 512, seed: int = 9
) -> tuple[Float[Tensor, "t"], Float[Tensor, "t"]]:
    """After 1, 2, … LONGER frames behind the occluder: the share of digits that are named rightly, and how far off the place is (pixels)."""
    so = facts(n, "heldout", seed)
    said = model(behind(so))[:, SEEN:]
    so = so[:, SEEN:]
    named = (said[..., :10].argmax(-1) == so[..., :10].argmax(-1)).float().mean(0)
    return named, UNIT * (said[..., 10:] - so[..., 10:]).norm(dim=-1).mean(0)


def guess(n: int = 512, seed: int = 9) -> float:
    """How far off the place is of one who always says where digits are on average (pixels)."""
    place = UNIT * facts(n, "heldout", seed)[:, SEEN:, 10:]
    return (place - UNIT * facts(4096, "train", 1)[:, SEEN:, 10:].mean((0, 1))).norm(dim=-1).mean().item()


def measure_memory(seeds: tuple[int, ...] = (0, 1, 2), steps: int = TRAINING.steps) -> dict:
    """States of 1 to 64 numbers: how long each knows which digit went behind an occluder, and where it is by now."""
    rows = {}
    for dim in WIDTHS:
        named, off = zip(*(recall(trained_memory(dim, seed, steps)) for seed in seeds), strict=True)
        rows[str(dim)] = {"named": torch.stack(named), "off": torch.stack(off)}  # seeds t
    return {"rows": rows, "guess": guess(), "steps": steps, "batch": TRAINING.batch, "trained": ASKED}


def memory_table(found: Receipt, hidden: tuple[int, ...] = (1, 4, 8, 16)) -> str:
    """A line a width: both answers after some numbers of frames, the mean of the seeds, the least and the largest in brackets."""
    head = "".join(f"{f'{frames} hidden':^20}" for frames in hidden)
    lines = []
    for key, words, form in (
        ("named", "the digit, share named rightly", ".2f"),
        ("off", "the place, pixels off", ".1f"),
    ):
        lines += [words, f"{'':14}{head}"]
        for dim in WIDTHS:
            values = [[seed[frames - 1] for seed in found["rows"][str(dim)][key]] for frames in hidden]
            cells = (f"{fmean(each):{form}} [{min(each):{form}}, {max(each):{form}}]" for each in values)
            lines.append(f"{dim:>3} number{'s' if dim > 1 else ' '}   " + "".join(f"{cell:^20}" for cell in cells))
    lines.append(f"(one who says the mean place every time is {found['guess']:.1f} pixels off)")
    return "\n".join(lines)

"""The student's own pieces, put together: what the chapter trains and draws with."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

import torch
from torch import Tensor

from minivid.chapters.ch03.experiments.laptop import LAPTOP
from minivid.course.pieces import Pieces, Trial
from minivid.nn.condition import Cond
from minivid.nn.unet import Parts, UNet, UNetConfig, pooled_by
from minivid.train import Update, update, written_out

WIDTH, HEADS = LAPTOP.network.widths[0], LAPTOP.network.heads
BATCH, FRAMES = LAPTOP.training.batch, LAPTOP.worlds[0].frames
SIDE = LAPTOP.worlds[0].size // LAPTOP.network.patch
SMALL = UNetConfig(widths=(16, 32), heads=2)


def _features() -> Tensor:
    """As they lie in memory inside the network: channels innermost."""
    return torch.randn(BATCH, FRAMES, SIDE, SIDE, WIDTH).movedim(-1, 1).requires_grad_()


def _block(block: type) -> Callable[[], None]:
    layer, x, embed = block(WIDTH, WIDTH, 4 * WIDTH), _features(), torch.randn(BATCH, FRAMES, 4 * WIDTH)
    return lambda: layer(x, embed).sum().backward()


def _attention(attention: type) -> Callable[[], None]:
    layer, x, bias = attention(WIDTH, HEADS), _features(), torch.randn(HEADS, FRAMES, FRAMES)
    return lambda: layer(x, bias, None).sum().backward()


def _mean(masked_mean: Callable) -> Callable[[], Tensor]:
    words, there = (
        torch.randn(BATCH, 10, LAPTOP.network.dim_text),
        torch.arange(10) < torch.arange(1, BATCH + 1)[:, None],
    )
    return lambda: masked_mean(words, there)


def _guided(guide: Callable) -> Callable[[], Tensor]:
    model, z, level = UNet(SMALL).requires_grad_(False), torch.randn(BATCH, 1, FRAMES, 16, 16), torch.zeros(BATCH)
    return lambda: guide(model, 3.0)(z, level, Cond())


def _drawn(sampler: Callable) -> Callable[[], list]:
    model, z = UNet(SMALL).requires_grad_(False), torch.randn(BATCH, 1, FRAMES, 16, 16)
    return lambda: list(sampler(model, z, 3, None, torch.Generator().manual_seed(0)))


def _trained(training_step: Callable) -> Callable[[], object]:
    model = UNet(SMALL)
    ema, optimizer = deepcopy(model).requires_grad_(False), torch.optim.AdamW(model.parameters(), lr=1e-3)
    x, eps = torch.randn(2, BATCH, 1, FRAMES, 16, 16)
    return lambda: training_step(model, ema, optimizer, x, eps, torch.rand(BATCH), None, 0.99)


TRIALS: dict[str, Trial] = {
    "cosine_logsnr": lambda cosine_logsnr: partial(cosine_logsnr, torch.rand(4 * BATCH)),
    "ResBlock": _block,
    "TemporalAttention": _attention,
    "masked_mean": _mean,
    "guide": _guided,
    "sampler": _drawn,
    "training_step": _trained,
}
"""How each piece is tried for its speed: at the size of the laptop's run, or inside a small network."""


def pieces(**given: Callable) -> Pieces:
    """The student's pieces, or the library's in their places, by name."""
    return Pieces("03", given, TRIALS)


def parts(used: Pieces) -> Parts:
    """What the U-Net is put together from: the student's pieces in the places of the library's."""
    places = {
        "ResBlock": ("block", lambda block: block),
        "TemporalAttention": ("temporal", lambda attention: attention),
        "masked_mean": ("pool", pooled_by),
    }
    return Parts(**{place: made(used[name]) for name, (place, made) in places.items() if name in used.own})


def step(used: Pieces) -> Update:
    """What a training step does: the student's, or the library's."""
    return written_out(used["training_step"]) if "training_step" in used.own else update


def trained(used: Pieces) -> list[str]:
    """Those of the student's pieces that a training runs on; the others are for drawing."""
    return [name for name in used.own if name not in ("guide", "sampler")]

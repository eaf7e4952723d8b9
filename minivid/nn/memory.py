"""How much memory a training step of the video U-Net holds, by formula and layer by layer (chapter 1).

Automatic differentiation keeps what each layer needs on its way back. For a position of the clip (a pixel of one frame, at its
level of the U-Net), in numbers:

    residual block c → d         3 c + 4 d       both norms' inputs and outputs, both convolutions' inputs, the modulation
    attention of d channels      6 d + heads     input, norm, q, k, v, result; and for each head the softmax's denominator
      whose scores are kept      6 d + heads · keys
    halving, doubling            c               its input

A fused kernel computes a score again when it needs it. With a bias that is trained, as over time in this U-Net, PyTorch has no
fused kernel, and keeps all scores. On the way back one layer at a time also holds gradients: of four of its maps, or twice the scores
that it kept. Checked against measured peaks by tests/nn/test_memory.py.
"""

from collections import Counter
from typing import Literal

import torch

from minivid.nn.unet import UNetConfig

Clip = tuple[int, int, int, int, int]
"""The shape of a batch of clips, b c t h w."""
Kernel = Literal["fused", "kept"]
"""Whether attention over space keeps its scores."""

KEPT = ("input", "convolutions", "attention", "scores")
"""What automatic differentiation keeps from the way there."""
PARTS = ("weights", "optimizer", "gradients", *KEPT, "in passing")


def training_bytes(
    config: UNetConfig, clip: Clip, kernel: Kernel = "fused", checkpointing: bool = False, size: int = 4
) -> dict[str, int]:
    """Bytes of each of PARTS in a training step with Adam, in numbers of `size` bytes. What is there at once is `peak_bytes`.

    `checkpointing`: each stage keeps its input alone, and one of them at a time is whole again. Raises ValueError for a clip that
    the network does not take, and for a network with captions, whose encoder is not in the formula.
    """
    b, c, t, h, w = clip
    config.check((c, t, h, w))
    if config.vocabulary:
        raise ValueError("The estimate knows no captions: ask for the same network with vocabulary=0.")
    weights = parameters(config)
    kept = Counter(input=3 * b * c * t * h * w)  # as it came, as channels, and the answer
    whole = Counter()  # the greatest stage
    passing = 0
    for kind, dim_in, dim, level in layers(config):
        n = positions(config, clip, level)
        here = numbers_kept(config, clip, kind, dim_in, dim, n, kernel)
        if checkpointing and kind == "stage":
            kept["convolutions"] += n * dim_in
            whole = max(whole, here, key=Counter.total)
        else:
            kept += here
        scores_back = (
            2 * here["scores"] - 6 * n * dim if kernel == "kept" else 0
        )  # by then what was kept behind it is gone
        passing = max(passing, 4 * n * dim, scores_back)
    kept += whole
    numbers = {"weights": weights, "optimizer": 2 * weights, "gradients": weights, **kept, "in passing": passing}
    return {part: size * numbers.get(part, 0) for part in PARTS}


def peak_bytes(parts: dict[str, int]) -> int:
    """The most that is there at once: gradients come as what was kept for them goes, so the larger of the two counts."""
    way_back = sum(parts[part] for part in KEPT) + parts["in passing"]
    return parts["weights"] + parts["optimizer"] + max(parts["gradients"], way_back)


def parameters(config: UNetConfig) -> int:
    """How many weights the network has."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in config.build().parameters())


def layers(config: UNetConfig) -> list[tuple[str, int, int, int]]:
    """The U-Net's layers that keep something: (kind, channels in, channels out, level), in their order."""
    widths, found = config.widths, []
    for level, width in enumerate(widths):
        if level:
            found.append(("scale", 4 * widths[level - 1], width, level))  # four pixels into one
        found += [("stage", width, width, level)] * config.blocks
    last = len(widths) - 1
    found.append(("stage", widths[last], widths[last], last))
    for level in range(last, -1, -1):
        found += [("stage", 2 * widths[level], widths[level], level)] * config.blocks
        if level:
            found.append(("scale", widths[level], widths[level - 1], level))
    found.append(("out", widths[0], config.channels * config.patch**2, 0))
    return found


def positions(config: UNetConfig, clip: Clip, level: int) -> int:
    """How many positions all clips have at a level: time is never halved."""
    b, _, t, h, w = clip
    side = config.patch * 2**level
    return b * t * (h // side) * (w // side)


def numbers_kept(
    config: UNetConfig, clip: Clip, kind: str, dim_in: int, dim: int, n: int, kernel: Kernel
) -> Counter[str]:
    """How many numbers one layer of n positions keeps for its way back."""
    if kind == "scale":
        return Counter(convolutions=n * dim_in)
    if kind == "out":
        return Counter(convolutions=n * 3 * dim_in)
    frames, pixels = clip[2], n // (clip[0] * clip[2])
    keys = (pixels if kernel == "kept" else 1) + (frames if config.temporal else 0)  # one: the softmax's denominator
    return Counter(
        convolutions=n * (3 * dim_in + 4 * dim),
        attention=n * 6 * dim * (2 if config.temporal else 1),
        scores=n * config.heads * keys,
    )

"""What convolutions and attentions cost: by formula, and measured, time and memory, against the clip's length and size."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy import stats
from torch import nn

from minivid.nn.attention.core import ALL, SPACE, TIME, Attend, Attention, Window, attend, linear_attend
from minivid.nn.conv import SpatialConv
from minivid.nn.cost import attention_flops, conv_flops, linear_attention_flops, weights
from minivid.nn.spacetime import Conv2Plus1d, PseudoConv3d, SeparableConv3d, full_conv
from minivid.tools.memory import LiveTensors, rehearsal
from minivid.tools.seeds import plain_generator

DIM, HEADS = 32, 4
Clip = tuple[int, int, int]
"""Frames, height, width."""

CONVOLUTIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "full 3×3×3": full_conv,
    "(2+1)D": Conv2Plus1d,
    "pseudo-3-D": PseudoConv3d,
    "separable": SeparableConv3d,
    "space only": SpatialConv,
}


def written_down(q, k, v, bias=None):
    """Attention as its formula stands: all scores are in memory at once, and stay there for the way back."""
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v


@dataclass(frozen=True)
class Kind:
    """A way to attend: one window, or several layers one after the other."""

    windows: tuple[Window, ...]
    attend: Attend = attend

    def build(self, dim: int = DIM, heads: int = HEADS) -> nn.Module:
        return nn.Sequential(*(Attention(dim, heads, window, attend=self.attend) for window in self.windows))

    def keys(self, clip: Clip) -> list[int]:
        """How many keys a place looks at, in each layer."""
        return [int(np.prod(window.sizes(clip))) for window in self.windows]

    def flops(self, clip: Clip, dim: int = DIM, heads: int = HEADS) -> int:
        places = int(np.prod(clip))
        if self.attend is linear_attend:
            return len(self.windows) * linear_attention_flops(dim, heads, places)
        return sum(attention_flops(dim, places, keys) for keys in self.keys(clip))


ATTENTIONS: dict[str, Kind] = {
    "full, scores kept": Kind((ALL,), written_down),
    "full": Kind((ALL,)),
    "space, then time": Kind((SPACE, TIME)),
    "windows 2×4×4": Kind((Window(2, 4, 4),)),
    "linear": Kind((ALL,), linear_attend),
}


def training_step(layer: nn.Module, clip: Clip, batch: int = 1, seed: int = 0, dim: int = DIM) -> Callable[[], None]:
    """Forward and backward through a layer, as in training: the input's gradient is asked for."""
    x = torch.randn(batch, *clip, dim, generator=plain_generator(seed)).movedim(
        -1, 1
    )  # channels innermost, as in the library
    x.requires_grad_()

    def step() -> None:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        layer(x).square().mean().backward()

    return step


def fastest(steps: Mapping[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """Processor seconds of each, the least of several rounds in which all take turns: whoever else computes can only add to it."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(repeats + 1):  # the first warms up
        for name, step in steps.items():
            start = time.process_time()
            step()
            best[name] = min(best[name], time.process_time() - start)
    return best


def peak_bytes(build: Callable[[], nn.Module], clip: Clip, batch: int = 1) -> int:
    """The most bytes of tensors that a training step of a layer has alive at once, its weights and its input not counted.

    Counted in a rehearsal, where tensors have shapes and no contents: a gigabyte of scores is counted, and not taken.
    """
    with rehearsal():
        step = training_step(build(), clip, batch)
        with LiveTensors() as live:
            step()
    return live.peak


def step_cost(name: str, clip: Clip, repeats: int = 3) -> dict[str, float]:
    """Processor seconds and peak bytes of a training step of one of ATTENTIONS."""
    step = training_step(ATTENTIONS[name].build(), clip)
    return {"seconds": fastest({"step": step}, repeats)["step"], "bytes": peak_bytes(ATTENTIONS[name].build, clip)}


def measure_convolutions(seed: int = 0, clip: Clip = (8, 32, 32), repeats: int = 30) -> dict:
    """Weights, operations, processor seconds and peak memory of a training step of each convolution: 32 channels, two clips, and one."""
    torch.manual_seed(seed)
    layers = {name: make(DIM, DIM) for name, make in CONVOLUTIONS.items()}
    seconds = {
        batch: fastest({name: training_step(layer, clip, batch, seed) for name, layer in layers.items()}, repeats)
        for batch in (1, 2)
    }
    rows = {
        name: {
            "weights": weights(layer),
            "flops": 2 * conv_flops(layer, *clip),
            "seconds": seconds[2][name],
            "seconds, one clip": seconds[1][name],
            "bytes": peak_bytes(partial(CONVOLUTIONS[name], DIM, DIM), clip, batch=2),
        }
        for name, layer in layers.items()
    }
    return {"dim": DIM, "clip": clip, "batch": 2, "repeats": repeats, "rows": rows}


LENGTHS: tuple[Clip, ...] = tuple((t, 12, 12) for t in (2, 4, 8, 16, 32))
SIZES: tuple[Clip, ...] = tuple((4, side, side) for side in (8, 12, 16, 24, 32))


def measure_attention(seed: int = 0, repeats: int = 6) -> dict:
    """Processor seconds and peak memory of a training step of each attention, against the number of frames and of pixels."""
    torch.manual_seed(seed)
    layers = {name: kind.build() for name, kind in ATTENTIONS.items()}
    found = {}
    for along, clips in (("frames", LENGTHS), ("pixels", SIZES)):
        rows = {name: {"seconds": [], "bytes": [], "flops": []} for name in layers}
        for clip in clips:
            steps = {name: training_step(layer, clip, seed=seed) for name, layer in layers.items()}
            seconds = fastest(steps, repeats)
            for name in steps:
                rows[name]["seconds"].append(seconds[name])
                rows[name]["bytes"].append(peak_bytes(ATTENTIONS[name].build, clip))
                rows[name]["flops"].append(ATTENTIONS[name].flops(clip))
        n = [clip[0] if along == "frames" else clip[1] * clip[2] for clip in clips]
        found[along] = {"clips": clips, "n": n, "rows": rows}
    return {"dim": DIM, "heads": HEADS, "repeats": repeats, "along": found}


def exponent(n: Sequence[float | int], cost: Sequence[float | int]) -> tuple[float, float, float]:
    """The p of cost ∝ nᵖ, with its 95 % interval: slope of the straight line through the logarithms (Student's t)."""
    line = stats.linregress(np.log(n), np.log(cost))
    half = stats.t.ppf(0.975, len(n) - 2) * line.stderr
    return line.slope, line.slope - half, line.slope + half


def convolution_table(rows: Mapping[str, Mapping[str, float | int]]) -> str:
    """A line for each convolution; time and operations as ratios to the full one's."""
    full = rows["full 3×3×3"]
    lines = [
        f"{'two clips':14}{'weights':>9}{'MFLOP':>9}{'':9}{'ms a step':>11}{'':9}{'peak MB':>9}{'one clip: ms':>14}"
    ]
    for name in CONVOLUTIONS:
        row = rows[name]
        lines.append(
            f"{name:14}{row['weights']:9,}{row['flops'] / 1e6:9.0f}{row['flops'] / full['flops']:8.2f}×"
            f"{1000 * row['seconds']:11.1f}{row['seconds'] / full['seconds']:8.2f}×{row['bytes'] / 1e6:9.1f}"
            f"{1000 * row['seconds, one clip']:14.1f}"
        )
    return "\n".join(lines)


def convolution_sentences(rows: Mapping[str, Mapping[str, float | int]]) -> str:
    """What (2+1)D and the separable convolution share with the full one, and how the full one takes a single clip."""
    full = rows["full 3×3×3"]
    lines = []
    for name in ("(2+1)D", "separable"):
        flops, seconds, size = (rows[name][key] / full[key] for key in ("flops", "seconds", "bytes"))
        lines.append(
            f"{name}: {flops:.2f} of the full one's operations, {seconds:.2f} of its time, {size:.2f} of its memory."
        )
    two, one = 1000 * full["seconds"], 1000 * full["seconds, one clip"]
    lines.append(f"The full one: {two:.1f} ms for two clips, {one:.1f} ms for one.")
    return "\n".join(lines)


def routine(conv: nn.Conv3d, x: torch.Tensor) -> str:
    """Which of PyTorch's routines computes a convolution of this clip: "Slow3d", "Mkldnn", …"""
    return torch._C._select_conv_backend(
        x, conv.weight, conv.bias, conv.stride, conv.padding, conv.dilation, conv.transposed, conv.output_padding, conv.groups
    ).name  # fmt: skip


def last_exponent(n: Sequence[float | int], cost: Sequence[float | int]) -> float:
    """The p of cost ∝ nᵖ between the last two."""
    return float(np.log(cost[-1] / cost[-2]) / np.log(n[-1] / n[-2]))


def exponent_table(along: Mapping[str, Mapping]) -> str:
    """Exponents in frames and in pixels: of time, over all clips and at the end, of the formula's operations there, and of memory."""
    lines = [
        f"{'':18}" + "".join(f"{key + ': time':>24}{'at the end':>12}{'formula':>9}{'memory':>8}" for key in along)
    ]
    for name in ATTENTIONS:
        cells = []
        for found in along.values():
            n, row = found["n"], found["rows"][name]
            p, low, high = exponent(n, row["seconds"])
            last, formula = (last_exponent(n, row[key]) for key in ("seconds", "flops"))
            memory = exponent(n, row["bytes"])[0]
            cells.append(f"{f'{p:.2f} [{low:.2f}, {high:.2f}]':>24}{last:12.2f}{formula:9.2f}{memory:8.2f}")
        lines.append(f"{name:18}" + "".join(cells))
    return "\n".join(lines)


def end_sentence(along: Mapping[str, Mapping], within: float = 0.15) -> str:
    """Where time grows as its formula does between the last two clips, and where it does not."""
    apart = []
    for what, found in along.items():
        for name in ATTENTIONS:
            time, formula = (last_exponent(found["n"], found["rows"][name][key]) for key in ("seconds", "flops"))
            if abs(time - formula) > within:
                apart.append(f"{name}, by {what} ({time:.2f} for {formula:.2f})")
    but = f"but for: {'; '.join(apart)}." if apart else "for all of them."
    return f"At the end the exponent of time is the formula's to within {within}, {but}"

"""What a training step holds, counted, beside the formula; and what the two remedies save, and cost."""

import contextlib
import time

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from minivid.course.receipt import Receipt
from minivid.nn.memory import Clip, Kernel, peak_bytes, training_bytes
from minivid.nn.unet import UNetConfig
from minivid.tools.memory import LiveTensors, rehearsal

NET = UNetConfig(widths=(32, 64))
"""A U-Net of the course, small enough that its step fits on a laptop at any size here."""
GRID = tuple((1, 1, t, side, side) for side in (16, 32, 64) for t in (4, 8, 16, 32))
"""Clips b c t h w: four lengths, three sizes."""
REMEDIED = (1, 1, 16, 64, 64)
REMEDIES = {
    "nothing": {},
    "checkpointing": {"checkpointing": True},
    "bfloat16": {"bfloat16": True},
    "both": {"checkpointing": True, "bfloat16": True},
}


def train_steps(
    config: UNetConfig,
    clip: Clip,
    kernel: Kernel = "fused",
    checkpointing: bool = False,
    bfloat16: bool = False,
    steps: int = 2,
) -> None:
    """A network from its configuration, and a few training steps with Adam on noise. `kernel="kept"` forbids the fused ones."""
    net = config.build().checkpointing(checkpointing)
    optimizer = torch.optim.Adam(net.parameters())
    kernels = [SDPBackend.MATH] if kernel == "kept" else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    for _ in range(steps):
        x = torch.randn(clip)
        with sdpa_kernel(kernels), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = (net(x, torch.zeros(clip[0])).float() - x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def measured_peak(config: UNetConfig, clip: Clip, rehearsed: bool = True, **how) -> int:
    """Most bytes of live tensors in two training steps. A rehearsal counts the same, computes nothing, and needs none of them."""
    with rehearsal() if rehearsed else contextlib.nullcontext(), LiveTensors() as live:
        train_steps(config, clip, **how)
    return live.peak


def measure_memory(seed: int = 0) -> dict:
    """Peak of live tensors over frames and pixels, really run; the two remedies, and the processor's time they take; 16 frames of 512², rehearsed."""
    torch.manual_seed(seed)
    grid = [
        {"clip": clip, "measured": measured_peak(NET, clip, rehearsed=False), "estimate": _estimate(NET, clip)}
        for clip in GRID
    ]
    kept = [
        {
            "clip": clip,
            "measured": measured_peak(NET, clip, rehearsed=False, kernel="kept"),
            "estimate": _estimate(NET, clip, "kept"),
        }
        for clip in GRID
        if clip[2] <= 8
    ]
    remedies = {}
    for name, how in REMEDIES.items():
        peak = measured_peak(NET, REMEDIED, rehearsed=False, **how)
        remedies[name] = {"peak": peak, "seconds": _seconds(how)}
    large, clip = UNetConfig(channels=3), (1, 3, 16, 512, 512)
    published = {
        kernel: {"measured": measured_peak(large, clip, kernel=kernel), "estimate": _estimate(large, clip, kernel)}
        for kernel in ("fused", "kept")
    }
    return {"grid": grid, "kept": kept, "remedies": remedies, "published": published}


def _estimate(config: UNetConfig, clip: Clip, kernel: Kernel = "fused") -> int:
    return peak_bytes(training_bytes(config, clip, kernel))


def _seconds(how: dict, steps: int = 2) -> float:
    """The processor's time of a training step: the less of two runs, the network's making taken out by a run without steps."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        train_steps(NET, REMEDIED, steps=steps, **how)
        whole = time.process_time()
        train_steps(NET, REMEDIED, steps=0, **how)
        taken.append((whole - start - (time.process_time() - whole)) / steps)
    return min(taken)


def remedies_table(receipt: Receipt) -> str:
    """Peak and seconds of each remedy, beside the step without any."""
    plain = receipt["remedies"]["nothing"]
    lines = [f"{'':14}     peak of live tensors      processor's time of a step"]
    for name in REMEDIES:
        found = receipt["remedies"][name]
        peak, seconds = found["peak"] / 1e6, found["seconds"]
        lines.append(
            f"{name:14} {peak:7.0f} MB {found['peak'] / plain['peak']:8.0%}      {seconds:6.2f} s {seconds / plain['seconds']:8.0%}"
        )
    return "\n".join(lines)

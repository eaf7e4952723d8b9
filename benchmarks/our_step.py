"""Where a training step of ours spends its time, and what it would take otherwise: `python -m benchmarks.our_step --setting 8x16x16`.

The step is the recipe's own: its clips, batch and optimizers, on whole clips. Its parts are torch's profiler's; the other ways are timed
beside it, interleaved. Nothing is gained without its ratio, and nothing that a ratio speaks against is in the library.
"""

import shlex
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.profiler import ProfilerActivity, profile

from benchmarks import measure, table
from minivid.course.receipt import write_receipt
from minivid.nn.conv import SpatialConv
from minivid.run import Run
from minivid.train import Training

PROFILED = 3
"""Steps that the profiler looks at."""
SIDE, PRODUCTS = 1024, 5
"""Rows and columns of the matrices whose product says what this machine can do, and how many products are timed together."""

KINDS = {
    "convolutions": ("convolution",),
    "attention": ("scaled_dot_product", "softmax", "bmm"),
    "matrix products": ("addmm", "mm"),
    "normalisation": ("norm",),
    "copies": ("copy_", "cat", "clone", "contiguous", "fill_", "zero_"),
}
"""What an operation is, by its name; the first that fits. All others are pointwise, sums and bookkeeping."""
REST = "pointwise and the rest"


class Conv3d(nn.Module):
    """A space-only convolution as the 3-D one that it is."""

    def __init__(self, conv: SpatialConv):
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        pad = self.conv.size // 2
        return F.conv3d(x, self.conv.kernel[:, :, None], self.conv.bias, padding=(0, pad, pad))


class ChannelsOutermost(nn.Module):
    """A space-only convolution whose result lies in memory as its shape says, frame by frame within a channel."""

    def __init__(self, conv: SpatialConv):
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.contiguous()).contiguous()


class Convolved(nn.Module):
    """A linear layer as a 1×1 convolution, which another library computes."""

    def __init__(self, linear: nn.Linear):
        super().__init__()
        self.linear = linear

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(1, 1, -1, x.shape[-1]).permute(0, 3, 1, 2)
        kernel = self.linear.weight[:, :, None, None].contiguous(memory_format=torch.channels_last)
        out = F.conv2d(rows, kernel, self.linear.bias)
        return out.permute(0, 2, 3, 1).reshape(*x.shape[:-1], -1)


def swapped(net: nn.Module, kind: type[nn.Module], other: Callable[[nn.Module], nn.Module]) -> None:
    """Put another module in the place of each module of that kind; the weights stay the same."""
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if type(child) is kind:
                setattr(module, name, other(child))


OTHERWISE: Mapping[str, Callable[[nn.Module], None]] = {
    "convolutions in 3-D": lambda net: swapped(net, SpatialConv, Conv3d),
    "channels outermost in memory": lambda net: swapped(net, SpatialConv, ChannelsOutermost),
    "linear layers as convolutions": lambda net: swapped(net, nn.Linear, Convolved),
    "compiled": lambda net: net.compile(dynamic=False),
}
"""Other networks with the same weights and the same result."""
UNDER: Mapping[str, Callable[[], AbstractContextManager]] = {
    "attention without the fused kernel": lambda: sdpa_kernel(SDPBackend.MATH),
    "bfloat16 autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}
"""The same network, computed otherwise."""
SHIPPED = "as shipped"
WAYS = (*OTHERWISE, *UNDER)


def training(recipe: Run, batch: int, change: Callable[[nn.Module], None] | None = None) -> Training:
    """The recipe's run on whole clips, not yet begun, its network changed."""
    config = replace(recipe.training, batch=batch, growth=(), restarts=())
    run = replace(recipe, training=config).start()
    if change:
        change(run.model)
    return run


def step_of(run: Training, under: Callable[[], AbstractContextManager] = nullcontext) -> Callable[[], None]:
    """Takes the run's next step."""
    steps = run.steps(progress=False)

    def step() -> None:
        with under():
            next(steps)

    return step


def kind_of(name: str) -> str:
    """Which of KINDS an operation is."""
    bare = name.removeprefix("aten::")
    return next((kind for kind, words in KINDS.items() if any(word in bare for word in words)), REST)


def parts(run: Training) -> dict[str, float]:
    """The share of a step's computing that each kind of operation takes; the optimizers' are theirs, whatever they are."""
    step = step_of(run)
    step()
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(PROFILED):
            step()
    taken = Counter()
    for event in seen.events():
        above, optimizer = event, None
        while above is not None and optimizer is None:
            optimizer = above.name if above.name.startswith("Optimizer.step#") else None
            above = above.cpu_parent
        kind = f"optimizer {optimizer.split('#')[1].split('.')[0]}" if optimizer else kind_of(event.name)
        taken[kind] += event.self_cpu_time_total
    return {kind: time_taken / taken.total() for kind, time_taken in taken.most_common()}


def product() -> Callable[[], None]:
    """Multiplies large matrices: what this machine can do at most."""
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)

    def multiply() -> None:
        for _ in range(PRODUCTS):
            a @ b

    return multiply


def found(recipe: Run, batch: int, rounds: int, ways: tuple[str, ...]) -> dict:
    """Seconds of a step, its operations a second beside the machine's, its parts, and the ratio of each other way to it."""
    runs = {SHIPPED: step_of(training(recipe, batch)), "product": product()}
    runs |= {way: step_of(training(recipe, batch, OTHERWISE[way])) for way in ways if way in OTHERWISE}
    runs |= {way: step_of(training(recipe, batch), UNDER[way]) for way in ways if way in UNDER}
    seconds, flops = measure.interleaved(runs, rounds), measure.operations(runs[SHIPPED])
    ratios = {
        name: [theirs / ours for theirs, ours in zip(own, seconds[SHIPPED], strict=True)]
        for name, own in seconds.items()
    }
    machine = 2 * SIDE**3 * PRODUCTS / statistics.median(seconds["product"])
    return {
        "seconds": statistics.median(seconds[SHIPPED]),
        "quartiles": measure.quartiles(seconds[SHIPPED]),
        "flops": flops,
        "machine": machine,
        "of_machine": flops / (2 * SIDE**3 * PRODUCTS) * statistics.median(ratios["product"]),
        "parts": parts(training(recipe, batch)),
        "otherwise": {
            way: {"ratio": statistics.median(ratios[way]), "quartiles": measure.quartiles(ratios[way])} for way in ways
        },
    }


def main(
    setting: measure.Setting = "8x16x16",
    rounds: int = 20,
    batch: int = 8,
    threads: int = 2,
    ways: tuple[str, ...] = WAYS,
    json: Path | None = None,
) -> None:
    """Profile a training step of ours, time the other ways beside it, and write the result.

    Args:
        setting: Frames × height × width of the clips, and with them which of our networks it is.
        rounds: Steps that count.
        batch: Clips a step.
        threads: Of torch.
        ways: The other ways that are tried.
        json: Where the result goes; benchmarks/results/ by default.
    """
    for way in ways:
        if way not in WAYS:
            raise ValueError(f"there is no way {way!r}; there are {', '.join(WAYS)}.")
    if min(rounds, batch, threads) < 1:
        raise ValueError(f"rounds, batch and threads are {rounds}, {batch} and {threads}; expected at least 1 of each.")
    started = time.perf_counter()
    torch.set_num_threads(threads)
    recipe = measure.SETTINGS[setting]
    values = {"what": "our_step", "setting": setting, "batch": batch, "rounds": rounds, "packages": {}}
    values |= found(recipe, batch, rounds, ways)
    path = json or measure.RESULTS / f"our_step_{setting}.json"
    command = f"python -m benchmarks.our_step --setting {setting} --rounds {rounds} --batch {batch} --threads {threads}"
    command += f" --ways {shlex.join(ways)}" if ways != WAYS else ""
    minutes = (time.perf_counter() - started) / 60
    seeds = [recipe.training.seed]
    print(
        table.of_file(
            write_receipt(path.stem, values, seeds=seeds, minutes=minutes, command=command, folder=path.parent)
        )
    )


if __name__ == "__main__":
    measure.command(main)

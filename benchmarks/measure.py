"""What is measured of networks that stand side by side: seconds, interleaved; floating-point operations; memory."""

import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
import torch
import tyro
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.peers import KNOWN, NETWORKS, OURS, Sized, sized
from minivid import zoo
from minivid.batches import clips_of
from minivid.course.receipt import write_receipt
from minivid.run import Run
from minivid.tools.progress import progress

RESULTS = Path(__file__).parent / "results"
SETTINGS: dict[str, Run] = {"8x16x16": zoo.RECIPES["vdm-laptop"], "16x32x32": zoo.RECIPES["vdm-digits"]}
Setting = Literal["8x16x16", "16x32x32"]
"""Frames × height × width of the clips, and with them which of our networks is compared."""
ROWS = {"as shipped": False, "same grid": True}
"""Whether the peers see pixels folded as ours does, or one by one as they come."""
WARM_UP = 2
"""Rounds before those that count."""
EVERY_MS = 2
"""How often memory is looked at."""

Work = Callable[[nn.Module, Run, int], Callable[[], object]]
"""`work(net, recipe, batch)` prepares one network's work and returns the function that does a step of it."""


@dataclass(frozen=True)
class Options:
    """How a comparison is made."""

    networks: tuple[str, ...] = NETWORKS
    rounds: int = 20
    batch: int = 8
    threads: int = 2
    seed: int = 0
    memory: bool = True

    def __post_init__(self):
        for name in ("rounds", "batch", "threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be at least 1.")
        if self.networks[:1] != (OURS,):
            raise ValueError(f"networks are {', '.join(self.networks)}; the first must be {OURS}: ratios are to it.")


def clips(recipe: Run, batch: int, seed: int):
    """The same clips and captions for everybody: (video, condition)."""
    return clips_of(*recipe.worlds)(batch, (seed, 0))


def compare(work: Work, recipe: Run, options: Options) -> dict[str, list[dict]]:
    """Each row of the comparison: what there is to say of each network."""
    torch.set_num_threads(options.threads)
    return {row: compare_row(work, recipe, same_grid, options) for row, same_grid in ROWS.items()}


def compare_row(work: Work, recipe: Run, same_grid: bool, options: Options) -> list[dict]:
    """The networks in one process, step about: parameters, seconds of each round, ratio to ours, operations, memory."""
    sizes = [sized(name, recipe, same_grid) for name in options.networks]
    steps = {}
    for size in sizes:
        torch.manual_seed(options.seed)
        steps[size.name] = work(size.build(), recipe, options.batch)
    seconds = interleaved(steps, options.rounds)
    found = []
    for size in sizes:
        own = seconds[size.name]
        ratios = [theirs / ours for theirs, ours in zip(own, seconds[OURS], strict=True)]
        memory = {"peak_bytes": peak_memory(work, size, options)} if options.memory else {}
        found.append(
            {
                **size.described(),
                "seconds": own,
                "median": statistics.median(own),
                "quartiles": quartiles(own),
                "ratio": statistics.median(ratios),
                "ratio_quartiles": quartiles(ratios),
                "flops": operations(steps[size.name]),
                **memory,
            }
        )
    return found


def interleaved(steps: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each network's step in each round. A round is a step of everybody, and each time another one begins."""
    names, seconds = list(steps), {name: [] for name in steps}
    for turn in progress(range(rounds + WARM_UP), rounds + WARM_UP, "round"):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            start = time.perf_counter()
            steps[name]()
            seconds[name].append(time.perf_counter() - start)
    return {name: own[WARM_UP:] for name, own in seconds.items()}


def quartiles(values: list[float]) -> list[float]:
    """The lower and the upper one; of a single value, that value twice."""
    if len(values) < 2:
        return [values[0], values[0]]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return [low, high]


def operations(step: Callable[[], object]) -> int:
    """Floating-point operations of matrix products and convolutions in a step. Attention is counted as the products that it is."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # a fused layer is not counted
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            step()
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops()


def peak_memory(work: Work, size: Sized, options: Options) -> int:
    """Bytes that a process of its own holds at most during two steps, beyond what it held before the network was made."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_weigh, args=(work, size, options, theirs))
    child.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        raise RuntimeError(
            f"the process that weighed {size.name} ended without a number; its error stands above."
        ) from None
    finally:
        child.join()


def _weigh(work: Work, size: Sized, options: Options, answer) -> None:
    torch.set_num_threads(options.threads)
    me, done, held = psutil.Process(), threading.Event(), []
    size.build()  # what the package brings along is not the network's
    before = me.memory_info().rss

    def watch() -> None:
        while not done.wait(EVERY_MS / 1000):
            held.append(me.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    step = work(size.build(), size.recipe, options.batch)
    step(), step()
    done.set()
    watcher.join()
    answer.send(max(held, default=me.memory_info().rss) - before)


def command(main: Callable) -> None:
    """Run a measurement from the command line; what it refuses is said in a sentence."""
    try:
        tyro.cli(main)
    except (ValueError, ImportError, LookupError, OSError) as error:
        raise SystemExit(f"benchmarks: {error}") from None


def report(what: str, setting: str, options: Options, found: dict, started: float, path: Path | None) -> Path:
    """Write a result's manifest: what was found, how, with which versions, on what. Returns the file."""
    path = path or RESULTS / f"{what}_{setting}.json"
    if path.suffix != ".json":
        raise ValueError(f"{path} does not end in .json, which a result does.")
    versions = {KNOWN[name].package: KNOWN[name].version for name in options.networks if name != OURS}
    values = {
        "what": what,
        "setting": setting,
        "batch": options.batch,
        "rounds": options.rounds,
        "packages": versions,
        "rows": found,
    }
    command = (
        f"python -m benchmarks.{what} --setting {setting} --rounds {options.rounds} --batch {options.batch} "
        f"--threads {options.threads} --seed {options.seed}"
    )
    minutes = (time.perf_counter() - started) / 60
    return write_receipt(path.stem, values, seeds=[options.seed], minutes=minutes, command=command, folder=path.parent)

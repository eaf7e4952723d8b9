"""How the loss falls with compute: transformers of five sizes on clips of two lengths, whole curves (Kaplan et al. 2020; Hoffmann et al. 2022)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from minivid.chapters.ch05.experiments.small import SMALL
from minivid.course.receipt import Receipt
from minivid.data.world import World
from minivid.diffusion.objective import per_clip_loss
from minivid.diffusion.schedule import COSINE
from minivid.nn.dit import DiTConfig
from minivid.train import TrainConfig, Training

SIZES = {"16 × 2": (16, 2), "32 × 2": (32, 2), "48 × 3": (48, 3), "64 × 4": (64, 4), "96 × 6": (96, 6)}
"""Width × depth."""
FRAMES = (4, 8)
RATES = (1.0, 3.0, 10.0)
"""Learning rates that are tried for each size, as multiples of the recipe's two."""
LOOKS = (20, 40, 80, 160, 320)
"""Steps after which a network is looked at."""
TRIED = 80
"""Steps after which a learning rate is chosen."""
BATCH = 16


@dataclass(frozen=True)
class Point:
    """Where a run stands: its steps, the floating-point operations that they took, the loss on handwriting of training, and on held-out."""

    step: int
    operations: float
    trained: float
    held_out: float


def world_of(frames: int) -> World:
    """The notebook's small world, with clips of so many frames."""
    return replace(SMALL.worlds[0], frames=frames)


def config_of(size: str) -> DiTConfig:
    """A transformer of that size, without captions."""
    dim, depth = SIZES[size]
    return DiTConfig(patch=(2, 4), dim=dim, depth=depth, heads=max(1, dim // 32), modulation="shared")


def operations_of(network: nn.Module, clip: tuple[int, int, int, int], batch: int = BATCH) -> int:
    """Of the matrix products in one step, forward and back."""
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(batch, *clip), torch.zeros(batch)).sum().backward()
    return counter.get_total_flops()


@torch.no_grad()
def losses_on(network: Callable, frames: int, n: int = 128, seed: int = 123) -> tuple[float, float]:
    """The loss in v on n clips of training's handwriting and of held-out, the times spread evenly, the noise always the same."""
    found, times = [], (torch.arange(n) + 0.5) / n
    for split in ("train", "heldout"):
        x = replace(world_of(frames), split=split).sample(n, seed).video
        eps = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))
        found.append(per_clip_loss(network, x, eps, times, None, COSINE, SMALL.loss.objective).mean().item())
    return found[0], found[1]


def curve(size: str, frames: int, rate: float, seed: int, looks: Sequence[int] = LOOKS) -> list[Point]:
    """One run, looked at on its way. The learning rate rises and stays, so that each point is as good as a run that was planned to end there;
    what is looked at is the moving average of the weights."""
    recipe, world = TrainConfig(), world_of(frames)
    config = replace(
        recipe,
        steps=100 * looks[-1],  # of which only the first hundredth is walked: there the rate has hardly begun to fall
        batch=BATCH,
        lr=rate * recipe.lr,
        lr_matrices=rate * recipe.lr_matrices,
        warmup=10,
        ema=0.98,
        seed=seed,
    )
    run = replace(SMALL, network=config_of(size), worlds=(world,), clip=None, training=config)
    training: Training = run.start(data=lambda n, key: (world.sample(n, key).video, None))
    each, points = operations_of(config_of(size).build(), run.clip), []
    for record in islice(training.steps(progress=False), looks[-1]):
        if record.step in looks:
            points.append(Point(record.step, float(each * record.step), *losses_on(training.ema, frames)))
    return points


def chosen_rate(size: str, frames: int, seed: int = 100) -> tuple[float, dict[float, float]]:
    """The learning rate with the lowest loss on training's handwriting after TRIED steps of a seed of its own, and what each gave."""
    tried = {rate: curve(size, frames, rate, seed, (TRIED,))[0].trained for rate in RATES}
    return min(tried, key=tried.get), tried


def measure_scaling(seeds: tuple[int, ...] = (0, 1)) -> dict:
    """Transformers of five sizes on clips of two lengths, the learning rate chosen for each: loss against compute, whole curves."""
    runs = []
    for frames in FRAMES:
        for size in SIZES:
            rate, tried = chosen_rate(size, frames)
            parameters = sum(weight.numel() for weight in config_of(size).build().parameters())
            for seed in seeds:
                points = [list(vars(point).values()) for point in curve(size, frames, rate, seed)]
                print(frames, size, rate, seed, " ".join(f"{point[-1]:.3f}" for point in points), flush=True)
                about = {"size": size, "frames": frames, "parameters": parameters, "seed": seed, "rate": rate}
                runs.append({**about, "tried": {f"{key:g}": loss for key, loss in tried.items()}, "points": points})
    return {"runs": runs, "batch": BATCH}


def runs_of(found: Receipt, frames: int) -> list[dict]:
    """Those on clips of so many frames."""
    return [run for run in found["runs"] if run["frames"] == frames]


def points_of(run: Mapping) -> list[Point]:
    """What a receipt keeps of a run."""
    return [Point(*values) for values in run["points"]]

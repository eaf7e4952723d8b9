"""Minutes of training until a network's clips read as their captions say: `python -m benchmarks.time_to_quality --minutes 60`.

The same clips in the same order, the same objective, sampler and optimizer for everybody; a run that was stopped goes on with the
networks that are not done. Only training is on the clock, not the evaluations.
"""

import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import torch
import tyro
from torch import nn

from benchmarks import measure, table
from benchmarks.peers import NETWORKS, OURS, PEERS, Sized, sized
from minivid.batches import clips_of
from minivid.course.receipt import receipt, write_receipt
from minivid.data.captions import parse
from minivid.data.world import Clips
from minivid.diffusion.objective import Objective, per_clip_loss, stratified_times
from minivid.diffusion.schedule import COSINE
from minivid.metrics.reader import DigitReader, fit_reader
from minivid.train import TrainConfig, optimizers, update_ema
from minivid.zoo import Model, Recipe

LATER = 1.15
"""From an evaluation to the next the time on the clock grows by at least this factor: a slow network is not judged all day."""


@dataclass(frozen=True)
class Options:
    """How the race is run; results of other options are not mixed. ours: Muon for what is a matrix, AdamW for the rest."""

    setting: measure.Setting = "8x16x16"
    same_grid: bool = False
    minutes: float = 60.0
    every: float = 2.0
    threshold: float = 0.9
    optimizer: Literal["adamw", "ours"] = "adamw"
    lr: float = 1e-3
    batch: int = 8
    judged: int = 32
    steps: int = 25
    guidance: float = 3.0
    threads: int = 2
    seed: int = 0

    def __post_init__(self):
        for name in ("minutes", "every", "lr", "batch", "judged", "steps", "threads"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be above zero.")
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold}, but is a share: expected it in (0, 1].")


@dataclass(frozen=True)
class Judge:
    """`judge(model)`: the share of frames on which the captioned digit is read, over that of real clips."""

    reader: DigitReader
    asked: Clips
    options: Options

    def __call__(self, net: nn.Module) -> float:
        options, model = self.options, Model("judged", net, self.reader.world)
        made = model.sample(self.asked.caption, seed=options.seed, steps=options.steps, guidance=options.guidance)
        return self.share(made) / self.real

    @property
    def real(self) -> float:
        """The share that real clips of the same captions reach."""
        return self.share(self.asked.video)

    def share(self, video: torch.Tensor) -> float:
        """The share of frames on which the captioned digit is read."""
        said = torch.tensor([parse(caption)[0].digit for caption in self.asked.caption])
        return (self.reader.read(video) == said[:, None]).float().mean().item()


def training(net: nn.Module, recipe: Recipe, options: Options) -> Iterator[nn.Module]:
    """Train without end, at one learning rate after the warm-up; yields the moving average after each step."""
    config = replace(recipe.training, batch=options.batch, lr=options.lr, seed=options.seed)
    data, ema = clips_of(*recipe.worlds), deepcopy(net).requires_grad_(False).eval()
    net.train()
    used = with_rates(net, config, options.optimizer)
    step = 0
    while True:
        generator = torch.Generator().manual_seed((options.seed << 32) + step)
        x, cond = data(config.batch, (config.seed, step))
        u, eps = stratified_times(len(x), generator), torch.randn(x.shape, generator=generator)
        cond = cond.keep(torch.rand(len(x), generator=generator) >= config.drop_caption)
        loss = per_clip_loss(net, x, eps, u, cond, COSINE, Objective.V).mean()
        for optimizer, lr in used:
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = lr * min(1.0, (step + 1) / config.warmup)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), config.clip_norm)
        for optimizer, _ in used:
            optimizer.step()
        update_ema(ema, net, min(config.ema, (1 + step) / (10 + step)))
        step += 1
        yield ema


def with_rates(
    net: nn.Module, config: TrainConfig, which: Literal["adamw", "ours"]
) -> list[tuple[torch.optim.Optimizer, float]]:
    """The optimizers of a run, each with its learning rate."""
    if which == "ours":
        return list(zip(optimizers(net, config), (config.lr_matrices, config.lr), strict=True))
    decay = config.weight_decay
    return [(torch.optim.AdamW(net.parameters(), config.lr, (0.9, 0.99), weight_decay=decay, fused=True), config.lr)]


def race(size: Sized, judge: Judge, options: Options) -> dict:
    """Train one network until it is legible or its time is up: when it was judged, how it read, and minutes or None."""
    torch.manual_seed(options.seed)
    clock, step, due, judged = 0.0, 0, options.every, []
    run = training(size.build(), size.recipe, options)
    while clock < 60 * options.minutes:
        start = time.perf_counter()
        ema = next(run)
        clock, step = clock + time.perf_counter() - start, step + 1
        if clock < 60 * min(due, options.minutes):
            continue
        relative = judge(ema)
        judged.append({"minutes": clock / 60, "step": step, "relative": relative})
        print(f"{size.name}: {relative:.2f} of real clips after {clock / 60:.1f} minutes, {step} steps", flush=True)
        if relative >= options.threshold:
            break
        due = max(clock / 60 + options.every, LATER * clock / 60)
    reached = judged[-1]["minutes"] if judged[-1]["relative"] >= options.threshold else None
    return {**size.described(), "minutes": reached, "seconds_a_step": clock / step, "judged": judged}


def run(options: Options, networks: tuple[str, ...], path: Path, recipe: Recipe | None = None) -> Path:
    """Race the networks that `path` has no result of yet, writing it after each. Raises ValueError for a file of other options."""
    torch.set_num_threads(options.threads)
    recipe = recipe or measure.SETTINGS[options.setting]
    values, minutes, world = {"what": "time_to_quality", **asdict(options)}, 0.0, recipe.worlds[0]
    values |= {"packages": {}, "runs": {}}
    if path.exists():
        before = receipt(path.stem, path.parent)
        other = sorted(key for key, value in asdict(options).items() if before.values.get(key) != value)
        if other:
            raise ValueError(
                f"{path} was made with another {', '.join(other)}; give another --json, or the same options."
            )
        values, minutes = before.values, before.minutes
    judge = Judge(fit_reader(world), world.sample(options.judged, (options.seed, 4000)), options)
    values["real"] = judge.real
    for name in networks:
        if name in values["runs"]:
            print(f"{name}: done before")
            continue
        start = time.perf_counter()
        values["runs"][name] = race(sized(name, recipe, options.same_grid), judge, options)
        if name != OURS:
            values["packages"][PEERS[name].package] = PEERS[name].version
        minutes += (time.perf_counter() - start) / 60
        given = " ".join(f"--{key.replace('_', '-')} {value}" for key, value in asdict(options).items())
        given = given.replace("--same-grid True", "--same-grid").replace("--same-grid False", "--no-same-grid")
        command = f"python -m benchmarks.time_to_quality {given}"
        write_receipt(path.stem, values, seeds=[options.seed], minutes=minutes, command=command, folder=path.parent)
    return path


def main(
    options: tyro.conf.OmitArgPrefixes[Options] = Options(),
    networks: tuple[Literal["ours", "Unet3D", "UNet3DConditionModel", "SpaceTimeUnet"], ...] = NETWORKS,
    json: Path | None = None,
) -> None:
    """Race the networks, one after the other, and write the result after each.

    Args:
        options: How the race is run.
        networks: Which of them, in this order.
        json: Where the result goes, and what was done before stands; benchmarks/results/ by default.
    """
    name = f"time_to_quality_{options.setting}{'_same_grid' if options.same_grid else ''}"
    print(table.of_file(run(options, networks, json or measure.RESULTS / f"{name}.json")))


if __name__ == "__main__":
    measure.command(main)

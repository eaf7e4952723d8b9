"""Minutes of training until a network's clips read as their captions say: `python -m benchmarks.time_to_quality --minutes 4`.

Ours gets so many minutes, each of the others `--times` as many; everybody has the same worlds, objective, sampler, optimizer and
schedule, stretched over its own minutes. A run that was stopped goes on with the networks that are not done. Only training is on the
clock, not the evaluations.
"""

import time
from collections.abc import Callable, Generator
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
from minivid.optimizers import matrices_of, optimizers
from minivid.run import Run
from minivid.train import TrainConfig, update_ema
from minivid.zoo import Model


@dataclass(frozen=True)
class Options:
    """How the race is run; results of other options are not mixed.

    minutes: for ours; the others get `times` as many. looks: how often a network is judged, at equal shares of its minutes.
    optimizer: `ours` is Muon for what is a matrix, AdamW for the rest. clock: `processor` is the time that this process computes, for
    one thread beside other work.
    """

    setting: measure.Setting = "8x16x16"
    same_grid: bool = False
    minutes: float = 4.0
    times: float = 5.0
    looks: int = 4
    threshold: float = 0.9
    clock: Literal["wall", "processor"] = "wall"
    optimizer: Literal["adamw", "ours"] = "ours"
    lr: float = 1e-3
    batch: int = 8
    judged: int = 32
    steps: int = 25
    guidance: float = 5.0
    threads: int = 2
    seed: int = 0

    def __post_init__(self):
        for name in ("minutes", "times", "looks", "lr", "batch", "judged", "steps", "threads"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be above zero.")
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold}, but is a share: expected it in (0, 1].")
        if self.clock == "processor" and self.threads > 1:
            raise ValueError(f"clock is processor, which adds up threads: give --threads 1, not {self.threads}.")

    @property
    def now(self) -> Callable[[], float]:
        """Reads the clock, in seconds."""
        return time.process_time if self.clock == "processor" else time.perf_counter


@dataclass(frozen=True)
class Judge:
    """`judge(model)`: the share of frames on which the captioned digit is read, over that of real clips."""

    reader: DigitReader
    asked: Clips
    options: Options
    recipe: Run

    def __call__(self, net: nn.Module) -> float:
        options, model = self.options, Model(self.recipe, net)
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


def training(size: Sized, options: Options) -> Generator[nn.Module, float, None]:
    """Train step by step; after each it yields the moving average and is sent which share of the time has passed.

    Learning rate and length of clips depend on that share, as they do in the recipe on the share of the steps. A network that takes
    no clips so short gets whole ones.
    """
    net, recipe = size.build(), size.recipe
    config = replace(recipe.training, batch=options.batch, lr=options.lr, seed=options.seed, restarts=())
    data, ema = clips_of(*recipe.worlds), deepcopy(net).requires_grad_(False).eval()
    net.train()
    used = with_rates(net, config, options.optimizer)
    step, share = 0, 0.0
    while True:
        generator = torch.Generator().manual_seed((options.seed << 32) + step)
        at = int(share * config.steps)
        parts = config.parts(at) if size.takes(recipe.worlds[0].frames // config.parts(at)) else 1
        x, cond = data(config.batch * parts, (config.seed, step))
        x = x[:, :, : -(-x.shape[2] // parts)]
        u, eps = stratified_times(len(x), generator), torch.randn(x.shape, generator=generator)
        cond = cond.keep(torch.rand(len(x), generator=generator) >= recipe.loss.drop_caption)
        loss = per_clip_loss(net, x, eps, u, cond, COSINE, Objective.V).mean()
        for optimizer, lr in used:
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = lr * config.pace(at)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), config.clip_norm)
        for optimizer, _ in used:
            optimizer.step()
        update_ema(ema, net, min(config.ema, (1 + step) / (10 + step)))
        step += 1
        share = yield ema


def with_rates(
    net: nn.Module, config: TrainConfig, which: Literal["adamw", "ours"]
) -> list[tuple[torch.optim.Optimizer, float]]:
    """The optimizers of a run, each with its learning rate."""
    if which == "ours":
        matrices = matrices_of(net) or {name for name, weight in net.named_parameters() if weight.ndim == 2}
        return optimizers(net, matrices, config.lr, config.lr_matrices, config.weight_decay)
    decay = config.weight_decay
    return [(torch.optim.AdamW(net.parameters(), config.lr, (0.9, 0.99), weight_decay=decay, fused=True), config.lr)]


def race(size: Sized, judge: Judge, options: Options) -> dict:
    """Train one network until it is legible or its time is up: when it was judged, how it read, and minutes or None."""
    torch.manual_seed(options.seed)
    allowed = 60 * options.minutes * (1 if size.name == OURS else options.times)
    run = training(size, options)
    clock, step, judged, share = 0.0, 0, [], None  # nothing can be sent before the first step
    while clock < allowed:
        start = options.now()
        ema = run.send(share)
        clock, step = clock + options.now() - start, step + 1
        share = min(1.0, clock / allowed)
        if share < (len(judged) + 1) / options.looks:
            continue
        relative = judge(ema)
        judged.append({"minutes": clock / 60, "step": step, "relative": relative})
        print(f"{size.name}: {relative:.2f} of real clips after {clock / 60:.1f} minutes, {step} steps", flush=True)
        if relative >= options.threshold:
            break
    reached = judged[-1]["minutes"] if judged[-1]["relative"] >= options.threshold else None
    return {
        **size.described(),
        "allowed": allowed / 60,
        "minutes": reached,
        "seconds_a_step": clock / step,
        "judged": judged,
    }


def so_far(path: Path, options: Options) -> tuple[dict, float]:
    """What a file holds of this race and the minutes that it took. Raises ValueError for a file of other options."""
    if not path.exists():
        return {"what": "time_to_quality", **asdict(options), "packages": {}, "runs": {}}, 0.0
    before = receipt(path.stem, path.parent)
    other = sorted(key for key, value in asdict(options).items() if before.values.get(key) != value)
    if other:
        raise ValueError(f"{path} was made with another {', '.join(other)}; give another --json, or the same options.")
    return before.values, before.minutes


def run(options: Options, networks: tuple[str, ...], path: Path, recipe: Run | None = None) -> Path:
    """Race the networks that `path` has no result of yet, writing it after each. Raises ValueError for a file of other options."""
    torch.set_num_threads(options.threads)
    recipe = recipe or measure.SETTINGS[options.setting]
    done, world = so_far(path, options)[0]["runs"], recipe.worlds[0]
    judge = Judge(fit_reader(world), world.sample(options.judged, (options.seed, 4000)), options, recipe)
    given = " ".join(f"--{key.replace('_', '-')} {value}" for key, value in asdict(options).items())
    given = given.replace("--same-grid True", "--same-grid").replace("--same-grid False", "--no-same-grid")
    command = f"python -m benchmarks.time_to_quality {given}"
    for name in networks:
        if name in done:
            print(f"{name}: done before")
            continue
        start = time.perf_counter()
        found = race(sized(name, recipe, options.same_grid), judge, options)
        values, minutes = so_far(path, options)  # again: another process may have raced another network meanwhile
        values["runs"][name], values["real"] = found, judge.real
        if name != OURS:
            values["packages"][PEERS[name].package] = PEERS[name].version
        minutes += (time.perf_counter() - start) / 60
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

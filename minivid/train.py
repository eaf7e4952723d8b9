"""The training loop: any network, any loss; a laptop's CPU, one GPU, or several under `accelerate launch` (chapter 3).

A step's clips, noise and times are functions of (seed, step) alone, drawn for the whole batch and then shared out. So a run that is
interrupted and resumed ends where an uninterrupted one ends, to the byte on one machine, and several processes end where one does, to
rounding.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor, nn

from minivid import checkpoint, state
from minivid.batches import Batches
from minivid.diffusion.objective import Denoising
from minivid.optimizers import Together, matrices_of, optimizers
from minivid.tools.options import described, named
from minivid.tools.progress import Progress
from minivid.tools.seeds import plain_generator

WHOLE = {"steps": 1, "batch": 1, "save_every": 1, "warmup": 0, "seed": 0}
REAL = {"lr": 0.0, "lr_matrices": 0.0, "clip_norm": 0.0}
"""What must be a whole number of at least so much, and what a number above it."""


@dataclass(frozen=True)
class TrainConfig:
    """How long and how: with network, loss and clips, everything that a manifest must say to make a run again.

    Raises ValueError, naming the option, for a value that no run can have.
    """

    steps: int = 1000
    batch: int = 16
    lr: float = 1e-3
    lr_matrices: float = 0.02
    warmup: int = 50
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    ema: float = 0.995
    seed: int = 0
    save_every: int = 200
    growth: tuple[tuple[float | int, int], ...] = ()
    """(share, parts) in order: until that share of the first round, the first 1/parts of each clip, and `parts` times as many of them."""
    restarts: tuple[int, ...] = ()
    """Steps before which a new round begins: from the averaged weights, with new optimizers, the learning rate up and down again."""

    def __post_init__(self):
        for name, least in WHOLE.items():
            if not is_whole(getattr(self, name)) or getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a whole number of at least {least}.")
        for name, bound in REAL.items():
            if not is_real(getattr(self, name)) or getattr(self, name) <= bound:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a number above {bound:g}.")
        if self.seed >= 2**63:
            raise ValueError(f"seed is {self.seed}; expected a whole number below 2**63.")
        for name in ("growth", "restarts"):
            if not isinstance(getattr(self, name), tuple):
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a tuple, () for none.")
        if not is_real(self.weight_decay) or self.weight_decay < 0:
            raise ValueError(f"weight_decay is {self.weight_decay!r}; expected a number from 0 on.")
        if not is_real(self.ema) or not 0 <= self.ema < 1:
            raise ValueError(f"ema is {self.ema!r}; expected a number in [0, 1).")
        if not all(map(is_stage, self.growth)) or list(self.growth) != sorted(self.growth, key=lambda stage: stage[0]):
            raise ValueError(
                f"growth is {self.growth}; expected (share of the steps, parts) in order, as ((0.4, 4), (0.65, 2))."
            )
        if not all(map(is_whole, self.restarts)) or any(begin >= end for begin, end in self.rounds):
            raise ValueError(f"restarts are {self.restarts}; expected steps between 0 and {self.steps}, in order.")

    def shortened(self, steps: int) -> TrainConfig:
        """The same in fewer steps, to see that it runs."""
        restarts = tuple(step for step in self.restarts if step < steps)
        return replace(self, steps=steps, warmup=min(self.warmup, steps), restarts=restarts)

    def longer(self, times: int) -> TrainConfig:
        """The same, `times` as long."""
        return replace(self, steps=times * self.steps, restarts=tuple(times * step for step in self.restarts))

    @property
    def rounds(self) -> list[tuple[int, int]]:
        """The first step of each round and the one after its last."""
        return list(pairwise((0, *self.restarts, self.steps)))

    def parts(self, step: int) -> int:
        """Into how many parts a clip is cut at this step; the first is kept. 1 leaves it whole."""
        _, first = self.rounds[0]
        return next((parts for share, parts in self.growth if step < share * first), 1)

    def pace(self, step: int) -> float:
        """The share of its learning rate that an optimizer uses: in each round a linear warm-up, then half a cosine down to zero.

        Of rounds: Loshchilov & Hutter 2017, "SGDR".
        """
        begin, end = next((begin, end) for begin, end in reversed(self.rounds) if begin <= step)
        if step < begin + self.warmup:
            return (step - begin + 1) / self.warmup
        progress = (step - begin - self.warmup) / max(1, end - begin - self.warmup)
        return 0.5 * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class Step:
    """What a loss must know of the step that it is asked in: whence its random numbers come, and which rows of the batch are its own."""

    seed: int
    number: int
    """From 0."""
    device: torch.device | str = "cpu"
    process: int = 0
    processes: int = 1

    @property
    def key(self) -> tuple[int, int, int]:
        """Seed of the step's clips. The zero stood for the process when each drew its own; runs of that time still resume."""
        return (self.seed, self.number, 0)

    def generator(self) -> torch.Generator:
        """Noise and times of the step, the same in every process."""
        return plain_generator(int(np.random.SeedSequence(self.key).generate_state(1)[0]))

    def weight(self, rows: int) -> float:
        """How much a mean over this process's own of so many rows weighs: 1 where they divide evenly.

        Raises ValueError where a process would be without a row.
        """
        if rows < self.processes:
            raise ValueError(
                f"step {self.number + 1} has {rows} clips for {self.processes} processes: take fewer processes or a larger batch."
            )
        return len(range(self.process, rows, self.processes)) * self.processes / rows

    def own(self, rows: Any) -> Any:
        """This process's rows of a tensor or a condition, on its device. One process has all of them."""
        return rows[self.process :: self.processes].to(self.device)


Loss = Callable[[nn.Module, Any, Step], Tensor]
"""`loss(model, batch, step)`: the mean over `step.own(...)` of a batch, or over all of it where its rows need one another."""


@dataclass(frozen=True)
class Record:
    """What one step tells: its number (from 1), loss, gradient norm before clipping, learning rate, seconds since the start."""

    step: int
    loss: float
    gradient: float
    lr: float
    seconds: float


Update = Callable[["Training", Any, Step, float], tuple[float, float]]
"""`update(training, batch, step, decay)` changes the weights once, and their moving average with that decay; what it returns is the loss
and the gradient's norm before it was clipped. Raises `training.failed(...)` where one of them is no number."""


def update(training: Training, batch: Any, step: Step, decay: float) -> tuple[float, float]:
    """The library's update: any loss, any number of processes, in the precision that was asked for."""
    accelerator, model = training.accelerator, training.model
    with accelerator.autocast():
        loss = training.loss(model, batch, step)
    if step.processes > 1:
        loss = loss * step.weight(len(batch[0]))
    told = accelerator.reduce(loss.detach(), "mean").item()
    if not math.isfinite(told):
        raise training.failed("loss", step)
    training.optimizer.zero_grad()
    accelerator.backward(loss)
    training.average()
    gradient = float(accelerator.clip_grad_norm_(model.parameters(), training.config.clip_norm))
    if not math.isfinite(gradient):  # before it reaches the weights
        raise training.failed("gradient", step)
    training.optimizer.step()
    update_ema(training.ema, model, decay)
    return told, gradient


def written_out(training_step: Callable) -> Update:
    """An update that somebody wrote out: `training_step(model, ema, optimizer, x, eps, u, cond, decay)` returns loss and gradient norm.

    It is handed the clips, noise, times and captions that `Denoising` would have taken; what it makes of them, objective, schedule and
    clipping, should be what the run's loss and configuration say, since these are what a manifest keeps. Raises ValueError, at the first
    step, for another loss, for several processes and for half precision.
    """

    def update(training: Training, batch: Any, step: Step, decay: float) -> tuple[float, float]:
        if type(training.loss) is not Denoising:  # another loss makes other targets of the same clips
            raise ValueError("a training step that is written out needs noise and times: train on a Denoising loss.")
        if step.processes > 1 or training.accelerator.mixed_precision != "no":
            raise ValueError(
                "a training step that is written out runs in one process and in full precision: start it without "
                "`accelerate launch`, or leave the step to the library."
            )
        shown = training.loss.drawn(batch, step)
        told = training_step(training.model, training.ema, training.optimizer, *shown, decay)
        loss, gradient = (value.item() if isinstance(value, Tensor) else value for value in told)
        for what, value in (("loss", loss), ("gradient", gradient)):
            if not math.isfinite(value):
                raise training.failed(what, step)
        return loss, gradient

    return update


class TrainingFailed(RuntimeError):
    """The loss or its gradient is no number any more; the message says at which step and which checkpoint is good."""


@dataclass
class Training:
    """A run: the model, its moving average `ema`, the optimizers (together: `optimizer`) and how far they have come.

    Iterate over `steps()`; stop whenever you like and call it again to go on. With `out`, the state is saved there every
    `config.save_every` steps and at the end, and a new Training on that folder goes on from it with `resume()`.

    Raises ValueError for a loss that could not be written down, CheckpointError for a folder or weights that could not be saved: before
    the first step, not after the two-hundredth.
    """

    model: nn.Module
    data: Batches
    loss: Loss
    config: TrainConfig
    out: Path | None = None
    update: Update = update
    records: list[Record] = field(default_factory=list)

    def __post_init__(self):
        self.accelerator = Accelerator()
        self._check_launch()
        # No wrapper around the network: a loss may call whatever method it likes, and gradients are averaged by hand.
        self.model.to(self.accelerator.device)
        if self.accelerator.num_processes > 1:
            for weight in self.model.state_dict().values():
                weight.copy_(broadcast(weight))
        self.ema = deepcopy(self.model).requires_grad_(False).eval()
        rates = self.config.lr, self.config.lr_matrices, self.config.weight_decay
        made = optimizers(self.model, matrices_of(self.model), *rates)
        if not made:
            raise ValueError("nothing of this network is trained: every weight has requires_grad=False.")
        self.optimizers = [self.accelerator.prepare_optimizer(optimizer) for optimizer, _ in made]
        self.optimizer = Together(self.optimizers)
        self.rates = [lr for _, lr in made]
        self.out = Path(self.out) if self.out is not None else None
        self.owned = False  # whether the state in `out` is this run's
        self.failure = ""
        if self.out is not None and self.accelerator.is_main_process:
            named(self.loss)
            checkpoint.check_can_write(self.state_file(self.out), checkpoint.weights_of(self.model))

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return self.records[-1].step if self.records else 0

    def steps(self, progress: bool = True) -> Iterator[Record]:
        """Train up to `config.steps`, yielding a record after each step.

        Raises TrainingFailed when the loss stops being a number, CheckpointError where `out` holds the state of another run.
        """
        if self.failure:  # buffers may hold what is no number
            raise TrainingFailed(self.failure)
        if self.out and not self.owned and self.state_file(self.out).is_file():
            raise checkpoint.CheckpointError(
                f"{self.out} already holds a run: resume() goes on with it, another folder begins anew."
            )
        self.model.train()
        before = self.records[-1].seconds if self.records else 0.0
        start = time.perf_counter() - before
        quiet = not progress or not self.accelerator.is_main_process
        with Progress(self.config.steps, "step", self.step, quiet) as bar:
            while self.step < self.config.steps:
                if self.step in self.config.restarts:
                    self._begin_round()
                loss, gradient, lr = self._one_step(self.step)
                self.records.append(Record(self.step + 1, loss, gradient, lr, time.perf_counter() - start))
                bar.update(loss=f"{loss:.3f}")
                if self.out and (self.step % self.config.save_every == 0 or self.step == self.config.steps):
                    self.save()
                yield self.records[-1]

    @torch.no_grad()
    def _begin_round(self) -> None:
        """Go on from the averaged weights, rounded as a file of weights holds them, with optimizers that remember nothing."""
        for average, now in zip(self.ema.parameters(), self.model.parameters(), strict=True):
            average.copy_(halved(average))
            now.data.copy_(average)
        for average, now in zip(self.ema.buffers(), self.model.buffers(), strict=True):
            now.copy_(average)
        for optimizer in self.optimizers:
            optimizer.state.clear()

    def _one_step(self, number: int) -> tuple[float, float, float]:
        """One update of the weights. Everything random comes from (seed, step)."""
        config, accelerator = self.config, self.accelerator
        step = Step(config.seed, number, accelerator.device, accelerator.process_index, accelerator.num_processes)
        pace = config.pace(number)
        for optimizer, lr in zip(self.optimizers, self.rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = pace * lr
        decay = min(config.ema, (1 + number) / (10 + number))
        loss, gradient = self.update(self, self._batch(step), step, decay)
        return loss, gradient, pace * config.lr

    def average(self) -> None:
        """Each process has the gradient of its own rows, and buffers that saw no others; their mean is the batch's.

        A layer that normalises over rows (BatchNorm) still sees a process's own alone.
        """
        if self.accelerator.num_processes > 1:
            for weight in self.model.parameters():
                if weight.grad is not None:
                    weight.grad = self.accelerator.reduce(weight.grad, "mean")
            for buffer in self.model.buffers():
                if buffer.is_floating_point():
                    buffer.copy_(self.accelerator.reduce(buffer, "mean"))

    def _check_launch(self) -> None:
        """Raise ValueError for settings of `accelerate` under which a run would not be what its configuration says."""
        accelerator, started = self.accelerator, int(os.environ.get("WORLD_SIZE", 1))
        if started != accelerator.num_processes:
            raise ValueError(
                f"{started} processes were started and {accelerator.num_processes} joined: each would train alone. "
                "On a CPU set ACCELERATE_USE_CPU=true."
            )
        if self.config.batch < accelerator.num_processes:
            raise ValueError(
                f"a batch of {self.config.batch} leaves some of {accelerator.num_processes} processes without a clip: "
                "take fewer processes or a larger batch."
            )
        if accelerator.gradient_accumulation_steps != 1:
            raise ValueError("gradients are not accumulated here: take a larger batch, and leave that setting at 1.")
        if accelerator.mixed_precision not in ("no", "bf16"):
            raise ValueError(f"mixed precision is no or bf16 here, not {accelerator.mixed_precision}.")

    def _batch(self, step: Step) -> Any:
        """The whole batch; of short clips, as many more as they are shorter. They cost as much and show more that is different."""
        parts = self.config.parts(step.number)
        x, cond = self.data(self.config.batch * parts, step.key)
        if parts == 1:  # whatever a batch is: a pack's clips differ in size
            return x, cond
        if cond is not None and (cond.images or (cond.tokens is not None and cond.tokens.ndim == 3)):
            raise ValueError(
                "clips with images or captions for each frame cannot be cut short: train them with growth=()."
            )
        return x[:, :, : -(-x.shape[2] // parts)], cond

    def anyone(self, stops: bool) -> bool:
        """Whether this holds in any of the processes, which must all stop after the same step."""
        return bool(self.accelerator.reduce(torch.tensor(float(stops), device=self.accelerator.device), "sum") > 0)

    def failed(self, what: str, step: Step) -> TrainingFailed:
        """The error for a loss or gradient of this step that is no number. The run goes no further."""
        saved = (
            f"The last good state is {self.out}"
            if self.out and self.state_file(self.out).is_file()
            else "Nothing was saved"
        )
        self.failure = f"The {what} at step {step.number + 1} is not a number. {saved}. Try a lower learning rate (now {self.config.lr}), and look for NaN in the clips."
        return TrainingFailed(self.failure)

    @staticmethod
    def state_file(folder: Path) -> Path:
        """Where a run keeps its state."""
        return Path(folder) / state.FILE

    def save(self) -> None:
        """The whole state into `out`: weights, moving average, optimizers, records."""
        if self.out is None:
            raise ValueError("this run has no folder; give Training(out=...) to save it.")
        if self.accelerator.is_main_process:
            records = [list(asdict(record).values()) for record in self.records]
            precision = self.accelerator.mixed_precision
            about = {
                "config": described(self.config),
                "loss": named(self.loss),
                "precision": precision,
                "records": records,
            }
            state.write(self.state_file(self.out), self.model, self.ema, self.optimizers, about)
        self.owned = True
        self.accelerator.wait_for_everyone()

    def resume(self) -> Training:
        """Take up the state in `out`. Raises CheckpointError when there is none, or when it belongs to another run."""
        if self.out is None or not self.state_file(self.out).is_file():
            raise checkpoint.CheckpointError(
                f"there is nothing to resume in {self.out}; start the run without resuming."
            )
        path, precision = self.state_file(self.out), self.accelerator.mixed_precision
        mine = {**described(self.config), "loss": named(self.loss), "precision": precision}
        tensors, about = checkpoint.read(path)
        config, loss = apart(about["config"])
        # an earlier version did not know every option, and kept the loss elsewhere
        theirs = {**described(TrainConfig()), **config, "loss": about.get("loss", loss or mine["loss"])}
        theirs["precision"] = about.get("precision", precision)
        if other := sorted(name for name in mine | theirs if mine.get(name) != theirs.get(name)):
            raise checkpoint.CheckpointError(
                f"{path} was trained with another {', '.join(other)}; resume with what it was started with."
            )
        state.take_up(tensors, self.model, self.ema, self.optimizers, str(path))
        self.records = [Record(*values) for values in about["records"]]
        self.owned, self.failure = True, ""
        return self


def apart(training: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A training's JSON, and the loss that stood in it before losses had a place of their own; None where none does."""
    training = dict(training)
    if "objective" not in training:
        return training, None
    loss = {name: training.pop(name) for name in ("objective", "drop_caption")}
    return training, {**named(Denoising()), **loss}


def halved(weight: Tensor) -> Tensor:
    """As a file of weights holds it: real numbers in half precision where they fit, others as they are."""
    if not weight.is_floating_point() or (weight.abs() > torch.finfo(torch.half).max).any():
        return weight
    return weight.half()


@torch.no_grad()
def update_ema(ema: nn.Module, model: nn.Module, decay: float) -> None:
    """ema ← decay · ema + (1 − decay) · model: weights and buffers that are real numbers. Others are copied."""
    pairs = [*zip(ema.parameters(), model.parameters(), strict=True), *zip(ema.buffers(), model.buffers(), strict=True)]
    real = [(average, now) for average, now in pairs if average.is_floating_point()]
    torch._foreach_lerp_([average for average, _ in real], [now for _, now in real], 1 - decay)
    for average, now in pairs:
        if not average.is_floating_point():
            average.copy_(now)


def is_stage(value: object) -> bool:
    """Whether it is a share of the steps and a number of parts."""
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    share, parts = value
    return is_real(share) and 0 <= share <= 1 and is_whole(parts) and parts >= 1


def is_whole(value: object) -> bool:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_real(value: object) -> bool:
    """Whether it is a finite number."""
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))

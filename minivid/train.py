"""The training loop: one for a laptop's CPU, one GPU, or many under `accelerate launch` (chapter 3).

A step's clips, noise and times are functions of (seed, step) alone, so that a run that is interrupted and resumed ends where an
uninterrupted one ends, to the byte on one machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from minivid import checkpoint
from minivid.batches import Batches
from minivid.diffusion.objective import Objective, per_clip_loss, stratified_times
from minivid.diffusion.schedule import COSINE, Schedule
from minivid.nn.condition import Cond
from minivid.progress import Progress


@dataclass(frozen=True)
class TrainConfig:
    """How long and how: everything that a manifest must say to make a run again."""

    steps: int = 1000
    batch: int = 16
    lr: float = 1e-3
    lr_matrices: float = 0.02
    warmup: int = 50
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    ema: float = 0.995
    drop_caption: float = 0.1
    objective: Objective = Objective.V
    seed: int = 0
    save_every: int = 200
    growth: tuple[tuple[float | int, int], ...] = ()
    """(share, parts) in order: until that share of the first round, the first 1/parts of each clip, and `parts` times as many of them."""
    restarts: tuple[int, ...] = ()
    """Steps before which a new round begins: from the averaged weights, with new optimizers, the learning rate up and down again."""

    def __post_init__(self):
        for name in ("steps", "batch", "lr", "lr_matrices", "clip_norm", "save_every"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be above zero.")
        if not 0 <= self.ema < 1 or not 0 <= self.drop_caption <= 1:
            raise ValueError(f"ema ({self.ema}) must be in [0, 1) and drop_caption ({self.drop_caption}) in [0, 1].")
        shares = [share for share, _ in self.growth]
        if shares != sorted(shares) or any(not 0 <= share <= 1 or parts < 1 for share, parts in self.growth):
            raise ValueError(
                f"growth is {self.growth}; expected (share of the steps, parts) in order, as ((0.4, 4), (0.65, 2))."
            )
        if any(begin >= end for begin, end in self.rounds):
            raise ValueError(f"restarts are {self.restarts}; expected steps between 0 and {self.steps}, in order.")

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
class Record:
    """What one step tells: its number (from 1), loss, gradient norm before clipping, learning rate, seconds since the start."""

    step: int
    loss: float
    gradient: float
    lr: float
    seconds: float


class TrainingFailed(RuntimeError):
    """The loss or its gradient is no number any more; the message says at which step and which checkpoint is good."""


@dataclass
class Training:
    """A run: the model, its moving average `ema`, the optimizer and how far they have come.

    Iterate over `steps()`; stop whenever you like and call it again to go on. With `out`, the state is saved there every
    `config.save_every` steps and at the end, and a new Training on that folder goes on from it with `resume()`.
    """

    model: nn.Module
    data: Batches
    config: TrainConfig
    schedule: Schedule = COSINE
    out: Path | None = None
    records: list[Record] = field(default_factory=list)

    def __post_init__(self):
        self.accelerator = Accelerator()
        self.ema = deepcopy(self.model).requires_grad_(False).eval().to(self.accelerator.device)
        self.model, *self.optimizers = self.accelerator.prepare(self.model, *optimizers(self.model, self.config))
        self.out = Path(self.out) if self.out is not None else None

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return self.records[-1].step if self.records else 0

    def steps(self, progress: bool = True) -> Iterator[Record]:
        """Train up to `config.steps`, yielding a record after each step. Raises TrainingFailed when the loss stops being a number."""
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

    def _begin_round(self) -> None:
        """Go on from the averaged weights, rounded as a file of weights holds them, with optimizers that remember nothing."""
        weights = {name: weight.half().float() for name, weight in self.ema.state_dict().items()}
        self.accelerator.unwrap_model(self.model).load_state_dict(weights)
        self.ema.load_state_dict(weights)
        for optimizer in self.optimizers:
            optimizer.state.clear()

    def _one_step(self, step: int) -> tuple[float, float, float]:
        """One update of the weights. Everything random comes from (seed, step, process)."""
        config, device = self.config, self.accelerator.device
        key = (config.seed, step, self.accelerator.process_index)
        x, cond = self._clips(config.parts(step), key)
        generator = torch.Generator().manual_seed(int(np.random.SeedSequence(key).generate_state(1)[0]))
        u = stratified_times(len(x), generator).to(device)
        eps = torch.randn(x.shape, generator=generator).to(device)
        keep = torch.rand(len(x), generator=generator) >= config.drop_caption
        cond = cond.keep(keep).to(device) if cond is not None else None

        loss = per_clip_loss(self.model, x.to(device), eps, u, cond, self.schedule, config.objective).mean()
        if not torch.isfinite(loss):
            raise TrainingFailed(self._failure("loss", step + 1))
        pace = config.pace(step)
        for optimizer, lr in zip(self.optimizers, (config.lr_matrices, config.lr), strict=True):
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = pace * lr
        self.accelerator.backward(loss)
        gradient = self.accelerator.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        if not torch.isfinite(gradient):  # before it reaches the weights
            raise TrainingFailed(self._failure("gradient", step + 1))
        for optimizer in self.optimizers:
            optimizer.step()
        update_ema(self.ema, self.accelerator.unwrap_model(self.model), min(config.ema, (1 + step) / (10 + step)))
        return loss.item(), float(gradient), pace * config.lr

    def _clips(self, parts: int, key: tuple[int, ...]) -> tuple[Tensor, Cond | None]:
        """A batch; of short clips, as many more as they are shorter. They cost as much and show more that is different."""
        x, cond = self.data(self.config.batch * parts, key)
        if parts > 1 and cond is not None and (cond.images or (cond.tokens is not None and cond.tokens.ndim == 3)):
            raise ValueError(
                "clips with images or captions for each frame cannot be cut short: train them with growth=()."
            )
        return x[:, :, : -(-x.shape[2] // parts)], cond

    def _moments(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        """What the parameter's optimizer remembers of it."""
        optimizer = next(
            o for o in self.optimizers if any(parameter is p for group in o.param_groups for p in group["params"])
        )
        return optimizer.state[parameter]

    def _failure(self, what: str, step: int) -> str:
        saved = (
            f"The last good state is {self.out}"
            if self.out and self.state_file(self.out).is_file()
            else "Nothing was saved"
        )
        return f"The {what} at step {step} is not a number. {saved}. Try a lower learning rate (now {self.config.lr}), and look for NaN in the clips."

    @staticmethod
    def state_file(folder: Path) -> Path:
        """Where a run keeps its state."""
        return Path(folder) / "state.safetensors"

    def save(self) -> None:
        """The whole state into `out`: weights, moving average, optimizer, records."""
        if self.out is None:
            raise ValueError("this run has no folder; give Training(out=...) to save it.")
        if not self.accelerator.is_main_process:
            return
        model = self.accelerator.unwrap_model(self.model)
        tensors = {f"model.{name}": weight for name, weight in model.state_dict().items()}
        tensors |= {f"ema.{name}": weight for name, weight in self.ema.state_dict().items()}
        for name, parameter in model.named_parameters():
            tensors |= {f"optimizer.{key}.{name}": value for key, value in self._moments(parameter).items()}
        manifest = {
            "config": described(self.config),
            "records": [list(asdict(record).values()) for record in self.records],
        }
        checkpoint.write(self.state_file(self.out), tensors, manifest)

    def resume(self) -> Training:
        """Take up the state in `out`. Raises CheckpointError when there is none, or when it belongs to another run."""
        if self.out is None or not self.state_file(self.out).is_file():
            raise checkpoint.CheckpointError(
                f"there is nothing to resume in {self.out}; start the run without resuming."
            )
        path = self.state_file(self.out)
        tensors, manifest = checkpoint.read(path)
        before = {**described(TrainConfig()), **manifest["config"]}  # an earlier version may not know every option
        if before != described(self.config):
            differing = sorted(key for key, value in described(self.config).items() if before[key] != value)
            raise checkpoint.CheckpointError(
                f"{path} was trained with another {', '.join(differing)}; resume with what it was started with."
            )
        model = self.accelerator.unwrap_model(self.model)
        checkpoint.load_into(model, part(tensors, "model."), str(path))
        checkpoint.load_into(self.ema, part(tensors, "ema."), str(path))
        for name, parameter in model.named_parameters():
            saved = {key: value for key, value in part(tensors, "optimizer.").items() if key.endswith(f".{name}")}
            self._moments(parameter).update(
                {
                    key.removesuffix(f".{name}"): value
                    for key, value in saved.items()
                    if key.count(".") == name.count(".") + 1
                }
            )
        self.records = [Record(*values) for values in manifest["records"]]
        return self


def optimizers(model: nn.Module, config: TrainConfig) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Muon for the matrices inside the network, AdamW for the rest: embeddings, norms, biases, first and last layer.

    Muon makes each update of a matrix orthogonal, so that all directions learn at one pace (Jordan et al. 2024); a convolution's
    weight is a matrix too.
    """
    inner = {
        name
        for name, parameter in model.named_parameters()
        if parameter.ndim == 2 and not name.startswith(("text.", "conv_in.", "conv_out.", "position_bias."))
    }
    matrices = [parameter for name, parameter in model.named_parameters() if name in inner]
    rest = [parameter for name, parameter in model.named_parameters() if name not in inner]
    muon = torch.optim.Muon(matrices, lr=config.lr_matrices, weight_decay=0.0)
    return muon, torch.optim.AdamW(rest, lr=config.lr, betas=(0.9, 0.99), weight_decay=config.weight_decay)


def described(config: TrainConfig) -> dict:
    """A configuration as plain JSON values."""
    values = {key: value.value if isinstance(value, Objective) else value for key, value in asdict(config).items()}
    return {**values, "growth": [list(stage) for stage in config.growth], "restarts": list(config.restarts)}


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose name begins with `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


@torch.no_grad()
def update_ema(ema: nn.Module, model: nn.Module, decay: float) -> None:
    """ema ← decay · ema + (1 − decay) · model, weight by weight."""
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)

"""Which trick helps, where a run is short: each alone, against the same recipe without it."""

import time
from dataclasses import dataclass, replace

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from minivid.chapters.ch05.experiments.small import SMALL
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.diffusion.objective import Denoising, Objective, per_clip_loss
from minivid.diffusion.schedule import COSINE
from minivid.diffusion.score import min_snr
from minivid.evaluation.report import aligned
from minivid.nn.attention.layout import of_grid
from minivid.nn.attention.places import grid
from minivid.nn.condition import Cond
from minivid.nn.dit import DiT
from minivid.tools.seeds import plain_generator
from minivid.train import TrainConfig

NETWORK = replace(SMALL.network, dim=48, depth=4)
TRAINING = TrainConfig(steps=250, batch=16, ema=0.98, warmup=20)


@dataclass(frozen=True)
class Loss:
    """v's loss, with tricks: times that are stratified or not, min-SNR's weights, each clip paired with the noise of its batch that is near."""

    stratified: bool = True
    gamma: float | None = None
    paired: bool = False

    def __call__(self, model: nn.Module, batch, step) -> Tensor:
        """The weighted mean over the batch."""
        x, eps, u, cond = Denoising().drawn(batch, step)
        if not self.stratified:
            u = torch.rand(len(x), generator=step.generator())
        if self.paired:
            eps = nearest(x, eps)
        loss = per_clip_loss(model, x, eps, u, cond, COSINE, Objective.V)
        if self.gamma is not None:
            loss = loss * min_snr(Objective.V, COSINE.logsnr(u), self.gamma)
        return loss.mean()


def nearest(x: Tensor, eps: Tensor) -> Tensor:
    """The same noises in another order: of all pairings the one whose squared distances sum to least (Tong et al. 2023; Pooladian et al. 2023)."""
    _, order = linear_sum_assignment(torch.cdist(x.flatten(1), eps.flatten(1)).square().numpy())
    return eps[torch.from_numpy(order)]


class AdamWOnly(DiT):
    """Names no matrices, so that Muon gets none."""

    def matrices(self) -> list[str]:
        return []


class Masked(DiT):
    """In training it sees a half of the picture's places, the same through a clip, and says 0 of the rest (after Zheng et al. 2023, "MaskDiT").

    The last quarter of the steps shows it all. Without gradients it is a DiT.
    """

    steps, whole = 0, 3 * TRAINING.steps // 4

    def forward(self, z, t, cond=None):
        if not torch.is_grad_enabled() or self.steps >= self.whole:
            return super().forward(z, t, cond)
        self.steps += 1
        tokens = self.patch_in(self.parts.patchify(z, self.config.patch))
        place, (height, width) = grid(*tokens.shape[1:4]), tokens.shape[2:4]
        kept = torch.randperm(height * width, generator=plain_generator(self.steps))[: height * width // 2]
        x = (tokens + self._added(place)).flatten(2, 3)[:, :, kept, None]
        place = place.flatten(2)[:, :, kept, None]
        embed, words = self._told(t, cond, len(z))
        layouts = [of_grid(window, place, rotary=self.config.rotary) for window in self.config.windows()]
        said = self._out(self._through(x, embed, layouts, words), embed)[:, :, :, 0]
        every = said.new_zeros(*said.shape[:2], height * width, said.shape[-1]).index_copy(2, kept, said)
        return self.parts.unpatchify(every.unflatten(2, (height, width)), self.config.patch)


@dataclass(frozen=True)
class Arm:
    """A network, a loss and a learning rate."""

    build: type[DiT] = DiT
    loss: Loss = Loss()
    lr: float = TRAINING.lr


ARMS = {
    "the recipe": Arm(),
    "AdamW for all, rate 0.001": Arm(AdamWOnly),
    "AdamW for all, rate 0.003": Arm(AdamWOnly, lr=0.003),
    "times not stratified": Arm(loss=Loss(stratified=False)),
    "min-SNR, γ = 5": Arm(loss=Loss(gamma=5.0)),
    "noise paired with clips": Arm(loss=Loss(paired=True)),
    "half of the places masked": Arm(Masked),
}


@torch.no_grad()
def held_out(network: nn.Module, n: int = 128, seed: int = 123) -> dict[str, float]:
    """The plain loss in v on handwriting that was not trained on: at all times, at the clearer half of them and at the noisier one."""
    clips = replace(SMALL.worlds[0], split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=plain_generator(seed))
    times = (torch.arange(n) + 0.5) / n
    loss = per_clip_loss(network, clips.video, eps, times, Cond(*tokenize(clips.caption)), COSINE, Objective.V)
    return {"loss": loss.mean().item(), "clear": loss[: n // 2].mean().item(), "noisy": loss[n // 2 :].mean().item()}


def measure_tricks(seeds: tuple[int, ...] = (0, 1, 2), steps: int = TRAINING.steps) -> dict:
    """One trick at a time, as many steps of the same small transformer on the same clips; what a step costs; the loss on held-out handwriting."""
    found = {"steps": steps, "batch": TRAINING.batch, "arms": {}}
    for name, arm in ARMS.items():
        rows = found["arms"][name] = {"loss": [], "clear": [], "noisy": [], "seconds_a_step": []}
        for seed in seeds:
            config = replace(TRAINING, steps=steps, seed=seed, lr=arm.lr)
            run = replace(SMALL, network=NETWORK, training=config, loss=arm.loss)
            training = run.start(build=lambda arm=arm: arm.build(NETWORK))
            walk = training.steps(progress=False)
            next(walk)  # the first step sets things up
            start = time.process_time()
            for _ in walk:
                pass
            rows["seconds_a_step"].append((time.process_time() - start) / (steps - 1))
            for what, value in held_out(training.ema).items():
                rows[what].append(value)
        print(name, rows, flush=True)
    return found


def differences(found: Receipt, name: str, what: str) -> list[float]:
    """For each seed, by how much the trick's loss is above the recipe's, as a share of it."""
    mine, theirs = found["arms"][name][what], found["arms"]["the recipe"][what]
    return [a / b - 1 for a, b in zip(mine, theirs, strict=True)]


def verdict(values: list[float]) -> str:
    """What the seeds agree on."""
    if max(values) < 0:
        return "lower in every seed"
    return "higher in every seed" if min(values) > 0 else "no difference that the seeds agree on"


def tricks_table(found: Receipt) -> str:
    """The recipe's loss, and each trick's against it: lowest and highest of the seeds."""
    recipe = found["arms"]["the recipe"]
    base = sum(recipe["seconds_a_step"])
    rows = [
        ("held-out loss against the recipe's", "all times", "clearer half", "noisier half", "a step costs", "verdict")
    ]
    for name in list(ARMS)[1:]:
        cells = []
        for what in ("loss", "clear", "noisy"):
            values = differences(found, name, what)
            cells.append(f"{min(values):+.1%} to {max(values):+.1%}")
        cost = sum(found["arms"][name]["seconds_a_step"]) / base
        rows.append((f"  {name}", *cells, f"{cost:.2f}", verdict(differences(found, name, "loss"))))
    mean = sum(recipe["loss"]) / len(recipe["loss"])
    recipe = f"the recipe (Muon for matrices, rate {TRAINING.lr_matrices:g}; AdamW for the rest, {TRAINING.lr:g})"
    return f"{found['steps']} steps; the loss of {recipe} is {mean:.3f}\n" + "\n".join(aligned(rows))

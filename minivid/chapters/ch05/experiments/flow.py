"""Flow matching beside v, with and without shifted times, at equal compute: the same network, steps, clips and noise."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from minivid.chapters.ch05.experiments.small import SMALL
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.diffusion.objective import Denoising, Objective, diffuse, per_clip_loss, to_x_eps
from minivid.diffusion.schedule import COSINE, Schedule
from minivid.diffusion.shift import shifted_flow
from minivid.evaluation.report import aligned
from minivid.nn.condition import Cond
from minivid.train import TrainConfig, Training

ARMS: dict[str, tuple[Objective, Schedule]] = {
    "v, cosine": (Objective.V, COSINE),
    "flow": (Objective.FLOW, shifted_flow(1.0)),
    "flow, shift 3": (Objective.FLOW, shifted_flow(3.0)),
}
LEVELS = (-5.0, -3.0, -1.0, 1.0, 3.0, 5.0)
NETWORK = replace(SMALL.network, dim=48, depth=4)
TRAINING = TrainConfig(steps=300, batch=8, ema=0.98, growth=((0.3, 4), (0.6, 2)))


@dataclass(frozen=True)
class Arm:
    """A loss with a schedule of its own, on what `Denoising` draws."""

    objective: Objective
    schedule: Schedule

    def __call__(self, model, batch, step):
        """The mean of the batch."""
        return per_clip_loss(model, *Denoising().drawn(batch, step), self.schedule, self.objective).mean()


@torch.no_grad()
def x_errors(
    network: Callable[..., Tensor], objective: Objective, schedule: Schedule, n: int = 64, seed: int = 77
) -> list[float]:
    """The mean squared error of x̂ on held-out handwriting at each of LEVELS: comparable, whatever the network says and was trained on.

    Each network is shown z as its own schedule mixes it, at one log-SNR for all.
    """
    clips = replace(SMALL.worlds[0], split="heldout").sample(n, seed)
    eps, cond = (
        torch.randn(clips.video.shape, generator=torch.Generator().manual_seed(seed)),
        Cond(*tokenize(clips.caption)),
    )
    errors = []
    for level in LEVELS:
        logsnr = torch.tensor(level)
        alpha, sigma = schedule.alpha_sigma(logsnr)
        z = diffuse(clips.video, eps, alpha, sigma)
        x_hat, _ = to_x_eps(objective, network(z, logsnr.expand(n), cond), z, alpha, sigma)
        errors.append((x_hat - clips.video).square().mean().item())
    return errors


def measure_flow(seeds: tuple[int, ...] = (0, 1, 2), steps: int = TRAINING.steps) -> dict:
    """v, flow matching and flow matching with shifted times: a small transformer each, as many steps; the error of x̂ at six levels."""
    found = {"levels": list(LEVELS), "steps": steps}
    for name, (objective, schedule) in ARMS.items():
        found[name] = []
        for seed in seeds:
            config = replace(TRAINING, steps=steps, seed=seed)
            torch.manual_seed(seed)
            training = Training(NETWORK.build(), SMALL.batches(), Arm(objective, schedule), config)
            for _ in training.steps(progress=False):
                pass
            found[name].append(x_errors(training.ema, objective, schedule))
    return found


def flow_table(found: Receipt) -> str:
    """The mean over seeds at each level, and between which two its seeds lie."""
    rows = [("mean squared error of x̂ at λ =", *(f"{level:g}" for level in found["levels"]))]
    for name in ARMS:
        by_seed = torch.tensor(found[name])
        cells = (
            f"{mean:.4f} ({low:.4f}–{high:.4f})"
            for mean, low, high in zip(
                by_seed.mean(0).tolist(), by_seed.amin(0).tolist(), by_seed.amax(0).tolist(), strict=True
            )
        )
        rows.append((f"  {name}", *cells))
    return "\n".join(aligned(rows))

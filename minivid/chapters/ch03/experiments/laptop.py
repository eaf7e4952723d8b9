"""The student's own run: its landmarks, its band, what three seeds of it reach."""

import time
from collections.abc import Iterable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.batches import Batches
from minivid.chapters.ch03.experiments.following import GUIDANCE, accuracy
from minivid.course.receipt import Receipt
from minivid.data.world import World
from minivid.diffusion import COSINE
from minivid.tools.seeds import plain_generator
from minivid.train import TrainConfig, Training
from minivid.zoo import Model

LAPTOP = zoo.RECIPES["vdm-laptop"]


def trained(name: str, config: TrainConfig, batches: Batches | None = None) -> tuple[Training, Model]:
    """The laptop's run with another training, and perhaps other clips, to its end; and the model that came of it."""
    run = replace(LAPTOP, name=name, training=config)
    training = run.start(data=batches)
    for _ in training.steps():
        pass
    return training, Model(run, training.ema)


def landmarks(world: World, n: int = 256, seed: int = 99) -> dict[str, float]:
    """The v-loss of three networks that know no shapes, over the cosine schedule.

    One says zero. One ignores its input and says the best constant for each level and pixel (both in closed form). One knows which values each
    pixel takes and guesses its mean given z, each by itself: the best that can be had without joining pixels.
    """
    x = world.sample(n, seed).video
    u = (torch.arange(512) + 0.5) / 512
    alpha2, sigma2 = (level.square() for level in COSINE.alpha_sigma(COSINE.logsnr(u)))
    power, spread = x.square().mean(), (x - x.mean(0)).square().mean()
    return {
        "says zero": (alpha2 + sigma2 * power).mean().item(),
        "ignores its input": (alpha2 + sigma2 * spread).mean().item(),
        "pixel by pixel": pixel_by_pixel(world, n, seed),
    }


def pixel_by_pixel(world: World, n: int = 256, seed: int = 99, levels: int = 24) -> float:
    """The v-loss of the posterior mean of each pixel by itself; what values it takes is known from the frames of n clips."""
    known = world.sample(n, (seed, 0)).video.movedim(2, 1).flatten(0, 1).flatten(1)  # frames pixels
    known = known[torch.randperm(len(known), generator=plain_generator(seed))[:400]]
    x = world.sample(max(1, n // 4), (seed, 1)).video[:, :, 0].flatten(1)
    eps, losses = torch.randn(x.shape, generator=plain_generator(seed)), []
    for u in (torch.arange(levels) + 0.5) / levels:
        alpha, sigma = COSINE.alpha_sigma(COSINE.logsnr(u))
        z = alpha * x + sigma * eps
        share = (-0.5 * ((z[:, None] - alpha * known) / sigma).square()).softmax(1)  # clips frames pixels
        losses.append((((share * known).sum(1) - x) / sigma).square().mean())  # (v − v̂)² = (x − x̂)² / σ²
    return torch.stack(losses).mean().item()


def smoothed(losses: Float[Tensor, " n"], window: int = 25) -> Float[Tensor, " n"]:
    """Mean over the last `window` steps, fewer at the start."""
    sums = torch.cat([torch.zeros(1), losses.cumsum(0)])
    end = torch.arange(1, len(losses) + 1)
    begin = (end - window).clamp(min=0)
    return (sums[end] - sums[begin]) / (end - begin)


def laptop_sentences(found: Receipt) -> str:
    """What the laptop recipe reached, seed by seed, at each guidance strength."""

    def listed(values: Iterable[float], form: str = ".2f") -> str:
        return ", ".join(f"{value:{form}}" for value in values)

    lines = [
        f"the laptop recipe, seeds {listed(found.seeds, 'd')}, {listed(found['minutes_each'], '.1f')} minutes each, {found['n']} clips:"
    ]
    for i, scale in enumerate(found["scales"]):
        runs = [run[i] for run in found["rates"]]
        lines.append(f"  guidance {scale:g}")
        for key, words in (
            ("digit_always", "digit on every frame"),
            ("direction", "direction"),
            ("speed", "speed (a guess gets 0.50)"),
        ):
            real = sum(run[f"real_{key}"] for run in runs) / len(runs)
            lines.append(f"    {words:28}{listed(run[key] for run in runs)}   real clips {real:.2f}")
        lines.append(f"    {'off the path, px':28}{listed(run['off_path'] for run in runs)}")
    relative = [run[-1] for run in found["relative_digit"]]
    lines.append(
        f"  the digit, as a share of the real clips' rate, guidance {found['scales'][-1]:g}: {listed(relative)}"
    )
    return "\n".join(lines)


def measure_laptop(
    seeds: tuple[int, ...] = (0, 1, 2),
    n: int = 120,
    every: int = 20,
    scales: tuple[float, ...] = (GUIDANCE,),
) -> dict:
    """Train the laptop recipe from several seeds; how often the captioned digit is read, and the band of the loss curves."""
    curves, rates, minutes = [], [], []
    for seed in seeds:
        start = time.perf_counter()
        training, made = trained("laptop", replace(LAPTOP.training, seed=seed))
        made.sample(["a 3 moves right, slowly"] * 4, steps=25, guidance=GUIDANCE, eta=zoo.ETA)
        minutes.append((time.perf_counter() - start) / 60)
        rates.append([accuracy(made, n, seed=1000 + seed, steps=25, scale=scale) for scale in scales])
        curves.append(smoothed(torch.tensor([record.loss for record in training.records]))[every - 1 :: every])
    stack = torch.stack(curves)
    return {
        "n": n,
        "minutes_each": minutes,
        "scales": scales,
        "relative_digit": [[rate["digit_always"] / rate["real_digit_always"] for rate in run] for run in rates],
        "rates": rates,
        "curve_steps": list(range(every, LAPTOP.training.steps + 1, every)),
        "curve_mean": stack.mean(0).tolist(),
        "curve_low": stack.amin(0).tolist(),
        "curve_high": stack.amax(0).tolist(),
    }

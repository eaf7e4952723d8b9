"""The student's own run: its landmarks, its band, what three seeds of it reach."""

import time
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.batches import clips_of
from minivid.course.experiments.ch03.following import GUIDANCE, accuracy
from minivid.data.world import World
from minivid.diffusion import COSINE
from minivid.nn.unet import UNet
from minivid.train import Training
from minivid.zoo import Model

LAPTOP = zoo.RECIPES["vdm-laptop"]


def landmarks(world: World, n: int = 256, seed: int = 99) -> dict[str, float]:
    """The v-loss of three networks that know no shapes, in closed form, over the cosine schedule.

    One says zero. One ignores its input and says the best constant for each level and pixel. One knows for each pixel its mean, and for all
    their spread, and takes each by itself: the best guess that is linear in z.
    """
    x = world.sample(n, seed).video
    u = (torch.arange(512) + 0.5) / 512
    alpha2, sigma2 = (level.square() for level in COSINE.alpha_sigma(COSINE.logsnr(u)))
    power, spread = x.square().mean(), (x - x.mean(0)).square().mean()
    return {
        "says zero": (alpha2 + sigma2 * power).mean().item(),
        "ignores its input": (alpha2 + sigma2 * spread).mean().item(),
        "pixel by pixel": (spread / (alpha2 * spread + sigma2)).mean().item(),
    }


def smoothed(losses: Float[Tensor, " n"], window: int = 25) -> Float[Tensor, " n"]:
    """Mean over the last `window` steps, fewer at the start."""
    sums = torch.cat([torch.zeros(1), losses.cumsum(0)])
    end = torch.arange(1, len(losses) + 1)
    begin = (end - window).clamp(min=0)
    return (sums[end] - sums[begin]) / (end - begin)


def measure_laptop(seeds: tuple[int, ...] = (0, 1, 2), n: int = 120, every: int = 20) -> dict:
    """Train the laptop recipe from several seeds; how often the captioned digit is read, and the band of the loss curves."""
    curves, rates, minutes = [], [], []
    for seed in seeds:
        start = time.perf_counter()
        config = replace(LAPTOP.training, seed=seed)
        torch.manual_seed(seed)
        training = Training(UNet(LAPTOP.unet), clips_of(*LAPTOP.worlds), config)
        for _ in training.steps():
            pass
        world = LAPTOP.worlds[0]
        made = Model("laptop", training.ema, world)
        made.sample(["a 3 moves right, slowly"] * 4, steps=25, guidance=GUIDANCE)
        minutes.append((time.perf_counter() - start) / 60)
        rates.append(accuracy(made, n, seed=1000 + seed, steps=25, scale=GUIDANCE))
        curves.append(smoothed(torch.tensor([record.loss for record in training.records]))[every - 1 :: every])
    stack = torch.stack(curves)
    return {
        "n": n,
        "minutes_each": minutes,
        "relative_digit": [rate["digit_always"] / rate["real_digit_always"] for rate in rates],
        "rates": rates,
        "curve_steps": list(range(every, LAPTOP.training.steps + 1, every)),
        "curve_mean": stack.mean(0).tolist(),
        "curve_low": stack.amin(0).tolist(),
        "curve_high": stack.amax(0).tolist(),
    }

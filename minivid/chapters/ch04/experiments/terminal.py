"""How far samples reach black and white, by the last level of the schedule that their network was trained and sampled on.

In this world each clip has a ground of its own, drawn evenly from black to white, and a digit in whichever of the two is farther from it.
"""

import base64
import io
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import mean

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from minivid import zoo
from minivid.chapters.ch04.experiments.drift import paired
from minivid.chapters.ch04.gaussian import Gaussian
from minivid.course.receipt import Receipt
from minivid.data.world import World
from minivid.diffusion.objective import Denoising, Objective, Video
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import schedule_named
from minivid.evaluation.report import aligned
from minivid.nn.dit import DiTConfig
from minivid.run import Run
from minivid.show.files import png_bytes
from minivid.show.frames import read
from minivid.tools.seeds import Seed, generator
from minivid.train import TrainConfig

WORLD = World(frames=4, size=32, digit_size=18)
ENDS = {"as published": "scaled-linear", "rescaled": "zero-terminal", "our cosine": "cosine"}
TRAINING = TrainConfig(steps=300, batch=16, ema=0.97, warmup=20)
HOME = "runs/terminal"
FAR = 0.6
"""From here on a clip counts as dark or bright: with its digit on it, none reaches ±1."""
SHOWN = 10
FACTS = {
    "deviation": "deviation of brightness",
    "dark_edge": "darkest twentieth below",
    "bright_edge": "brightest twentieth above",
    "far": f"share beyond ±{FAR}",
    "grain": "deviation within a frame",
}


def lit(n: int, seed: Seed) -> Video:
    """n clips on grounds from black to white, each with its digit in the farther of the two."""
    ink = (WORLD.sample(n, seed).video + 1) / 2
    ground = torch.rand(n, 1, 1, 1, 1, generator=generator(seed, "ground")) * 2 - 1
    return torch.lerp(ground.expand_as(ink), -ground.sign(), ink)


def run_of(end: str, training: TrainConfig = TRAINING) -> Run:
    """A small transformer that says v, on one of the three schedules.

    A token of 128 values goes through a width of 96: it cannot say all of the noise, and grain is left in its samples. Their brightness
    it can say.
    """
    network = DiTConfig(patch=(2, 8), dim=96, depth=2, heads=3, modulation="shared")
    return Run(f"lit-{ENDS[end]}", network, Denoising(Objective.V, ENDS[end]), training, worlds=(WORLD,))


def train_on(end: str, training: TrainConfig = TRAINING, home: Path | str | None = None) -> zoo.Model:
    """The network, trained without captions, from the same first weights, clips and noise on either schedule; kept in `home`, if there is one."""
    run = run_of(end, training)
    place = None if home is None else Path(home) / f"{run.name}-{training.seed}"
    begun = run.start(place, data=lambda n, seed: (lit(n, seed), None))
    if place and begun.state_file(place).is_file():
        begun.resume()
    for _ in begun.steps(progress=False):
        pass
    return zoo.Model(run, begun.ema.eval())


def drawn(model: zoo.Model, n: int, steps: int, seed: int) -> Video:
    """n clips by DDIM from its own schedule's last level."""
    return sample(ddim(model.denoiser, model.noise(n, seed), model.schedule, model.objective, steps))


def brightness(video: Video) -> Float[Tensor, "b"]:
    """Each clip's mean over all its values."""
    return video.flatten(1).mean(1)


def spread_of_perfect(name: str, deviation: float, values: int, steps: int) -> float:
    """The deviation of brightness that a perfect network would leave, if clips were Gaussian: DDIM in as many steps, in closed form.

    A clip's mean, times √values, is seen through noise of variance 1 whatever the number of values: one Gaussian coordinate, in which
    every step multiplies by a number that is known.
    """
    schedule, wide = schedule_named(name), Gaussian(0.0, values**0.5 * deviation)
    z = torch.ones(1, 1, 1, 1, 1, dtype=torch.float64)
    found = sample(ddim(wide.network(Objective.V, schedule), z, schedule, Objective.V, steps))
    return found.item() / values**0.5


def measure_terminal(
    seeds: tuple[int, ...] = (0, 1, 2), n: int = 64, steps: tuple[int, ...] = (12, 50), home: str | None = HOME
) -> dict:
    """Stable Diffusion's levels as published and rescaled: how far samples of dark and bright clips reach black and white."""
    real = lit(1024, 4000)
    wide, values = facts(real)["deviation"], real[0].numel()
    found = {"training_steps": TRAINING.steps, "n": n, "steps": steps, "values": values, "far": FAR}
    found["real"] = facts(real[:n])
    found["perfect"] = {
        end: {str(count): spread_of_perfect(schedule, wide, values, count) for count in steps}
        for end, schedule in ENDS.items()
    }
    found["ends"], found["pictures"] = {end: [] for end in ENDS}, {"real": as_png(real[:SHOWN])}
    for seed, end in product(seeds, ENDS):
        model = train_on(end, replace(TRAINING, seed=seed), home)
        videos = {str(count): drawn(model, n, count, seed) for count in steps}
        found["ends"][end].append({count: facts(video) for count, video in videos.items()})
        found["pictures"].setdefault(end, as_png(videos[str(steps[-1])][:SHOWN]))
    return found


def facts(video: Video) -> dict[str, float | list[float]]:
    """Of each clip's brightness: all values, their deviation, the darkest and brightest twentieth's edges, the share beyond ±FAR."""
    level = brightness(video).double()
    low, high = level.quantile(torch.tensor([0.05, 0.95], dtype=level.dtype)).tolist()
    return {
        "brightness": [round(value, 3) for value in level.tolist()],
        "mean": level.mean().item(),
        "deviation": level.std().item(),
        "dark_edge": low,
        "bright_edge": high,
        "far": (level.abs() > FAR).double().mean().item(),
        "grain": (video - video.mean((-2, -1), keepdim=True)).std().item(),
    }


def as_png(video: Video) -> str:
    """The first frames of clips, from the darkest to the brightest, side by side, as a PNG in letters."""
    order = brightness(video).argsort()
    frames = read(video[order].clamp(-1, 1))[:, 0]
    return base64.b64encode(png_bytes(rearrange(frames, "n h w c -> h (n w) c"))).decode()


def pictures_of(found: Receipt) -> dict[str, Float[Tensor, "n c h w"]]:
    """The pictures that a receipt keeps, {name: images in [−1, 1]}."""
    images = {}
    for name, letters in found["pictures"].items():
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(letters))).convert("L"))
        images[name] = rearrange(torch.tensor(pixels) / 127.5 - 1, "h (n w) -> n 1 h w", w=WORLD.width)
    return images


def from_afar(images: Float[Tensor, "n c h w"], size: int = 8) -> Float[Tensor, "n c h2 w2"]:
    """Means over squares of `size` pixels: grain averages out, brightness stays."""
    return torch.nn.functional.avg_pool2d(images, size)


def terminal_table(found: Receipt) -> str:
    """The mean over seeds, of the deviation also the least and the most; what a perfect network would leave; the difference with its interval."""

    def values(end: str, count: str, fact: str) -> list[float]:
        return [run[count][fact] for run in found["ends"][end]]

    def cell(end: str, count: str, fact: str) -> str:
        each = values(end, count, fact)
        return f"{mean(each):.2f}" + (f" ({min(each):.2f}–{max(each):.2f})" if fact == "deviation" else "")

    rows = [(f"{len(found.seeds)} seeds, {found['n']} clips each", *ENDS, "real clips")]
    for count in map(str, found["steps"]):
        for fact, what in FACTS.items():
            rows.append(
                (f"  {count} steps: {what}", *(cell(end, count, fact) for end in ENDS), f"{found['real'][fact]:.2f}")
            )
            if fact == "deviation":
                rows.append(("    (a perfect network's)", *(f"{found['perfect'][end][count]:.2f}" for end in ENDS), ""))
    lines = aligned(rows)
    for count in map(str, found["steps"]):
        middle, low, high = paired(*(values(end, count, "deviation") for end in ("as published", "rescaled")))
        lines.append(f"Rescaled − published, {count} steps: deviation {middle:+.3f} [{low:+.3f}, {high:+.3f}].")
    return "\n".join(lines)

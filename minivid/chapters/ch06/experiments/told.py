"""A clip from a picture, after a short training: does it begin with that picture, does it move as it was told, what does guidance add?"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.svd import guided_by_frame, ramp
from minivid.chapters.ch06.clips import WORLD, to_its_end
from minivid.chapters.ch06.experiments.seams import alike, steps_of
from minivid.chapters.ch06.svd import AUGMENTED, FAST, LONG, SLOW, image_to_clip, told
from minivid.course.receipt import Receipt
from minivid.diffusion.samplers import ddim, sample
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import mean_interval
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig

TRAINING = TrainConfig(steps=450, batch=4, lr=5e-4, lr_matrices=0.004, warmup=20, ema=0.98, save_every=50)
HOME = "runs/image-to-clip"
GUIDED = {"not guided": (1.0, 1.0), "1 to 3": (1.0, 3.0), "3 for all": (3.0, 3.0)}
ASKED = {"slow": (FAST, 5), "medium": (FAST, 10), "fast": (FAST, 15), "medium, half the frames": (SLOW, 10)}
"""Frames per second, and the motion bucket."""


def pictures(n: int, seed: int) -> Float[Tensor, "n c h w"]:
    """First frames in handwriting that no model was trained on."""
    return replace(LONG, split="heldout").sample(n, seed).video[:, :, 0]


def animated(
    model: zoo.Model,
    first: Float[Tensor, "b c h w"],
    fps: int,
    bucket: int,
    scales: tuple[float, float] = GUIDED["1 to 3"],
    seed: int = 0,
    steps: int = 15,
    guide: Callable = guided_by_frame,
) -> Float[Tensor, "b c t h w"]:
    """Clips that begin with these pictures: as little noise on them as in half of training, and the same noise for whatever is asked.

    guide: what makes a guided model out of a model and a scale for each frame.
    """
    chance = plain_generator(seed)
    log_sigma, noise = torch.full((len(first),), AUGMENTED[0]), torch.randn(first.shape, generator=chance)
    cond = told(first, fps, bucket, log_sigma, noise)
    z = torch.randn(len(first), *model.shape, generator=chance)
    asked = model.denoiser if scales == GUIDED["not guided"] else guide(model.denoiser, ramp(WORLD.frames, *scales))
    fresh = generator((seed, 0), "steps")
    path = ddim(asked, z, model.schedule, model.objective, steps, cond, eta=zoo.ETA, generator=fresh)
    return sample(path).clamp(-1, 1)


def of_the_clips(video: Float[Tensor, "b c t h w"], first: Float[Tensor, "b c h w"]) -> dict[str, list[float]]:
    """Of each clip: how far its first frame is from the picture (squared), pixels a frame, and how alike first and last digit are."""
    found = {
        "first frame": (video[:, :, 0] - first).square().mean((1, 2, 3)),
        "step": steps_of(video).median(1).values,
        "alike": alike(video, WORLD.side, WORLD.frames - 1)[:, 0],
    }
    return {name: [round(float(one), 4) for one in of] for name, of in found.items()}


def trained(home: str = HOME, training: TrainConfig = TRAINING) -> zoo.Model:
    """The image-to-clip model, trained in `home`, where its weights stay, too; a training that was cut off goes on."""
    run, going = image_to_clip(zoo.load("image-digits"), training)
    to_its_end(going, Path(home))
    return zoo.load_file(zoo.publish(run, going, going.out))


def measure_svd(n: int = 16, seed: int = 9, home: str = HOME, training: TrainConfig = TRAINING) -> dict:
    """An image-to-clip model is trained for 450 steps, then asked for slow and fast clips of pictures that it never saw: does it obey?"""
    model, first, rows = trained(home, training), pictures(n, seed), {}
    for what, (fps, bucket) in ASKED.items():
        rows[what] = of_the_clips(animated(model, first, fps, bucket, seed=seed), first)
        print(what, {name: round(mean(of), 4) for name, of in rows[what].items()}, flush=True)
    guided = {"1 to 3": rows["medium"]}
    for name, scales in GUIDED.items():
        if name not in guided:
            guided[name] = of_the_clips(animated(model, first, *ASKED["medium"], scales, seed), first)
            print(name, {what: round(mean(of), 4) for what, of in guided[name].items()}, flush=True)
    between = (first - first.roll(1, 0)).square().mean().item()
    return {
        "model": model.manifest["sha256"],
        "n": n,
        "steps": training.steps,
        "minutes of training": round(model.manifest["minutes"], 1),
        "asked": rows,
        "guided": guided,
        "between pictures": between,
    }


def wanted(what: str) -> float:
    """Pixels a frame that were asked for."""
    fps, bucket = ASKED[what]
    return bucket / 10 * FAST / fps


def told_table(found: Receipt) -> str:
    """A row for what was asked, and one for each way of guiding: means, of the step with its 95 % interval."""
    rows = [(f"{found['n']} pictures", "asked, px", "step, px [95 %]", "first frame off", "first, last alike")]

    def row(name: str, asked: str, of: dict) -> tuple[str, ...]:
        middle, low, high = mean_interval(of["step"])
        return (
            name,
            asked,
            f"{middle:.2f} [{low:.2f}, {high:.2f}]",
            f"{mean(of['first frame']):.4f}",
            f"{mean(of['alike']):.3f}",
        )

    rows += [row(what, f"{wanted(what):.1f}", of) for what, of in found["asked"].items()]
    rows += [
        row(f"medium, {name}", f"{wanted('medium'):.1f}", of)
        for name, of in found["guided"].items()
        if name != "1 to 3"
    ]
    return "\n".join(aligned(rows))

"""Image to clip in three stages, the second on a pool as it is found or on what chapter 1's filters leave of it: what is curation worth?

Blattmann et al. 2023, "Stable Video Diffusion", sec. 4.2: the same question, of pools ten thousand times as large.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.chapters.ch06.clips import LEVELS, WORLD, to_its_end
from minivid.chapters.ch06.curated import DEFECTS, Filters, best, few, found, kept, lessons
from minivid.chapters.ch06.experiments.told import ASKED, animated, of_the_clips, pictures
from minivid.chapters.ch06.svd import FAST, image_to_clip, of_clips
from minivid.checkpoint import load_into, weights_of
from minivid.course.receipt import Receipt
from minivid.diffusion.objective import diffuse
from minivid.diffusion.samplers import predict
from minivid.diffusion.schedule import variance_preserving
from minivid.evaluation.report import aligned
from minivid.metrics.curation import precision_recall
from minivid.metrics.distribution import paired_interval
from minivid.run import Run
from minivid.tools.files import write_atomically
from minivid.tools.seeds import plain_generator
from minivid.train import TrainConfig, Training

HOME = "runs/curation"
SECOND = TrainConfig(steps=300, batch=4, lr=5e-4, lr_matrices=0.004, warmup=20, ema=0.98, save_every=50)
THIRD = replace(SECOND, steps=100, lr=2e-4, lr_matrices=0.0015, warmup=5, ema=0.95)
"""The third stage begins where the second ended, and is gentler."""
BEST = 64
"""Clips in the third stage."""
SOURCES = {"as found": found, "filtered": kept}
STAGES = ("second", "third")


def taught(run: Run, going: Training, out: Path) -> zoo.Model:
    """The model that a stage ends with; one that was cut off goes on where it stood."""
    to_its_end(going, out)
    return zoo.Model(run, going.ema.eval().requires_grad_(False))


def stages(image: zoo.Model, source: Callable, seed: int, home: Path) -> dict[str, zoo.Model]:
    """The model after the second stage, on clips of this source, and after the third, on few that are good; the first was the image model's."""
    run, going = image_to_clip(image, replace(SECOND, seed=seed), lessons(source))
    second = taught(run, going, home / "second")
    run, going = image_to_clip(image, replace(THIRD, seed=seed), lessons(few(best(BEST, seed))))
    for network in (going.model, going.ema):
        load_into(network, weights_of(second.network), "the second stage's model")
    return {"second": second, "third": taught(run, going, home / "third")}


def looked_at(model: zoo.Model, n: int, seed: int) -> dict[str, list[float]]:
    """Of n clips that are drawn from pictures: what the filters flag, and what `of_the_clips` counts. Of n real ones: x̂'s error."""
    first = pictures(n, seed)
    video = animated(model, first, *ASKED["medium"], seed=seed)
    flags = Filters().flags(video)
    counted = {name: flags[:, i].float().tolist() for i, name in enumerate(DEFECTS)} | of_the_clips(video, first)
    return counted | {"error": [round(one, 6) for one in errors(model, n, seed).tolist()]}


@torch.no_grad()
def errors(model: zoo.Model, n: int, seed: int) -> Float[Tensor, "n"]:
    """The squared error of x̂ on good clips of handwriting that no stage has seen, the mean over LEVELS; the same noise for every model."""
    clips, chance = replace(WORLD, split="heldout").sample(n, seed), plain_generator(seed)
    cond = of_clips(clips.video, FAST, clips.velocity[:, 0, 0].norm(dim=-1).float(), chance)
    eps, total = torch.randn(clips.video.shape, generator=chance), torch.zeros(n)
    for level in torch.tensor(LEVELS):
        z = diffuse(clips.video, eps, *variance_preserving(level))
        x, _ = predict(model.denoiser, z, level.expand(n), model.schedule, model.objective, cond)
        total += (x - clips.video).square().mean((1, 2, 3, 4))
    return total / len(LEVELS)


def of_the_filters(n: int, seed: int) -> dict[str, dict[str, float]]:
    """How often each filter is right on n clips of the pool, and how many are left, good and all."""
    pool, filters = found(n, seed), Filters()
    flags = filters.flags(pool.video)
    quality = {
        name: dict(zip(("precision", "recall"), precision_recall(flags[:, i], pool.wrong[:, i]), strict=True))
        for i, name in enumerate(DEFECTS)
    }
    left, good = ~flags.any(1), ~pool.wrong.any(1)
    return quality | {"left": {"of all": left.float().mean().item(), "good before": good.float().mean().item()}}


def measure_stages(n: int = 16, seeds: tuple[int, ...] = (9, 10), home: str = HOME) -> dict:
    """Image to clip in three stages, the second on a pool as found or on what the filters leave of it, each twice: what is curation worth?"""
    image = zoo.load("image-digits")
    rows = {source: {stage: {} for stage in STAGES} for source in SOURCES}
    for seed in seeds:
        for name, source in SOURCES.items():
            place = Path(home) / f"{name.replace(' ', '-')}-{seed}"
            file = place / f"{n}.json"
            if not file.exists():
                models = stages(image, source, seed, place)
                seen = {stage: looked_at(model, n, seed) for stage, model in models.items()}
                write_atomically(file, json.dumps(seen).encode())
            for stage, counted in json.loads(file.read_text(encoding="utf-8")).items():
                for measure, of in counted.items():
                    rows[name][stage].setdefault(measure, []).extend(of)
    return {
        "model": image.manifest["sha256"],
        "n": n,
        "steps": {"second": SECOND.steps, "third": THIRD.steps},
        "best": BEST,
        "filters": of_the_filters(500, seeds[0] + 1000),
        "rows": rows,
    }


def filters_table(of: dict) -> str:
    """A row a filter, and what is left of the pool."""
    rows = [("filter", "precision", "recall")]
    rows += [(f"  {name}", f"{of[name]['precision']:.2f}", f"{of[name]['recall']:.2f}") for name in DEFECTS]
    left = of["left"]
    return (
        "\n".join(aligned(rows))
        + f"\nleft of the pool: {left['of all']:.0%}; without any defect were {left['good before']:.0%}"
    )


def stages_table(of: Receipt) -> str:
    """A row for each source and stage: shares that are flagged, means, and x̂'s error."""
    many = len(of.seeds) * of["n"]
    rows = [(f"{many} clips", "cut", "still", "dull", "step, px", "first frame off", "x̂'s error")]
    for source in SOURCES:
        for stage in STAGES:
            found = of["rows"][source][stage]
            shares = (f"{mean(found[name]):.2f}" for name in DEFECTS)
            numbers = (f"{mean(found['step']):.2f}", f"{mean(found['first frame']):.4f}", f"{mean(found['error']):.4f}")
            rows.append((f"  {source}, {stage} stage", *shares, *numbers))
    return "\n".join(aligned(rows))


def apart(of: Receipt, stage: str, measure: str) -> tuple[float, float, float]:
    """Filtered less as found after a stage, clip by clip: mean and 95 % interval."""
    return paired_interval(*(of["rows"][source][stage][measure] for source in ("filtered", "as found")))


def apart_sentence(of: Receipt) -> str:
    """The difference in x̂'s error that filtering makes, after each stage, as a share of what it is without."""
    said = []
    for stage in STAGES:
        base = mean(of["rows"]["as found"][stage]["error"])
        middle, low, high = (one / base for one in apart(of, stage, "error"))
        said.append(f"after the {stage} stage {middle:+.1%} [{low:+.1%}, {high:+.1%}]")
    return "What filtering changes of x̂'s error, clip by clip: " + ", ".join(said) + "."

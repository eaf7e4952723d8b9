"""What ε, x and v have learnt after equal compute: the error of x̂ at five levels, and samples that keep their captions."""

from dataclasses import replace
from statistics import mean

import torch

from minivid import zoo
from minivid.chapters.ch04.experiments.words import HOME, TRAINING, WORDS, WORLD, trained
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.diffusion.objective import diffuse
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import COSINE
from minivid.evaluation.report import aligned
from minivid.metrics.reader import agreement, fit_reader
from minivid.nn.condition import Cond
from minivid.tools.seeds import plain_generator

LEVELS = (-10.0, -6.0, -2.0, 2.0, 6.0)


@torch.no_grad()
def x_errors(model: zoo.Model, n: int = 32, seed: int = 77) -> list[float]:
    """The mean squared error of x̂ on held-out handwriting at each of LEVELS: comparable, whatever the network says."""
    clips = replace(WORLD, split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=plain_generator(seed))
    cond, errors = Cond(*tokenize(clips.caption)), []
    for level in LEVELS:
        logsnr = torch.tensor(level)
        z = diffuse(clips.video, eps, *COSINE.alpha_sigma(logsnr))
        errors.append((model.x_hat(z, logsnr, cond) - clips.video).square().mean().item())
    return errors


def measure_targets(seeds: tuple[int, ...] = (0, 1, 2), n: int = 24, steps: int = 12, home: str = HOME) -> dict:
    """ε, x and v: a small U-Net each, as many steps on the same clips and noise. Samples by DDIM, x̂ not cut and cut to ±1."""
    reader, asked = fit_reader(WORLD, 0), WORLD.sample(n, 4000)
    cond = Cond(*tokenize(asked.caption))
    found = {"levels": LEVELS, "training_steps": TRAINING.steps, "n": n, "steps": steps, "words": {}}
    found["real"] = {**agreement(asked.video, asked.caption, reader).rates(), "deviation": asked.video.std().item()}
    for word in WORDS:
        runs = found["words"][word.value] = []
        for seed in seeds:
            model, minutes = trained(word, seed, home)
            run = {"minutes": minutes, "x_error": x_errors(model)}
            for name, clip in (("free", False), ("cut", True)):
                video = sample(ddim(model.denoiser, model.noise(n, seed), COSINE, word, steps, cond, clip=clip))
                rates = agreement(video.clamp(-1, 1), asked.caption, reader).rates()
                run[name] = {**rates, "deviation": video.std().item()}
            runs.append(run)
    return found


def targets_table(found: Receipt) -> str:
    """The mean over seeds, and between which two the seeds lie."""

    def number(value: float, digits: int) -> str:
        digits = digits if value < 10 else 1 if value < 100 else 0  # three that count are enough
        return f"{value if digits else float(f'{value:.3g}'):.{digits}f}"

    def cell(values: list[float], digits: int) -> str:
        return f"{number(mean(values), digits)} ({number(min(values), digits)}–{number(max(values), digits)})"

    words = found["words"]
    rows = [(f"{found['training_steps']} steps, {len(found.seeds)} seeds: mean (least–most)", *words, "real")]
    for i, level in enumerate(found["levels"]):
        rows.append(
            (
                f"  x̂ at λ = {level:g}: squared error",
                *(cell([r["x_error"][i] for r in w], 3) for w in words.values()),
                "",
            )
        )
    guessed = f"direction (chance {1 / len(WORLD.directions):.2f})"
    for how, told in (("free", "samples"), ("cut", "cut samples")):
        for key, what in (("deviation", "deviation"), ("direction", guessed), ("digit_always", "digit")):
            cells = (cell([run[how][key] for run in runs], 2) for runs in words.values())
            rows.append((f"  {told}: {what}", *cells, f"{found['real'][key]:.2f}"))
    return "\n".join(aligned(rows))

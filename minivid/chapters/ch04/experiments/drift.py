"""How brightness and colours drift along a sampled clip under ε and under v, and how far off they are as a whole.

In this world a digit neither leaves the picture nor changes its colour: a real clip's means are the same at every frame, so drift has
a known answer. The networks are those of `04_targets`.
"""

from statistics import mean, stdev

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from minivid.chapters.ch04.experiments.words import HOME, TRAINING, WORLD, trained
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import COSINE
from minivid.evaluation.report import aligned
from minivid.nn.condition import Cond

SAYING = (Objective.EPS, Objective.V)
CHANNELS = ("brightness", "red", "green", "blue")
CUTS = {"cut": True, "free": False}
CUTS_TOLD = {"cut": "x̂ cut to ±1; steps:", "free": "x̂ as it is; steps:"}
FACTS = {"slope": "slope", "slope_size": "slope's size", "offset": "offset"}


def levels(video: Float[Tensor, "n 3 t h w"]) -> Float[Tensor, "n 4 t"]:
    """Each frame's mean over pixels: brightness (of the three channels together), red, green, blue. In a clip's units, −1 to 1."""
    channels = video.double().mean((-2, -1))
    return torch.cat([channels.mean(1, keepdim=True), channels], 1)


def slopes(level: Float[Tensor, "*n t"]) -> Float[Tensor, "*n"]:
    """The least squares line's change from a frame to the next."""
    i = torch.arange(level.shape[-1], dtype=level.dtype)
    i = i - i.mean()
    return (level * i).sum(-1) / i.square().sum()


def drift(video: Float[Tensor, "n 3 t h w"], real: Float[Tensor, "n 3 t h w"]) -> dict[str, dict]:
    """For brightness and each channel, the mean over clips of the slope and of the offset against the real clip of the same caption.

    A size is the mean of absolute values: clips that drift in opposite directions have a slope of 0 together, and a size.
    """
    mine, theirs = levels(video), levels(real)
    slope, offset = slopes(mine), (mine - theirs).mean(-1)
    facts = {"slope": slope, "slope_size": slope.abs(), "offset": offset, "offset_size": offset.abs()}
    return {
        channel: {"frames": mine[:, i].mean(0).tolist()} | {key: of[:, i].mean().item() for key, of in facts.items()}
        for i, channel in enumerate(CHANNELS)
    }


def measure_drift(
    seeds: tuple[int, ...] = (0, 1, 2), n: int = 32, steps: tuple[int, ...] = (12, 40), home: str = HOME
) -> dict:
    """ε and v: the drift of brightness and colours along clips by DDIM, of the same noise and captions, x̂ cut to ±1 and not cut."""
    asked = WORLD.sample(n, 4000)
    cond = Cond(*tokenize(asked.caption))
    found = {"training_steps": TRAINING.steps, "n": n, "steps": steps, "real": drift(asked.video, asked.video)}
    found["words"] = {word.value: [] for word in SAYING}
    for word in SAYING:
        for seed in seeds:
            model, _ = trained(word, seed, home)
            run = {how: {} for how in CUTS}
            for how, clip in CUTS.items():
                for count in steps:
                    path = ddim(model.denoiser, model.noise(n, seed), COSINE, word, count, cond, clip=clip)
                    run[how][str(count)] = drift(sample(path), asked.video)
            found["words"][word.value].append(run)
    return found


def paired(first: list[float], second: list[float]) -> tuple[float, float, float]:
    """The mean of second − first over seeds, and Student's 95 % interval of it; each seed's two networks belong together."""
    differences = [b - a for a, b in zip(first, second, strict=True)]
    half = stats.t.ppf(0.975, len(differences) - 1) * stdev(differences) / len(differences) ** 0.5
    return mean(differences), mean(differences) - half, mean(differences) + half


def drift_table(found: Receipt, how: str = "cut") -> str:
    """The means over seeds under ε and v, and v − ε with its interval; a star where that leaves out 0. `how`: x̂ is "cut" or "free"."""

    def values(word: Objective, steps: int, channel: str, fact: str) -> list[float]:
        return [run[how][str(steps)][channel][fact] for run in found["words"][word.value]]

    def difference(steps: int, channel: str, fact: str) -> str:
        middle, low, high = paired(*(values(word, steps, channel, fact) for word in SAYING))
        words = [told(value, beside=max(abs(low), abs(high))) for value in (middle, low, high)]
        return f"{words[0]} [{words[1]}, {words[2]}] {'*' if low > 0 or high < 0 else ' '}"

    first = found["steps"][0]
    rows = [
        (CUTS_TOLD[how], *(f"{word.value}, {first}" for word in SAYING), *(f"v − eps, {n}" for n in found["steps"]))
    ]
    for fact, what in FACTS.items():
        for channel in CHANNELS:
            means = (told(mean(values(word, first, channel, fact))) for word in SAYING)
            rows.append((f"  {what}: {channel}", *means, *(difference(n, channel, fact) for n in found["steps"])))
    return "\n".join(aligned(rows))


def told(value: float, beside: float = 0.0) -> str:
    """With four digits after the point, or as a whole number where it, or what stands beside it, lies beyond all clips."""
    return f"{value:+.4f}" if max(abs(value), beside) < 2 else f"{value:+.0f}"

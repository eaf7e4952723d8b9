"""Clips extended in time: replacement against reconstruction guidance."""

from statistics import mean

import torch

from minivid import zoo
from minivid.chapters.ch03.experiments.following import READER_SEED
from minivid.course.receipt import Receipt
from minivid.diffusion import ddim, inpainting, sample
from minivid.diffusion.objective import Video
from minivid.evaluation.report import aligned
from minivid.metrics.reader import DigitReader, fit_reader
from minivid.motion.trajectories import centroid
from minivid.zoo import Model

WEIGHT = 8.0  # of reconstruction guidance, the largest in the table of 03_extend


def extend(model: Model, known: Video, frames: int, weight: float, seed: int, steps: int) -> Video:
    """Keep the first `frames` frames of each clip and sample the rest, without a caption."""
    mask = (torch.arange(known.shape[2]) < frames).reshape(1, 1, -1, 1, 1)
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(known.shape, generator=generator)
    how = model.schedule, model.objective
    filling = inpainting(model.denoiser, known, mask, weight, *how, generator)
    return sample(ddim(filling, start, *how, steps))


def continuity(video: Video, truth: Video, frames: int, reader: DigitReader) -> dict[str, float]:
    """Does a continuation belong to its beginning? Shares of clips, pixels, and pixels a frame.

    same_last: the digit read on the last frame is that of the first; same_all: on every frame. jump: how far the first new frame is from
    where the known frames' motion leads; drift: distance to the true path over the new frames (walls included: the truth is simulated).
    """
    read = reader.read(video)
    path, true_path = centroid(video), centroid(truth)
    off = (path - true_path).norm(dim=-1)
    return {
        "same_last": (read[:, -1] == read[:, 0]).float().mean().item(),
        "same_all": (read == read[:, :1]).all(1).float().mean().item(),
        "jump": off[:, frames].mean().item(),
        "drift": off[:, frames:].mean().item(),
    }


def measure_extend(
    weights: tuple[float, ...] = (0.0, 2.0, 8.0),
    seeds: tuple[int, ...] = (0, 1, 2),
    n: int = 32,
    frames: int = 4,
    steps: int = 25,
) -> dict:
    """Replacement (weight 0) against reconstruction guidance: four known frames, four to make, no caption."""
    model = zoo.load("vdm-small")
    reader = fit_reader(model.world, READER_SEED)
    clips = {seed: model.world.sample(n, (400, seed)).video for seed in seeds}

    def runs(weight: float) -> list[dict[str, float]]:
        made = ((extend(model, known, frames, weight, seed, steps), known) for seed, known in clips.items())
        return [continuity(video, known, frames, reader) for video, known in made]

    return {
        "model": model.manifest["sha256"],
        "n": n,
        "frames": frames,
        "steps": steps,
        "weights": weights,
        "table": {str(weight): runs(weight) for weight in weights},
        "real": [continuity(known, known, frames, reader) for known in clips.values()],
    }


def extend_table(found: Receipt) -> str:
    """The receipt as a table: mean over seeds and, in brackets, the smallest and the largest."""
    heads = {
        "same_last": "digit kept",
        "same_all": "and on every frame",
        "jump": "jump, px",
        "drift": "off the path, px",
    }
    named = {
        f"reconstruction, w = {float(w):g}" if float(w) else "replacement": runs for w, runs in found["table"].items()
    }
    rows = [("", *heads.values())]
    for name, runs in (named | {"real clips": found["real"]}).items():
        columns = ([run[key] for run in runs] for key in heads)
        rows.append((name, *(f"{mean(column):.2f} [{min(column):.2f}, {max(column):.2f}]" for column in columns)))
    return "\n".join(aligned(rows))

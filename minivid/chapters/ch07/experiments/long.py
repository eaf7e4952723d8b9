"""Films of 64 frames: does the background stay one, are there seams, and what does it cost?"""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.controlnet import controlled
from minivid.adapt.controlvideo import first_and_last, hierarchical, key_frames
from minivid.adapt.zeroshot import bright
from minivid.chapters.ch07.followed import background_changes, followed
from minivid.chapters.ch07.steered import EVERY, WORLD, edges_of, long_film, pair, steered
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.nn.attention import keys
from minivid.nn.condition import Cond
from minivid.tools.memory import LiveTensors

LONG = 64
FILMS = replace(WORLD, frames=LONG)
MODEL = "control-digits"
TWO, PIECES, ALONE = "two storeys", f"clips of {EVERY}, by themselves", "each frame alone"


def in_pieces(model: zoo.Model, captions: list[str], control: Tensor, seed: int = 0) -> Tensor:
    """Clips of EVERY frames that look at all of their own frames and know nothing of one another; the noise is the same."""
    parts = control.split(EVERY, dim=2)
    return torch.cat([steered(model, captions, part, keys.all_frames, seed=seed) for part in parts], dim=2)


ROWS: dict[str, Callable[[zoo.Model, list[str], Tensor, int], Tensor]] = {
    TWO: lambda model, captions, control, seed: long_film(model, captions, control, seed=seed),
    PIECES: in_pieces,
    "all at the first": lambda model, captions, control, seed: steered(model, captions, control, seed=seed),
    ALONE: lambda model, captions, control, seed: steered(model, captions, control, keys.itself, seed=seed),
}
MEASURES = {
    "seam": "at seams ×100",
    "inside": "elsewhere ×100",
    "drift": "from frame 0 ×100",
    "off": "off, px",
    "read": "digit of the control",
    "seconds": "seconds of a core",
}
TIMES = {"seam": 100, "inside": 100, "drift": 100}


def seams(video: Float[Tensor, "b c t h w"], every: int = EVERY) -> dict[str, float]:
    """How much the background changes at steps into each `every`th frame, at all other steps, and from the first frame to each other."""
    change, weight = background_changes(video)
    at = torch.arange(1, video.shape[2]) % every == 0
    first = video[:, :, :1].expand_as(video)
    behind = 1 - bright(video)
    both = behind * behind[:, :, :1]
    far = ((video - first) / 2).abs().mean(1, keepdim=True) * both
    return {
        "seam": float(change[:, at].sum() / weight[:, at].sum().clamp(min=1)),
        "inside": float(change[:, ~at].sum() / weight[:, ~at].sum().clamp(min=1)),
        "drift": float(far[:, :, 1:].sum() / both[:, :, 1:].sum().clamp(min=1)),
    }


def scores(frames: int, every: int | None = None, places: int = 1) -> int:
    """How many pairs of a query and a key there are: every frame with all, or in two storeys; `places` of each frame."""
    if every is None:
        return frames**2 * places**2
    chosen = key_frames(frames, every)
    between = [last - first + 1 for first, last in pairwise(chosen) if last - first > 1]
    return (len(chosen) ** 2 + sum(2 * frames for frames in between)) * places**2


def at_once(frames: int, every: int) -> int:
    """The most frames that are in the network at the same time."""
    chosen = key_frames(frames, every)
    return max([len(chosen), *(last - first + 1 for first, last in pairwise(chosen))])


def measure_long(n: int = 2, seed: int = 72) -> dict:
    """Films of 64 frames by their edges: in two storeys, in clips that know nothing of one another, at the first, each alone."""
    model, found = zoo.load(MODEL), {name: {} for name in ROWS}
    for i in range(n):
        clips = FILMS.sample(1, (seed, i))
        control = edges_of(clips)
        for name, row in ROWS.items():
            begin = time.process_time()
            video = row(model, clips.caption, control, seed + i)
            spent = time.process_time() - begin
            means = followed(video, clips.caption, clips).means()
            values = {**seams(video), "off": means["off"], "read": means["read"], "seconds": spent}
            for measure, value in values.items():
                found[name].setdefault(measure, []).append(round(value, 5))
    return {"model": model.manifest["sha256"], "n": n, "every": EVERY, "frames": LONG, "clips": found}


def measure_memory(seed: int = 0) -> dict:
    """How much memory and time one step of 64 frames takes, all frames at all and in two storeys."""
    model = zoo.load(MODEL)
    two = pair(model)
    whole, within = controlled(*two, keys.all_frames), controlled(*two, first_and_last)
    control, z = edges_of(FILMS.sample(1, seed)), model.noise(1, seed).expand(-1, -1, LONG, -1, -1)
    found = {}
    for name, network in (("all at all", whole), (TWO, hierarchical(whole, within, EVERY))):
        begin = time.process_time()
        with torch.no_grad(), LiveTensors() as live:
            network(z, torch.zeros(1), Cond(control=control))
        found[name] = {"megabytes": round(live.peak / 2**20, 1), "seconds": round(time.process_time() - begin, 2)}
    return {"model": model.manifest["sha256"], "frames": LONG, "every": EVERY, "steps": found}


def long_table(found: Receipt) -> str:
    """A row each way of making a long film: means over the clips."""
    rows = [(f"{found['n']} films of {found['frames']} frames", *MEASURES.values())]
    for name in ROWS:
        of = found["clips"][name]
        rows.append((name, *(f"{TIMES.get(measure, 1) * mean(of[measure]):.2f}" for measure in MEASURES)))
    return "\n".join(aligned(rows))

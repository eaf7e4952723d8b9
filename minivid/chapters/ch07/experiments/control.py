"""How well a control is followed, and what is left of the caption; and films by a control, with other keys and with the smoother.

All rows are of the same handwriting, captions and noise, so that differences are paired, clip by clip.
"""

from collections.abc import Callable
from dataclasses import replace
from statistics import mean

from torch import Tensor

from minivid import zoo
from minivid.adapt.controlnet import control_of
from minivid.chapters.ch07.films import GUIDANCE, STEPS
from minivid.chapters.ch07.followed import Followed, followed
from minivid.chapters.ch07.steered import SMOOTH, WORLD, edges_of, recoloured, renumbered, steered
from minivid.course.receipt import Receipt
from minivid.data.captions import COLOURS, parse
from minivid.data.world import Clips
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import mean_interval, paired_interval, share_interval
from minivid.motion.interpolate import average
from minivid.nn.attention import keys

MODEL, BLOCK = "control-digits", 25
MEASURES = {
    "off": "off, px",
    "edge": "edges alike",
    "read": "digit of the control",
    "said": "digit of the caption",
    "colour": "colour of the caption",
    "background": "background ×100",
}
TIMES = {"background": 100}
OF_PICTURES, OF_FILMS = tuple(MEASURES)[:5], ("off", "edge", "read", "background")
SHARES = ("read", "said", "colour")
WORLD_S = "the world itself"
ALONE, FIRST, ALL = "each alone", "at the first", "at all"


def another_colour(captions: list[str]) -> list[str]:
    """The same captions, each with the colour that stands half-way round COLOURS from its own."""
    names = list(COLOURS)
    places = [names.index(parse(caption)[0].colour) for caption in captions]
    return recoloured(captions, [names[(place + len(names) // 2) % len(names)] for place in places])


Row = Callable[[zoo.Model, Clips, int], tuple[Tensor, list[str]]]
"""Clips for the control of some clips of the world, and the captions that they were given."""


def picture(kind: str | None, say: Callable[[list[str]], list[str]] = list, strength: float = 1.0) -> Row:
    """Pictures under a kind of control, or none; `say` changes the captions."""

    def row(model: zoo.Model, clips: Clips, seed: int) -> tuple[Tensor, list[str]]:
        captions, control = say(clips.caption), control_of(clips, kind) if kind else None
        return steered(model, captions, control, frames=1, seed=seed, strength=strength), captions

    return row


def of_edges(policy: keys.Keys, **options) -> Row:
    """Films under their edges."""
    return lambda model, clips, seed: (
        steered(model, clips.caption, edges_of(clips), policy, seed=seed, **options),
        clips.caption,
    )


PICTURES: dict[str, Row] = {
    "no control": picture(None),
    "edges": picture("edges"),
    "mask": picture("mask"),
    "edges, at half strength": picture("edges", strength=0.5),
    "edges, another colour said": picture("edges", another_colour),
    "edges, another digit said": picture("edges", renumbered),
    WORLD_S: lambda model, clips, seed: (clips.video, clips.caption),
}
FILMS: dict[str, Row] = {
    ALONE: of_edges(keys.itself),
    FIRST: of_edges(keys.first_frame),
    ALL: of_edges(keys.all_frames),
    "at all, smoothed": of_edges(keys.all_frames, smooth=SMOOTH),
    "at all, smoothed by a mean": of_edges(keys.all_frames, smooth=SMOOTH, between=average),
    WORLD_S: lambda model, clips, seed: (clips.video, clips.caption),
}


def measure_control(n: int = 100, seed: int = 70) -> dict:
    """Pictures with a control and without, on handwriting that neither network saw: is it followed, and is the caption still read?"""
    return measured(PICTURES, replace(WORLD, frames=1), n, seed)


def measure_steered(n: int = 25, seed: int = 71) -> dict:
    """Films by their edges: each frame alone, all looking at the first, all at all, and with the smoother."""
    return measured(FILMS, WORLD, n, seed)


def measured(rows: dict[str, Row], world, n: int, seed: int) -> dict:
    """Each row's measures of each clip, BLOCK clips at a time."""
    model, found = zoo.load(MODEL), {name: {} for name in rows}
    for block in range(n // BLOCK):
        clips = world.sample(BLOCK, (seed, block))
        for name, row in rows.items():
            for measure, values in of_each(followed(*row(model, clips, seed + block), clips)).items():
                found[name].setdefault(measure, []).extend(values)
    settings = {"frames": world.frames, "steps": STEPS, "smooth": SMOOTH, "guidance": GUIDANCE}
    return {"model": model.manifest["sha256"], "n": n // BLOCK * BLOCK, "settings": settings, "clips": found}


def of_each(found: Followed) -> dict[str, list[float]]:
    """The measures of each clip, to four digits."""
    return {name: [round(float(one), 4) for one in value] for name, value in vars(found).items()}


def difference(found: Receipt, name: str, other: str, measure: str) -> tuple[float, float, float]:
    """How far a row is from another, clip by clip: the mean difference and Student's 95 % interval."""
    rows = found["clips"]
    return paired_interval(rows[name][measure], rows[other][measure])


def control_table(found: Receipt, against: str) -> str:
    """Means; a star where the difference to the row `against`, clip by clip, leaves out 0."""
    measures = OF_PICTURES if found["settings"]["frames"] == 1 else OF_FILMS
    rows = [(f"{found['n']} clips", *(MEASURES[measure] for measure in measures))]
    for name in PICTURES if measures is OF_PICTURES else FILMS:
        of, cells = found["clips"][name], []
        for measure in measures:
            _, low, high = difference(found, name, against, measure)
            star = "*" if low > 0 or high < 0 else " "
            cells.append(f"{TIMES.get(measure, 1) * mean(of[measure]):.2f} {star}")
        rows.append((name, *cells))
    return "\n".join(aligned(rows))


def share_of(values: list[float]) -> tuple[float, float, float]:
    """The share of ones, and Wilson's 95 % interval of it."""
    return mean(values), *share_interval(round(sum(values)), len(values))


def beside_control(here: Followed, found: Receipt, name: str) -> str:
    """A row measured again on other clips, beside the receipt's: each mean with its 95 % interval."""
    measures = OF_PICTURES if found["settings"]["frames"] == 1 else OF_FILMS
    rows = [("", "clips", *(MEASURES[measure] for measure in measures))]
    for place, of in {"here": of_each(here), "receipt": found["clips"][name]}.items():
        cells = []
        for measure in measures:
            share = measure in SHARES and set(of[measure]) <= {0, 1}
            found_in = share_of(of[measure]) if share else mean_interval(of[measure])
            middle, low, high = (TIMES.get(measure, 1) * value for value in found_in)
            cells.append(f"{middle:.2f} [{low:.2f}, {high:.2f}]")
        rows.append((place, str(len(of["off"])), *cells))
    return "\n".join(aligned(rows))

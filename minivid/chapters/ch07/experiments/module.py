"""What a motion module adds to frames that a control has told where: films by both, by either, and by Text2Video-Zero's keys.

All rows are of the same handwriting, captions and noise, so that differences are paired, clip by clip.
"""

import json
from pathlib import Path

from minivid import zoo
from minivid.chapters.ch07.films import GUIDANCE, STEPS
from minivid.chapters.ch07.followed import followed
from minivid.chapters.ch07.joined import WORLD, joined, kept
from minivid.chapters.ch07.steered import edges_of
from minivid.course.receipt import Receipt
from minivid.data.world import Clips
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import mean_interval, paired_interval, share_interval
from minivid.nn.attention import keys
from minivid.tools.files import write_atomically

STEERER, MODULE = "control-digits", "motion-digits"
BLOCK, HOME = 8, "runs/module"
ALONE, ZERO, BOTH, THREE, UNTOLD = "control", "with keys", "with module", "with both", "module alone"
WORLD_S = "the world itself"
MEASURES = {
    "off": "off, px",
    "read": "digit of the control",
    "same": "one digit",
    "alike": "alike ×100",
    "flicker": "flicker ×100",
    "background": "background ×100",
}
TIMES = {"alike": 100, "flicker": 100, "background": 100}
KEYS = {"policy": keys.first_frame, "one_noise": True}
"""Text2Video-Zero's way: one noise for all frames, which look at the first."""
ROWS = {
    ALONE: {"control": True, "module": False},
    ZERO: {"control": True, "module": False, **KEYS},
    BOTH: {"control": True, "module": True},
    THREE: {"control": True, "module": True, **KEYS},
    UNTOLD: {"control": False, "module": True},
    WORLD_S: None,
}
"""Of each row what its films are made with."""
PAIRS = ((BOTH, ALONE), (ZERO, ALONE), (BOTH, ZERO), (THREE, ZERO))
"""Which rows are held against which."""


def drawn(name: str, clips: Clips, seed: int):
    """A row's films of some clips' captions."""
    if ROWS[name] is None:
        return clips.video
    options = dict(ROWS[name])
    module = zoo.load(MODULE) if options.pop("module") else None
    control = edges_of(clips) if options.pop("control") else None
    return joined(zoo.load(STEERER), module, clips.caption, control, seed=seed, **options)


def measure_module(n: int = 32, seed: int = 73, home: str = HOME) -> dict:
    """Films on black under their edges, with a motion module and without. Begun again after an interruption it goes on where it stood."""
    found = {name: {} for name in ROWS}
    for block in range(n // BLOCK):
        for name in ROWS:
            for measure, values in kept_block(name, seed, block, Path(home)).items():
                found[name].setdefault(measure, []).extend(values)
    models = {name: zoo.load(name).manifest["sha256"] for name in (STEERER, MODULE)}
    settings = {"frames": WORLD.frames, "steps": STEPS, "guidance": GUIDANCE}
    return {"models": models, "n": n // BLOCK * BLOCK, "settings": settings, "clips": found}


def kept_block(name: str, seed: int, block: int, home: Path) -> dict[str, list[float]]:
    """One row of one block: its measures, read from `home` where they are there."""
    file = home / f"{seed}-{block}-{name.replace(' ', '-')}.json"
    if not file.exists():
        clips = WORLD.sample(BLOCK, (seed, block))
        video = drawn(name, clips, seed + block)
        found = vars(followed(video, clips.caption, clips)) | vars(kept(video))
        home.mkdir(parents=True, exist_ok=True)
        rows = {measure: [round(float(one), 4) for one in found[measure]] for measure in MEASURES}
        write_atomically(file, json.dumps(rows))
    return json.loads(file.read_text(encoding="utf-8"))


def of_row(measure: str, values: list[float]) -> tuple[float, float, float]:
    """A mean and its 95 % interval, as they are printed: Wilson's of a share of clips, else Student's, cut to what a share can be."""
    if measure == "same":
        return sum(values) / len(values), *share_interval(round(sum(values)), len(values))
    middle, low, high = (TIMES.get(measure, 1) * value for value in mean_interval(values))
    return middle, low, min(1.0, high) if measure == "read" else high


def added(found: Receipt, measure: str, name: str, other: str) -> tuple[float, float, float]:
    """How far a row is from another, clip by clip: the mean difference and Student's 95 % interval."""
    rows = found["clips"]
    middle, low, high = paired_interval(rows[name][measure], rows[other][measure])
    times = TIMES.get(measure, 1)
    return times * middle, times * low, times * high


def module_table(found: Receipt) -> str:
    """Means with their 95 % intervals; then differences of rows, clip by clip, with a star where the interval leaves out 0."""
    parts = []
    for measures in (tuple(MEASURES)[:3], tuple(MEASURES)[3:]):
        rows = [(f"{found['n']} films", *(MEASURES[measure] for measure in measures))]
        for name in ROWS:
            found_in = [of_row(measure, found["clips"][name][measure]) for measure in measures]
            rows.append((name, *("{:.2f} [{:.2f}, {:.2f}] ".format(*three) for three in found_in)))
        for name, other in PAIRS:
            found_in = [added(found, measure, name, other) for measure in measures]
            rows.append(
                (
                    f"{name} − {other}",
                    *("{:+.2f} [{:+.2f}, {:+.2f}]".format(*three) + star(*three) for three in found_in),
                )
            )
        parts.append("\n".join(aligned(rows)))
    return "\n\n".join(parts)


def star(_: float, low: float, high: float) -> str:
    """Where 0 lies outside."""
    return "*" if low > 0 or high < 0 else " "

"""What each piece of Text2Video-Zero does: all of them, each taken away in turn, and two cheaper films beside them.

All rows are of the same captions and noise, and have the same first frames, so that differences are paired, clip by clip.
"""

import json
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean

from minivid import zoo
from minivid.chapters.ch07.counted import Counted, counted
from minivid.chapters.ch07.films import ALL, FRAMES, GUIDANCE, SHARE, SPEED, STEPS, TURN, WORLD, film, pushed
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import mean_interval, paired_interval, share_interval
from minivid.tools.files import write_atomically

VARIANTS = {
    "all pieces": ALL,
    "without motion": replace(ALL, motion=False),
    "without new noise": replace(ALL, noise=False),
    "without attention": replace(ALL, attention=False),
    "without smoothing": replace(ALL, smoothing=False),
}
WHOLE = next(iter(VARIANTS))
PUSHED, STILL = "a picture, pushed", "a picture, still"
ROWS = (*VARIANTS, PUSHED, STILL)
BLOCK, HOME = 20, "runs/pieces"
MEASURES = {
    "captioned": "digit as asked",
    "same": "one digit",
    "motion": "motion / δ",
    "off": "off, px",
    "background": "background ×100",
}
SHARES = ("captioned", "same")
TIMES = {"background": 100}


def measure_pieces(n: int = 100, seed: int = 40, home: str = HOME) -> dict:
    """Each piece of Text2Video-Zero taken away in turn: is it one digit, does it move by δ, does the background stand?

    BLOCK clips at a time; what a block has given is kept in `home`, so that a measurement which was cut off goes on where it stood.
    """
    image, rows, minutes = zoo.load("image-digits"), {name: {} for name in ROWS}, 0.0
    for block in range(n // BLOCK):
        for variant in VARIANTS:
            part = kept_block(image, seed, block, variant, Path(home))
            minutes += part["seconds"] / 60
            for name, found in part["rows"].items():
                for measure, values in found.items():
                    rows[name].setdefault(measure, []).extend(values)
    settings = {"frames": FRAMES, "speed": SPEED, "steps": STEPS, "turn": TURN, "share": SHARE, "guidance": GUIDANCE}
    return {
        "model": image.manifest["sha256"],
        "n": n // BLOCK * BLOCK,
        "settings": settings,
        "minutes_of_drawing": round(minutes, 1),
        "clips": rows,
    }


def kept_block(image: zoo.Model, seed: int, block: int, variant: str, home: Path) -> dict:
    """One block of one variant: its rows, and the seconds that it took; read from `home` where it is there."""
    file = home / f"{seed}-{block}-{variant.replace(' ', '-')}.json"
    if not file.exists():
        begin, captions = time.perf_counter(), WORLD.sample(BLOCK, (seed, block)).caption
        clips = {variant: film(image, captions, pieces=VARIANTS[variant], seed=seed + block)}
        if variant == WHOLE:
            first = clips[WHOLE][:, :, :1].expand_as(clips[WHOLE])
            clips |= {PUSHED: pushed(first, captions), STILL: first}
        rows = {name: of_each(counted(video, captions)) for name, video in clips.items()}
        home.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps({"seconds": time.perf_counter() - begin, "rows": rows}))
    return json.loads(file.read_text(encoding="utf-8"))


def of_each(found: Counted) -> dict[str, list[float]]:
    """The measures of each clip, to four digits."""
    return {name: [round(float(one), 4) for one in value] for name, value in vars(found).items()}


def of_a_row(measure: str, values: list[float]) -> tuple[float, float, float]:
    """One row's mean and its 95 % interval, as it is printed: Wilson's of a share, else Student's."""
    times = TIMES.get(measure, 1)
    if measure in SHARES:
        return mean(values), *share_interval(round(sum(values)), len(values))
    middle, low, high = mean_interval(values)
    return times * middle, times * low, times * high


def against_the_whole(found: Receipt, name: str, measure: str) -> tuple[float, float, float]:
    """How far a row is from all pieces, clip by clip: the mean difference and its 95 % interval."""
    rows = found["clips"]
    return paired_interval(rows[name][measure], rows[WHOLE][measure])


def pieces_table(found: Receipt) -> str:
    """A row for all pieces and each that was taken away: means; a star where the difference to all pieces, clip by clip, leaves out 0."""
    rows = [(f"{found['n']} clips", *MEASURES.values())]
    for name in ROWS:
        of, cells = found["clips"][name], []
        for measure in MEASURES:
            times = TIMES.get(measure, 1)
            _, low, high = against_the_whole(found, name, measure)
            star = "*" if low > 0 or high < 0 else " "
            cells.append(f"{times * mean(of[measure]):.2f} {star}")
        rows.append((name, *cells))
    return "\n".join(aligned(rows))


def beside_the_receipt(here: Counted, found: Receipt, name: str) -> str:
    """A row measured again on other clips, beside the receipt's, each mean with its 95 % interval."""
    clips = {"here": of_each(here), "receipt": found["clips"][name]}
    rows = [("", "clips", *MEASURES.values())]
    for place, of in clips.items():
        cells = []
        for measure in MEASURES:
            middle, low, high = of_a_row(measure, of[measure])
            cells.append(f"{middle:.2f} [{low:.2f}, {high:.2f}]")
        rows.append((place, str(len(of["same"])), *cells))
    return "\n".join(aligned(rows))

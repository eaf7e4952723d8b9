"""Super-resolution against what costs nothing: how far off, how sharp, is the digit read, do details flicker?"""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.supers import USUAL, enlarged, smaller
from minivid.chapters.ch06.between import FRAMES
from minivid.chapters.ch06.large import enlarged_by, sharpness
from minivid.chapters.ch06.packed import packed, unpacked
from minivid.course.receipt import Receipt
from minivid.data.world import Clips, World
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import mean_interval, paired_interval
from minivid.metrics.reader import DigitReader, fit_reader
from minivid.metrics.temporal import warping_error

MODELS = {"24": "super-digits-24", "48": "super-digits-48"}
WORLDS = {
    "24": World(frames=FRAMES, size=24, digit_size=14, colour=True, split="heldout"),
    "48": World(
        frames=FRAMES, size=48, digit_size=28, colour=True, split="heldout", slowly=(0.8, 1.6), quickly=(2.4, 3.6)
    ),
}
"""To what side a stage enlarges: the same scenes, twice as fine."""
MEASURES = {"off": "squared error", "sharp": "sharpness", "read": "digit read", "flicker": "flicker, ‰"}
ROWS = ("each pixel four times", "bicubic", "SR_l^t", "SR_h, a noise each", "SR_h, one noise", "the real clip")
SHOWN = 2


def of_the_clips(video: Float[Tensor, "b c t h w"], real: Clips, reader: DigitReader) -> dict[str, list[float]]:
    """Of each clip: squared error; sharpness as a share of the real clip's; the share of frames on which its digit is read; and its flicker,
    how far a point of the scene changes from frame to frame along the world's own motion, in thousandths."""
    found = {
        "off": (video - real.video).square().mean((1, 2, 3, 4)),
        "sharp": sharpness(video) / sharpness(real.video),
        "read": (reader.read(video) == real.digit).float().mean(1),
        "flicker": 1000 * warping_error(video, real.flow, mask=~real.occluded),
    }
    return {name: [round(float(one), 4) for one in of] for name, of in found.items()}


def ways(
    side: str, model: zoo.Model, low: Float[Tensor, "b c t h w"], seed: int, steps: int
) -> dict[str, Float[Tensor, "b c t h2 w2"]]:
    """What costs nothing, and the super-resolution; that of single frames with noise of their own, too."""
    made = {"each pixel four times": low.repeat_interleave(2, 3).repeat_interleave(2, 4), "bicubic": enlarged(low)}
    if side == "48":
        made["SR_h, a noise each"] = enlarged_by(model, low, seed, steps)
        made["SR_h, one noise"] = enlarged_by(model, low, seed, steps, same_noise=True)
    else:
        made["SR_l^t"] = enlarged_by(model, low, seed, steps)
    return made


def measure_supers(n: int = 16, seed: int = 12, steps: int = 8) -> dict:
    """Real clips in handwriting that no model saw, made small and enlarged again: by both super-resolutions, and by what costs nothing."""
    stages, shown = {}, {}
    for side, world in WORLDS.items():
        model, real = zoo.load(MODELS[side]), world.sample(n, seed)
        reader = fit_reader(replace(world, split="train"), 0, clips=600)
        made = {"the real clip": real.video, **ways(side, model, smaller(real.video), seed, steps)}
        rows = {name: of_the_clips(video, real, reader) for name, video in made.items()}
        for name, row in rows.items():
            print(side, name, {what: round(sum(of) / n, 4) for what, of in row.items()}, flush=True)
        stages[side] = {"model": model.manifest["sha256"], "steps": model.manifest["steps"], "rows": rows}
        if side == "48":
            shown = {name: packed(video[:SHOWN]) for name, video in {"small": smaller(real.video), **made}.items()}
    return {"n": n, "drawing": {"steps": steps, "level": USUAL}, "stages": stages, "shown": shown}


def supers_table(found: Receipt) -> str:
    """For each enlargement a row a way: means with their 95 % intervals over the clips."""
    rows = [(f"{found['n']} clips", *MEASURES.values())]
    for side, stage in found["stages"].items():
        rows.append((f"{int(side) // 2} → {side}", *[""] * len(MEASURES)))
        for name in (name for name in ROWS if name in stage["rows"]):
            row = stage["rows"][name]
            rows.append(
                (f"  {name}", *("{:.3f} [{:.3f}, {:.3f}]".format(*mean_interval(row[what])) for what in MEASURES))
            )
    return "\n".join(aligned(rows))


def more(found: Receipt, side: str, one: str, other: str, what: str) -> tuple[float, float, float]:
    """How much more of it one way has than another, clip by clip: the mean and its 95 % interval."""
    rows = found["stages"][side]["rows"]
    return paired_interval(rows[one][what], rows[other][what])


def shown_large(found: Receipt) -> dict[str, Tensor]:
    """The receipt's clips at 48 × 48, by names that `show` takes; the small ones with each pixel four times."""
    names = {"each pixel four times": "small", "bicubic": "bicubic", "SR_h, one noise": "SR_h", "the real clip": "real"}
    return {short: unpacked(found["shown"][name]) for name, short in names.items()}

"""Is the digit changed, and does it keep its path? One-shot tuning and inversion, and what is left without either."""

from itertools import pairwise

import torch
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated
from minivid.chapters.ch06.clips import WORLD, as_clips, model_of
from minivid.chapters.ch06.exercises.edit import edit
from minivid.chapters.ch06.one_shot import GUIDANCE, TUNING, source_clips, step_by, told, tuned, way
from minivid.chapters.ch06.packed import packed, unpacked
from minivid.chapters.ch06.seen import cut_out, of_each, reader, seen, with_interval
from minivid.course.receipt import Receipt
from minivid.data.captions import parse
from minivid.evaluation.report import aligned
from minivid.motion.trajectories import centroid

SOURCE, SAME = "the clip itself", "tuned, told the same"
EDITED, NEW_NOISE = "tuned, inverted", "tuned, new noise"
UNTUNED, ALONE = "not tuned, inverted", "frames alone, inverted"
ROWS = (SOURCE, SAME, EDITED, NEW_NOISE, UNTUNED, ALONE)
MEASURES = {"edited": "edited", "path": "from its path, px", "off": "thrown off, px"}
SHOWN, IN_ORDER = 3, (SOURCE, EDITED, ALONE, NEW_NOISE)
"""How many clips a receipt keeps, and of which rows."""


def edited(
    model: zoo.Model, clip: Tensor, captions: list[str], others: list[str], steps: int, guidance: float = GUIDANCE
) -> Tensor:
    """The clip by the exercise's `edit`, cut to ±1."""
    who = told(model, captions), told(model, others, guidance)
    return edit(step_by(model), clip, way(model, steps), *who).clamp(-1, 1)


def from_new_noise(model: zoo.Model, clip: Tensor, others: list[str], steps: int, seed: int) -> Tensor:
    """The way down alone, from noise that knows nothing of the clip."""
    z, step, who = (
        torch.randn(clip.shape, generator=torch.Generator().manual_seed(seed)),
        step_by(model),
        told(model, others, GUIDANCE),
    )
    for s, t in pairwise(way(model, steps).flip(0)):
        z = step(z, s, t, who)
    return z.clamp(-1, 1)


def looked_at(video: Tensor, clip: Tensor, captions: list[str], others: list[str]) -> dict[str, list[float]]:
    """Of each clip: on which share of frames the new digit is read, and the old; how far its centre is from the source's; and what `seen` counts."""
    read = reader(WORLD).read(cut_out(video))
    new, old = (torch.tensor([parse(caption)[0].digit for caption in said])[:, None] for said in (others, captions))
    place, source = centroid(cut_out(video)), centroid(cut_out(clip))
    found = of_each(seen(video, others))
    return {
        "new": (read == new).float().mean(1).tolist(),
        "old": (read == old).float().mean(1).tolist(),
        "path": [round(one, 4) for one in (place - source).norm(dim=-1).mean(1).tolist()],
        "off": found["off"],
        "alike": found["alike"],
    }


def measure_edit(n: int = 6, seed: int = 28, steps: int = 16) -> dict:
    """n clips, each tuned on alone and edited to another digit: is it read, and how far is it from the clip's path? With controls."""
    image, (clips, captions, others) = zoo.load("image-digits"), source_clips(n, seed)
    network = inflated(image.network, Method.TUNE_A_VIDEO).eval()
    videos = {
        SOURCE: clips,
        UNTUNED: edited(model_of(image, Method.TUNE_A_VIDEO, network), clips, captions, others, steps),
        ALONE: edited(as_clips(image), clips, captions, others, steps),
    }
    own = {SAME: [], EDITED: [], NEW_NOISE: []}
    for i in range(n):
        clip, (said,), (other,) = clips[i : i + 1], captions[i : i + 1], others[i : i + 1]
        model = tuned(image, clip, said)
        own[SAME].append(edited(model, clip, [said], [said], steps, guidance=1.0))
        own[EDITED].append(edited(model, clip, [said], [other], steps))
        own[NEW_NOISE].append(from_new_noise(model, clip, [other], steps, seed))
        print(said, "->", other, flush=True)
    videos |= {name: torch.cat(parts) for name, parts in own.items()}
    return {
        "model": image.manifest["sha256"],
        "n": n,
        "drawing": {"steps": steps, "guidance": GUIDANCE},
        "tuning": {"steps": TUNING.steps, "batch": TUNING.batch},
        "captions": captions,
        "others": others,
        "rows": {name: looked_at(video, clips, captions, others) for name, video in videos.items()},
        "shown": {name: packed(videos[name][:SHOWN]) for name in IN_ORDER},
    }


def of_a_row(found: Receipt, name: str, measure: str) -> list[float]:
    """A row's values, clip by clip; `edited` is 1 where the new digit is read on half of the frames or more."""
    row = found["rows"][name]
    return [float(share >= 0.5) for share in row["new"]] if measure == "edited" else row[measure]


def edit_table(found: Receipt) -> str:
    """A row for each way: each mean with its 95 % interval over the clips."""
    rows = [(f"{found['n']} clips", *MEASURES.values())]
    for name in ROWS:
        values = {measure: with_interval(measure, of_a_row(found, name, measure)) for measure in MEASURES}
        rows.append((f"  {name}", *("{:.2f} [{:.2f}, {:.2f}]".format(*each) for each in values.values())))
    return "\n".join(aligned(rows))


def shown_clips(found: Receipt, many: int = SHOWN) -> dict[str, Tensor]:
    """The first clips of the receipt and what became of them, by names that `show` takes."""
    return {name.replace(",", "").replace(" ", "_"): unpacked(found["shown"][name])[:many] for name in IN_ORDER}

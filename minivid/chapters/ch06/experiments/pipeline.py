"""Make-A-Video whole, after short trainings: what is left of a caption behind each of five stages, and how sharp it is by then."""

from dataclasses import replace
from pathlib import Path
from statistics import mode

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.supers import enlarged
from minivid.chapters.ch06.between import LONGER
from minivid.chapters.ch06.clips import to_its_end
from minivid.chapters.ch06.decoder import filling_run, picture_run, video_run
from minivid.chapters.ch06.large import sharpness
from minivid.chapters.ch06.packed import packed, unpacked
from minivid.chapters.ch06.pipeline import Stages, composed, composed_of, nearest_pictures
from minivid.chapters.ch06.seen import with_interval
from minivid.course.receipt import Receipt
from minivid.data.captions import COLOURS, parse
from minivid.data.world import World
from minivid.evaluation.report import aligned
from minivid.metrics.reader import crop, fit_reader
from minivid.motion.trajectories import centroid, first_velocity
from minivid.picturing import towers
from minivid.run import Run
from minivid.train import TrainConfig, Training

HOME = "runs/make-a-video"
PICTURES = TrainConfig(steps=1800, batch=16, lr=1e-3, lr_matrices=0.008, warmup=20, ema=0.98, save_every=50)
CLIPS = TrainConfig(steps=1800, batch=4, lr=2e-3, warmup=20, ema=0.98, save_every=50)
BETWEEN = TrainConfig(steps=600, batch=2, lr=1e-3, lr_matrices=0.01, warmup=10, ema=0.97, save_every=50)
MEASURES = {"digit": "digit read", "colour": "colour", "direction": "direction", "sharp": "sharpness", "alike": "alike"}
SHARES = ("colour", "direction")
ROWS = (
    *("D", "↑F", "SRl", "SRh", "bicubic in the place of both SR"),
    *("from a real picture's embedding, D", "from a real picture's embedding, the whole"),
    *("real clips, 12 × 12", "real clips"),
)
SHOWN = 4


def stage_of(run: Run, going: Training, home: Path) -> zoo.Model:
    """The run taken to its end in a folder of its own, where its weights stay; one that was cut off goes on."""
    to_its_end(going, home / run.name, 20)
    return zoo.load_file(zoo.publish(run, going, going.out))


def trained(
    home: str = HOME, pictures: TrainConfig = PICTURES, clips: TrainConfig = CLIPS, between: TrainConfig = BETWEEN
) -> tuple[Stages, dict[str, zoo.Model]]:
    """The five stages, the decoder's three trainings run in `home`; beside them, by name, all models that were trained for it."""
    image, prior, see = zoo.load("image-digits"), zoo.load("prior-digits"), towers().see
    dim, where = prior.shape[0], Path(home)
    still = stage_of(*picture_run(image, see, dim, pictures), where)
    decoder = stage_of(*video_run(still.network, still.run, see, clips), where)
    filler = stage_of(*filling_run(decoder.network, decoder.run, see, between), where)
    supers = [zoo.load(name) for name in ("super-digits-24", "super-digits-48")]
    stages = Stages(prior, decoder, filler, *supers)
    return stages, {"pictures": still, "D": decoder, "↑F": filler, "SRl": supers[0], "SRh": supers[1], "P": prior}


def world_of(side: int) -> World:
    """The scenes of LONGER in frames of another size."""
    finer = side / LONGER.height
    speeds = {name: tuple(finer * bound for bound in getattr(LONGER, name)) for name in ("slowly", "quickly")}
    return replace(LONGER, size=side, digit_size=finer * LONGER.side, **speeds)


def colours_of(video: Float[Tensor, "b c t h w"]) -> list[str]:
    """The caption's word that is nearest to the ink's colour, as a direction from black."""
    light = (video + 1) / 2
    mean = (light * light.amax(1, keepdim=True)).mean((2, 3, 4))
    palette = torch.nn.functional.normalize(torch.tensor(list(COLOURS.values())), dim=1)
    return [list(COLOURS)[one] for one in (mean @ palette.T).argmax(1).tolist()]


def of_the_clips(video: Float[Tensor, "b c t h w"], captions: list[str]) -> dict[str, list[float]]:
    """Of each clip: on which share of frames the captioned digit is read; whether its colour, and the way of its first steps, are the caption's;
    its sharpness, as a share of that of real clips of the same captions and size; how alike the digit is to itself in the next frame."""
    world, said = world_of(video.shape[3]), [parse(caption)[0] for caption in captions]
    reader = fit_reader(world, 0, clips=600)
    real = replace(world, split="heldout").sample(len(captions), 33, captions).video
    way = [direction for direction, _ in world.words(first_velocity(centroid(video)))]
    cut = crop(video, world.side).flatten(2)
    found = {
        "digit": (reader.read(video) == torch.tensor([one.digit for one in said])[:, None]).float().mean(1),
        "colour": [one.colour == colour for one, colour in zip(said, colours_of(video), strict=True)],
        "direction": [one.direction == seen for one, seen in zip(said, way, strict=True)],
        "sharp": sharpness(video) / sharpness(real).mean(),
        "alike": (cut[:, 1:] * cut[:, :-1]).sum(-1).mean(1),
    }
    return {name: [round(float(one), 4) for one in of] for name, of in found.items()}


def told_by_place(n: int = 200, near: int = 15) -> list[float]:
    """Of n clips, whether the middle frame's centre alone tells the direction: that of most of the `near` training clips whose centres are nearest."""
    parts = [replace(world_of(12), split=split).sample(many, 41) for split, many in (("train", 2 * n), ("heldout", n))]
    known, asked = (centroid(part.video)[:, part.video.shape[2] // 2] for part in parts)
    ways, truth = ([parse(caption)[0].direction for caption in part.caption] for part in parts)
    nearest = torch.cdist(asked, known).topk(near, largest=False).indices.tolist()
    return [float(mode(ways[i] for i in row) == way) for row, way in zip(nearest, truth, strict=True)]


def measure_pipeline(n: int = 16, seed: int = 14, steps: int = 8, home: str = HOME) -> dict:
    """The decoder is trained, the five stages are put together, and n captions go through them: what of each is left behind every stage?"""
    stages, models = trained(home)
    clips = replace(LONGER, split="heldout").sample(n, seed)
    captions, see = clips.caption, towers().see
    made = composed(stages, captions, seed, steps)
    middle = clips.video.shape[2] // 2
    seen = composed_of(stages, see(clips.video[:, :, middle : middle + 1]), seed, steps)
    nearest, names = nearest_pictures(see, made["P"])
    _, of_real = nearest_pictures(see, see(clips.video[:, :, middle : middle + 1]))
    videos = {name: made[name] for name in ("D", "↑F", "SRl", "SRh")}
    videos["bicubic in the place of both SR"] = enlarged(enlarged(made["↑F"]))
    videos["from a real picture's embedding, D"] = seen["D"]
    videos["from a real picture's embedding, the whole"] = seen["SRh"]
    for name, side in (("real clips, 12 × 12", 12), ("real clips", 48)):
        videos[name] = replace(world_of(side), split="heldout").sample(n, seed + 1, captions).video
    rows = {}
    for name, video in videos.items():
        rows[name] = of_the_clips(video, captions)
        print(name, {what: round(sum(of) / n, 3) for what, of in rows[name].items()}, flush=True)
    return {
        "n": n,
        "drawing": {"steps": steps},
        "captions": captions,
        "models": {name: model.manifest["sha256"] for name, model in models.items()},
        "steps": {name: model.manifest["steps"] for name, model in models.items()},
        "minutes": {name: round(model.manifest["minutes"], 1) for name, model in models.items()},
        "P": named(names, captions),
        "a real picture": named(of_real, captions),
        "rows": rows,
        "direction by place": told_by_place(),
        "shown": {name: packed(clip[:SHOWN]) for name, clip in {**made, "P": nearest}.items()},
    }


def named(names: list[str], captions: list[str]) -> dict[str, list[float]]:
    """Whether a picture of one caption has the digit, and the colour, of the other."""
    pairs = [(parse(name)[0], parse(said)[0]) for name, said in zip(names, captions, strict=True)]
    return {what: [float(getattr(a, what) == getattr(b, what)) for a, b in pairs] for what in ("digit", "colour")}


def cell(measure: str, values: list[float]) -> str:
    """A mean with its 95 % interval: Wilson's of yes and no, else Student's."""
    return "{:.2f} [{:.2f}, {:.2f}]".format(*with_interval("direction" if measure in SHARES else measure, values))


def place_sentence(found: Receipt) -> str:
    """How often the place of a picture's digit alone tells where it goes."""
    share = cell("direction", found["direction by place"])
    return f"direction guessed from the centre of the middle frame's digit: {share} of {len(found['direction by place'])} clips"


def pipeline_table(found: Receipt) -> str:
    """A row for what comes out of each stage, then what it is to be compared with."""
    rows = [(f"{found['n']} captions", *MEASURES.values())]
    for row, of in {
        "P, its nearest picture": found["P"],
        "a real picture, its nearest other": found["a real picture"],
    }.items():
        rows.append((f"  {row}", *(cell("colour", of[what]) if what in of else "" for what in MEASURES)))
    rows += [(f"  {name}", *(cell(measure, found["rows"][name][measure]) for measure in MEASURES)) for name in ROWS]
    return "\n".join(aligned(rows))


def shown_stages(found: Receipt, which: int = 0) -> dict[str, Float[Tensor, "1 c t h w"]]:
    """What came out of each stage for one of the receipt's captions."""
    names = {"P": "P_nearest", "D": "D", "↑F": "between", "SRl": "SR_l", "SRh": "SR_h"}
    return {short: unpacked(found["shown"][name])[which : which + 1] for name, short in names.items()}

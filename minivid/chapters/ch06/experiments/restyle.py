"""Structure from one clip, content from another's picture: which of the two does what is drawn follow in shape, which in colour?"""

from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.chapters.ch06.clips import to_its_end
from minivid.chapters.ch06.packed import packed, unpacked
from minivid.chapters.ch06.structure import embedded, restyled, restyler, structure_of, told
from minivid.course.receipt import Receipt
from minivid.data.world import Clips
from minivid.evaluation.report import aligned
from minivid.judges import FILMED
from minivid.metrics.distribution import mean_interval
from minivid.motion.trajectories import centroid
from minivid.picturing import pictured, towers
from minivid.train import TrainConfig

TRAINING = TrainConfig(steps=600, batch=4, lr=1e-3, lr_matrices=0.008, warmup=10, ema=0.96, save_every=20)
HOME = "runs/structure-and-content"
KINDS = {"ink on black": FILMED[0], "neon": FILMED[1], "ink on a gradient": FILMED[2]}
"""Looks of one digit: structure is taken from each in turn, content from the next."""
USUAL = 2
"""How often structure is blurred where nothing else is said."""
SHARP, EXCHANGED, BLURRED, MOST = "not blurred", "blurred twice", "blurred 6 times", "blurred 16 times"
LEVELS = {SHARP: 0, EXCHANGED: USUAL, BLURRED: 6, MOST: 16}
GUIDED, BY_PRIOR, BY_TEXT = "twice; guided, 3", "twice; content by the prior", "twice; the caption's own embedding"
PLAIN, BLANK = "twice; no content", "no structure; content"
IN_ORDER = (*LEVELS, GUIDED, BY_PRIOR, BY_TEXT, PLAIN, BLANK)
MEASURES = ("overlap", "path", "ink", "ground")
SHOWN = 3


def pairs(n: int, seed: int) -> tuple[list[Clips], list[Clips]]:
    """Clips A for the structure and clips B for the content, in handwriting that no model saw; the i-th B is of another kind than the i-th A."""
    worlds = [replace(world, split="heldout") for world in KINDS.values()]
    each = -(-n // len(worlds))
    a = [world.sample(each, (seed, i)) for i, world in enumerate(worlds)]
    b = [worlds[(i + 1) % len(worlds)].sample(each, (seed, 10 + i)) for i in range(len(worlds))]
    return a, b


def joined(parts: list[Clips], name: str) -> Tensor:
    """One thing that is known of all of them."""
    return torch.cat([getattr(part, name) for part in parts])


def covers(video: Float[Tensor, "n c t h w"]) -> Float[Tensor, "n t h w"]:
    """1 where the brightest channel says that there is ink and no ground."""
    return (video.amax(1) > 0).float()


def overlap(one: Float[Tensor, "n t h w"], other: Float[Tensor, "n t h w"]) -> Float[Tensor, "n"]:
    """Intersection over union of two masks of 0 and 1, over all frames of a clip; 0 where both are empty."""
    both, either = (one * other).sum((1, 2, 3)), (one + other).clamp(max=1).sum((1, 2, 3))
    return both / either.clamp(min=1)


def colours(video: Float[Tensor, "n c t h w"]) -> tuple[Float[Tensor, "n c"], Float[Tensor, "n c"]]:
    """Mean colours in [0, 1] of what is bright and of what is dark: ink and ground, each pixel weighed by how surely it is that."""
    light = (video + 1) / 2
    surely = light.amax(1, keepdim=True)
    return tuple(
        (weight * light).sum((2, 3, 4)) / weight.sum((2, 3, 4)).clamp(min=1e-6)
        for weight in (surely**4, (1 - surely) ** 4)
    )


def followed(video: Tensor, shape: Tensor, picture: Tensor) -> dict[str, list[float]]:
    """Of each clip: overlap of its ink with that of `shape`, pixels between their centres, distances of ink's and ground's colour from the picture's."""
    far = (centroid(as_ink(video)) - centroid(as_ink(shape))).norm(dim=-1).mean(1)
    ink, ground = ((one - other).norm(dim=1) for one, other in zip(colours(video), colours(picture), strict=True))
    found = zip(MEASURES, (overlap(covers(video), covers(shape)), far, ink, ground), strict=True)
    return {name: [round(float(one), 4) for one in of] for name, of in found}


def as_ink(video: Tensor) -> Tensor:
    """What is bright on black."""
    return torch.where(covers(video)[:, None] > 0, video, -1.0)


def trained(home: str = HOME, training: TrainConfig = TRAINING) -> zoo.Model:
    """The model, trained in `home`, where its weights stay, too; a training that was cut off goes on."""
    run, going = restyler(zoo.load("image-digits"), training)
    to_its_end(going, Path(home), 20)
    return zoo.load_file(zoo.publish(run, going, going.out))


def measure_gen1(n: int = 18, seed: int = 4, home: str = HOME, training: TrainConfig = TRAINING) -> dict:
    """A model of structure and content is trained for some hundred steps; then the structure of clips A meets the content of pictures B."""
    model, (a, b) = trained(home, training), pairs(n, seed)
    shape, other = joined(a, "video"), joined(b, "video")
    picture = other[:, :, :1]
    captions = [caption for part in b for caption in part.caption]
    seen = embedded(picture[:, :, 0])
    prior = pictured(zoo.load("prior-digits"), captions, seed=seed)
    text, none = towers().read(captions), torch.zeros_like(seen)
    rows, kept = {}, {}

    def ask(name: str, level: int, content: Tensor, structure: bool = True, guidance: float = 1.0) -> None:
        levels = torch.full((len(shape),), level)
        known = torch.cat([structure_of(part, levels[: len(part)]) for part in a]) * float(structure)
        drawn = restyled(model, told(known, levels, content), guidance, seed)
        rows[name] = followed(drawn, shape, picture)
        kept[name] = drawn
        print(name, {what: round(mean(of), 3) for what, of in rows[name].items()}, flush=True)

    for name, level in LEVELS.items():
        ask(name, level, seen)
    ask(GUIDED, USUAL, seen, guidance=3.0)
    for name, content in ((BY_PRIOR, prior), (BY_TEXT, text), (PLAIN, none)):
        ask(name, USUAL, content)
    ask(BLANK, USUAL, seen, structure=False)
    some = torch.arange(0, len(shape), len(shape) // SHOWN)[:SHOWN]
    turn = (
        torch.arange(len(shape)).unflatten(0, (len(a), -1)).roll(1, 1).flatten()
    )  # each pair's next, of the same looks
    return {
        "model": model.manifest["sha256"],
        "n": len(shape),
        "steps": training.steps,
        "minutes of training": round(model.manifest["minutes"], 1),
        "rows": rows,
        # what stands for "not at all": other shapes and other pictures than those that were told
        "another's": followed(kept[EXCHANGED], shape[turn], picture[turn]),
        "the clips A": followed(shape, shape, picture),
        "clips": {
            "structure": packed(shape[some]),
            "content": packed(picture[some]),
            **{name: packed(kept[name][some]) for name in (EXCHANGED, MOST, BY_PRIOR)},
        },
    }


def restyle_table(found: Receipt) -> str:
    """A row for what was told, its means with 95 % intervals; below, what not following at all would be."""
    heads = ("overlap with A", "path off A's, px", "ink off B's", "ground off B's")
    rows = [(f"{found['n']} pairs, mean [95 %]", *heads)]
    others = {"against another pair's A and B": found["another's"], "the clips A themselves": found["the clips A"]}
    for name, of in {**{name: found["rows"][name] for name in IN_ORDER}, **others}.items():
        cells = (
            f"{middle:.2f} [{low:.2f}, {high:.2f}]" for middle, low, high in (mean_interval(of[m]) for m in MEASURES)
        )
        rows.append((name, *cells))
    return "\n".join(aligned(rows))


def restyled_clips(found: Receipt) -> dict[str, Tensor]:
    """Some of the clips that were measured, by what they are; of a picture eight frames alike."""
    kept = {name: unpacked(found["clips"][name]) for name in ("structure", "content", EXCHANGED, MOST, BY_PRIOR)}
    frames = kept[EXCHANGED].shape[2]
    return {name: video.expand(-1, -1, frames, -1, -1) for name, video in kept.items()}

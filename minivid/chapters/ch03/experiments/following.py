"""Do clips follow their captions: the digit, the direction, two actions in order, and what guidance does to it.

All are drawn with fresh noise at each step, as the chapter's own loop draws.
"""

import torch
from jaxtyping import Bool
from torch import Tensor

from minivid import zoo
from minivid.course.receipt import Receipt
from minivid.data.captions import parse
from minivid.data.world import World
from minivid.diffusion.objective import Video
from minivid.metrics.distribution import share_interval
from minivid.metrics.physics import fit_trajectory
from minivid.metrics.reader import DigitReader, agreement, fit_reader
from minivid.motion.trajectories import centroid, first_velocity
from minivid.zoo import Model

GUIDANCE = 3.0
READER_SEED = 0


def accuracy(model: Model, n: int, seed: int, steps: int, scale: float) -> dict[str, float]:
    """How n sampled clips keep their captions, and how the real clips of the same captions are read (`real_…`).

    `off_path`: by how many pixels the median clip leaves the nearest lawful path.
    """
    world, reader = model.world, fit_reader(model.world, READER_SEED)
    asked = world.sample(n, seed)
    made = model.sample(asked.caption, seed=seed, steps=steps, guidance=scale, eta=zoo.ETA)
    rates = agreement(made, asked.caption, reader).rates() | {"off_path": fit_trajectory(made).rmse.median().item()}
    real = {f"real_{name}": rate for name, rate in agreement(asked.video, asked.caption, reader).rates().items()}
    return rates | real | {"brightest": made.amax((1, 2, 3, 4)).mean().item()}


def interval(rate: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share measured on n clips."""
    return share_interval(round(rate * n), n)


def measure_guidance(
    scales: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 5.0), n: int = 100, seed: int = 5, steps: int = 25
) -> dict:
    """Caption accuracy against guidance strength on the zoo's model, the same captions and noise throughout."""
    model = zoo.load("vdm-small")
    points = [accuracy(model, n, seed, steps, scale) for scale in scales]
    columns = {name: [point[name] for point in points] for name in points[0]}
    low, high = zip(*(interval(rate, n) for rate in columns["digit_always"]), strict=True)
    return {
        "model": model.manifest["sha256"],
        "n": n,
        "steps": steps,
        "scale": scales,
        "digit_interval": (low, high),
        **columns,
    }


def measure_ordered(n: int = 100, seed: int = 6, steps: int = 25) -> dict:
    """Captions with two actions in order: is each done in its half of the clip?"""
    model, world = zoo.load("vdm-small"), zoo.RECIPES["vdm-small"].worlds[1]
    asked = world.sample(n, seed)
    made = model.sample(asked.caption, seed=seed, steps=steps, guidance=GUIDANCE, eta=zoo.ETA)
    first, second = actions_done(made, asked.caption, world)
    real_first, real_second = actions_done(asked.video, asked.caption, world)
    return {
        "model": model.manifest["sha256"],
        "n": n,
        "first": first.float().mean(),
        "second": second.float().mean(),
        "both": (first & second).float().mean(),
        "both_real": (real_first & real_second).float().mean(),
    }


def actions_done(video: Video, captions: list[str], world: World) -> tuple[Bool[Tensor, " n"], Bool[Tensor, " n"]]:
    """Whether the clip's first steps, and those after the turn, go where the caption says. The first two steps of each meet no wall."""
    path = centroid(video)
    said = [parse(caption)[0].directions for caption in captions]
    done = []
    for action, begin in ((0, 0), (1, world.turn)):
        seen = world.words(first_velocity(path[:, begin:]))
        done.append(torch.tensor([way[action] == word for way, (word, _) in zip(said, seen, strict=True)]))
    return done[0], done[1]


def beside_the_receipt(here: dict[str, float], n: int, found: Receipt, scale: float) -> str:
    """A point of 03_guidance measured again on n clips, beside the receipt's, each digit rate with its interval."""
    at = found["scale"].index(scale)
    there = {name: found[name][at] for name in ("digit_always", "direction", "brightest")}
    lines = []
    for name, point, clips in (("here", here, n), ("receipt", there, found["n"])):
        low, high = interval(point["digit_always"], clips)
        lines.append(
            f"{name + ',':8} {clips:3} clips: digit on every frame {point['digit_always']:.2f} [{low:.2f}, {high:.2f}], "
            f"direction {point['direction']:.2f}, brightest {point['brightest']:.2f}"
        )
    if n < found["n"]:
        lines.append("(here fewer clips, and others, so that a rate strays further: in brackets 95 % of its chance.)")
    return "\n".join(lines)


def ordered_here(video: Video, captions: list[str]) -> str:
    """Clip by clip, whether the first action is done and whether the second is."""
    first, second = actions_done(video, captions, zoo.RECIPES["vdm-small"].worlds[1])
    words = {True: "done", False: "not done"}
    return "\n".join(
        f"{caption}:  first {words[bool(a)]}, second {words[bool(b)]}"
        for caption, a, b in zip(captions, first, second, strict=True)
    )


def ordered_sentence(found: Receipt) -> str:
    """How often each action is done; for the second one's share, its interval and what guessing would give."""
    low, high = interval(found["second"], found["n"])
    guess = 1 / 3  # the second direction is never the first
    verdict = (
        "heard, and often missed" if low > guess and high < 0.9 else "heard" if low > guess else "not shown to be heard"
    )
    return (
        f"of {found['n']} such captions the first action is done in {found['first']:.0%}, the second in {found['second']:.0%} "
        f"[{low:.0%}, {high:.0%}],\nboth in {found['both']:.0%} (real clips: {found['both_real']:.0%}). "
        f"A guess among the other three directions would be right in {guess:.0%}:\nthe second action is {verdict}."
    )


def read_of(video: Video, captions: list[str], reader: DigitReader) -> str:
    """What the reader sees in each frame of each clip ("-" where nothing is), beside its caption, and how many clips are as asked."""
    rows, right = [], 0
    for caption, read in zip(captions, reader.read(video).tolist(), strict=True):
        always = all(digit == parse(caption)[0].digit for digit in read)
        right += always
        rows.append(
            f"{caption:26} read as {' '.join(str(digit) if digit >= 0 else '-' for digit in read)}{'' if always else '   *'}"
        )
    return "\n".join([*rows, f"{right} of {len(captions)} are read as their caption says on every frame (* is not)"])

"""What can be counted in a clip of one digit: does it go where it was told, smoothly, and as one digit? (tests/chapters/ch06/test_seen.py)"""

from dataclasses import dataclass
from functools import cache
from statistics import mean

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.adapt.zeroshot import bright
from minivid.chapters.ch06.clips import WORLD, thrown_off
from minivid.data.captions import parse
from minivid.data.world import World
from minivid.metrics.distribution import mean_interval, share_interval
from minivid.metrics.reader import ABSTAIN, DigitReader, crop, fit_reader
from minivid.motion.trajectories import centroid, first_velocity

SHARES = ("direction", "same", "edited")
"""Of these each clip has a yes or a no; of the others a number."""
AT_MOST_ONE = ("alike", "read", "white")


@dataclass(frozen=True)
class Seen:
    """Of each clip. Pixels and frames."""

    direction: Bool[Tensor, "b"]
    """The first steps go where the caption says. A guess among the four words is right in a quarter."""
    off: Float[Tensor, "b"]
    """How far the digit is thrown off a straight path from frame to frame: the median."""
    step: Float[Tensor, "b"]
    """How far the digit goes from a frame to the next: the median. A still digit is never thrown off, and has 0 here."""
    same: Bool[Tensor, "b"]
    """One digit is read on every frame, whichever."""
    alike: Float[Tensor, "b"]
    """The cosine of the digit with itself in the next frame, both cut out around their centre: the mean. Another hand has less."""
    read: Float[Tensor, "b"]
    """The share of frames on which the captioned digit is read."""


@cache
def reader(world: World = WORLD) -> DigitReader:
    """Of the world's digits, on black."""
    return fit_reader(world, 0)


def cut_out(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
    """The digit on black: what is bright, and nothing behind it."""
    return torch.where(bright(video) > 0, video, -1.0)


def seen(video: Float[Tensor, "b c t h w"], captions: list[str], world: World = WORLD) -> Seen:
    """Clips of one digit each against their captions; what is behind the digit does not count. `world` has handwriting of that look."""
    digit = cut_out(video)
    place, read = centroid(digit), reader(world).read(digit)
    said = [parse(caption)[0] for caption in captions]
    ways = [way for way, _ in WORLD.words(first_velocity(place))]
    cut = crop(digit, WORLD.side).flatten(2)  # of unit length
    return Seen(
        direction=torch.tensor([motion.direction == way for motion, way in zip(said, ways, strict=True)]),
        off=thrown_off(digit),
        step=place.diff(dim=1).norm(dim=-1).median(1).values,
        same=(read == read[:, :1]).all(1) & (read[:, 0] != ABSTAIN),
        alike=(cut[:, 1:] * cut[:, :-1]).sum(-1).mean(1),
        read=(read == torch.tensor([motion.digit for motion in said])[:, None]).float().mean(1),
    )


def of_each(found: Seen) -> dict[str, list[float]]:
    """The measures of each clip, to four digits: what a receipt holds."""
    return {name: [round(float(one), 4) for one in value] for name, value in vars(found).items()}


def with_interval(measure: str, values: list[float]) -> tuple[float, float, float]:
    """The mean and its 95 % interval: Wilson's of a share, else Student's, cut to what the measure can be."""
    if measure in SHARES:
        return mean(values), *share_interval(round(sum(values)), len(values))
    middle, low, high = mean_interval(values)
    return middle, max(0.0, low), min(1.0, high) if measure in AT_MOST_ONE else high

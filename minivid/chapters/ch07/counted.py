"""What can be counted in such a film: is it one digit, does it move by δ, does the background stand? (tests/chapters/ch07/test_counted.py)"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.adapt.zeroshot import bright
from minivid.chapters.ch07.films import WORLD, delta_of
from minivid.data.captions import parse
from minivid.metrics.reader import ABSTAIN, DigitReader, fit_reader
from minivid.motion.trajectories import centroid


@dataclass(frozen=True)
class Counted:
    """Of each clip. Pixels, frames; brightness from 0 to 1."""

    captioned: Bool[Tensor, "b"]
    """The captioned digit is read on every frame."""
    same: Bool[Tensor, "b"]
    """One digit is read on every frame, whichever."""
    motion: Float[Tensor, "b"]
    """How fast the digit moves along δ, in lengths of δ: 1 as asked, 0 not at all, below 0 the other way."""
    off: Float[Tensor, "b"]
    """How far it is from where the first frame and δ would have it: the mean over the other frames, in pixels."""
    background: Float[Tensor, "b"]
    """How much a pixel that is background in both changes from a frame to the next: the mean over channels and pixels."""

    def means(self) -> dict[str, float]:
        """The mean over clips of each, by name."""
        return {name: value.float().mean().item() for name, value in vars(self).items()}


@cache
def reader() -> DigitReader:
    """Of the world's digits, on black."""
    return fit_reader(WORLD, 0)


def cut_out(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
    """The digit on black: what is bright, and nothing behind it."""
    return torch.where(bright(video) > 0, video, -1.0)


def counted(video: Float[Tensor, "b c t h w"], captions: list[str]) -> Counted:
    """Clips of one digit each against their captions, of which the direction word says δ."""
    digit = cut_out(video)
    read, said = reader().read(digit), torch.tensor([parse(caption)[0].digit for caption in captions])
    delta, place = torch.tensor([delta_of(caption) for caption in captions]), centroid(digit)
    frame = torch.arange(video.shape[2]).float()
    straight = place[:, :1] + frame[:, None] * delta[:, None]
    since = frame - frame.mean()
    along = ((place * delta[:, None]).sum(-1) * since).sum(1) / since.square().sum()
    behind = 1 - bright(video)
    both = behind[:, :, 1:] * behind[:, :, :-1]
    change = (video.diff(dim=2) / 2).abs().mean(1, keepdim=True) * both
    return Counted(
        captioned=(read == said[:, None]).all(1),
        same=(read == read[:, :1]).all(1) & (read[:, 0] != ABSTAIN),
        motion=along / delta.square().sum(1),
        off=(place - straight).norm(dim=-1)[:, 1:].mean(1),
        background=change.sum((1, 2, 3, 4)) / both.sum((1, 2, 3, 4)).clamp(min=1),
    )

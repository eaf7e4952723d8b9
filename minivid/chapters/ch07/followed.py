"""What can be counted of a clip that was told where its digit is (tests/chapters/ch07/test_followed.py)."""

from dataclasses import dataclass, replace
from functools import cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.adapt.controlnet import control_of, edges
from minivid.adapt.zeroshot import bright
from minivid.chapters.ch07.counted import cut_out
from minivid.chapters.ch07.films import WORLD
from minivid.data.captions import COLOURS, parse
from minivid.data.world import Clips
from minivid.metrics.reader import DigitReader, fit_reader
from minivid.motion.trajectories import centroid


@dataclass(frozen=True)
class Followed:
    """Of each clip, the mean over its frames. Shares from 0 to 1, pixels, brightness from 0 to 1."""

    off: Float[Tensor, "b"]
    """How far the digit's centre is from where the control has it, in pixels."""
    edge: Float[Tensor, "b"]
    """How alike its edges are to the control's: the cosine of the two pictures."""
    read: Float[Tensor, "b"]
    """The share of frames on which the control's digit is read."""
    said: Float[Tensor, "b"]
    """The share of frames on which the caption's digit is read."""
    colour: Float[Tensor, "b"]
    """The share of frames whose digit is nearest to the caption's colour."""
    background: Float[Tensor, "b"]
    """How much a pixel that is background in both changes from a frame to the next; 0 for single frames."""

    def means(self) -> dict[str, float]:
        """The mean over clips of each, by name."""
        return {name: value.mean().item() for name, value in vars(self).items()}


@cache
def reader() -> DigitReader:
    """Of digits on black in the hands of `train`: the controls show held-out ones, and a reader of those would know the very strokes."""
    return fit_reader(replace(WORLD, background="black"), 0, split="train")


def followed(video: Float[Tensor, "b c t h w"], captions: list[str], clips: Clips) -> Followed:
    """Clips against the truth whose control they were given, and against the captions that they were given."""
    digit, frames = cut_out(video), video.shape[2]
    found = reader().read(digit)
    said = torch.tensor([parse(caption)[0].digit for caption in captions])
    names = list(COLOURS)
    asked = torch.tensor([names.index(parse(caption)[0].colour) for caption in captions])
    alike = F.cosine_similarity(
        edges((video.amax(1) + 1) / 2).flatten(2), control_of(clips, "edges")[:, 0].flatten(2), dim=2
    )
    change, weight = background_changes(video)
    return Followed(
        off=(centroid(digit) - clips.position[:, :, 0]).norm(dim=-1).mean(1),
        edge=alike.mean(1),
        read=(found == clips.digit).float().mean(1),
        said=(found == said[:, None]).float().mean(1),
        colour=(colours(video) == asked[:, None]).float().mean(1),
        background=change.sum(1) / weight.sum(1).clamp(min=1) if frames > 1 else torch.zeros(len(video)),
    )


def colours(video: Float[Tensor, "b c t h w"]) -> Tensor:
    """Of each frame the place in COLOURS of what its digit is nearest to: the mean over the brightest fifth of its pixels."""
    brightness = video.amax(1).flatten(2)  # b t n
    inked = brightness >= brightness.quantile(0.95, dim=2, keepdim=True)
    pixels = ((video + 1) / 2).movedim(1, 2).flatten(3)  # b t c n
    mean = (pixels * inked[:, :, None]).sum(3) / inked.sum(2)[:, :, None]
    return torch.cdist(mean, torch.tensor(list(COLOURS.values()))).argmin(2)


def background_changes(video: Float[Tensor, "b c t h w"]) -> tuple[Float[Tensor, "b steps"], Float[Tensor, "b steps"]]:
    """From each frame to the next: the change, summed over what is background in both, and how many pixels that are."""
    behind = 1 - bright(video)[:, 0]
    both = behind[:, 1:] * behind[:, :-1]
    return ((video.diff(dim=2) / 2).abs().mean(1) * both).sum((2, 3)), both.sum((2, 3))

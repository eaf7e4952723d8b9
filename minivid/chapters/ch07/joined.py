"""Films on black by a control and a motion module, and whether what moves in them stays one thing (tests/chapters/ch07/test_joined.py).

`motion-digits` learnt eight frames of a digit on black, each frame's noise its own: so are these films.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.controlnet import controlled
from minivid.chapters.ch07.counted import cut_out
from minivid.chapters.ch07.films import GUIDANCE, STEPS
from minivid.chapters.ch07.followed import reader
from minivid.chapters.ch07.steered import pair
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion.guidance import guided
from minivid.diffusion.samplers import ddim, sample
from minivid.metrics.reader import ABSTAIN
from minivid.motion.trajectories import centroid
from minivid.nn.attention import keys
from minivid.nn.condition import Cond

WORLD: World = replace(zoo.recipe("motion-digits").worlds[0], split="heldout")
"""What the module has seen, in handwriting that no network here has."""


@dataclass(frozen=True)
class Kept:
    """Of each clip. Shares and cosines from 0 to 1, brightness from 0 to 1."""

    same: Bool[Tensor, "b"]
    """One digit is read on every frame, whichever."""
    alike: Float[Tensor, "b"]
    """The cosine of the digit's brightness with itself in the next frame, both cut out around their own centre: the mean. It is about shape."""
    flicker: Float[Tensor, "b"]
    """How much a pixel of that cut, in colour, changes from a frame to the next: the mean. It is about shape and light."""


def kept(video: Float[Tensor, "b c t h w"]) -> Kept:
    """Clips of one digit. A digit that moves and does not change has 1, 1 and, up to what is between pixels, 0."""
    digit = cut_out(video)
    read, cut = reader().read(digit), around_the_centre(digit)
    light = cut.amax(1).flatten(2)  # b t n
    return Kept(
        same=(read == read[:, :1]).all(1) & (read[:, 0] != ABSTAIN),
        alike=F.cosine_similarity(light[:, 1:], light[:, :-1], dim=2).mean(1),
        flicker=cut.diff(dim=2).abs().mean((1, 2, 3, 4)),
    )


def around_the_centre(digit: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t s s"]:
    """A digit on black, cut out around the centre of its ink, as large as the world's digits; brightness from 0 to 1."""
    b, _, t, h, w = digit.shape
    offset = torch.arange(WORLD.digit_size) - (WORLD.digit_size - 1) / 2
    where = centroid(digit).reshape(b * t, 1, 1, 2) + torch.stack(torch.meshgrid(offset, offset, indexing="xy"), -1)
    grid = (where + 0.5) / torch.tensor([w, h]) * 2 - 1  # half-pixel centres
    frames = ((digit + 1) / 2).transpose(1, 2).flatten(0, 1)
    return F.grid_sample(frames, grid, align_corners=False).unflatten(0, (b, t)).transpose(1, 2)


def joined(
    steerer: zoo.Model,
    module: zoo.Model | None,
    captions: list[str],
    control: Float[Tensor, "b k t h w"] | None,
    policy: keys.Keys = keys.itself,
    seed: int = 0,
    one_noise: bool = False,
    frames: int = WORLD.frames,
) -> Float[Tensor, "b c t h w"]:
    """Clips of the captions by the image model and, where they are given, a control and a motion module; cut to ±1.

    one_noise: all frames begin from the first one's.
    """
    image, control_net = pair(steerer)
    network = controlled(module.network if module else image, control_net, policy)
    shape = (len(captions), steerer.shape[0], frames, *steerer.shape[2:])
    z = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    z = z[:, :, :1].expand_as(z) if one_noise else z
    cond = Cond(*tokenize(captions), control=control)
    return sample(ddim(guided(network, GUIDANCE), z, steerer.schedule, steerer.objective, STEPS, cond)).clamp(-1, 1)

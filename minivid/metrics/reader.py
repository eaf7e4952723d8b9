"""A reader of digits for generated clips, fitted in a second to handwriting that they were not made of (chapters 3, 7 and 8).

It looks at the frame around the centre of its ink, so it tells what the digit is and not where. It is a support vector machine of
scikit-learn: measuring is a well-kept library's work.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from sklearn.svm import SVC
from torch import Tensor

from minivid.data.captions import parse
from minivid.data.world import World
from minivid.motion.trajectories import centroid, first_velocity, ink

CROP = 10  # samples along each side of the crop, one for each of the digit's own 8 and one more around
ABSTAIN = -1


@dataclass(frozen=True)
class DigitReader:
    """`read(video)` names the digit in every frame. Made by `fit_reader`."""

    world: World
    machine: SVC
    least_ink: float

    def read(self, video: Float[Tensor, "b c t h w"]) -> Int[Tensor, "b t"]:
        """The digit in each frame, or −1 where there is too little ink to be one."""
        crops = crop(video, self.world.side)
        b, t = crops.shape[:2]
        digit = torch.from_numpy(self.machine.predict(crops.reshape(b * t, -1).numpy())).reshape(b, t)
        return torch.where(ink(video).sum((2, 3)) < self.least_ink, ABSTAIN, digit)


def crop(video: Float[Tensor, "b c t h w"], side: float) -> Float[Tensor, "b t p p"]:
    """The digit cut out around the centre of its ink and scaled to unit length, so that brightness does not count."""
    b, _, t, h, w = video.shape
    middle = centroid(video).reshape(b * t, 1, 1, 2)
    offset = (torch.arange(CROP) - (CROP - 1) / 2) * side / 8
    where = middle + torch.stack(torch.meshgrid(offset, offset, indexing="xy"), dim=-1)
    grid = (where + 0.5) / torch.tensor([w, h]) * 2 - 1  # half-pixel centres
    pixels = F.grid_sample(ink(video).reshape(b * t, 1, h, w), grid, align_corners=False)
    return F.normalize(pixels.reshape(b, t, -1), dim=-1).reshape(b, t, CROP, CROP)


def fit_reader(world: World, seed: int = 0, clips: int = 2000, split: str = "heldout") -> DigitReader:
    """Fit a reader to clips of the world in one split's handwriting. One digit, grey or colour, on black.

    split: held-out by default, which no model was trained on. What was shown held-out handwriting, and may have copied it, is read by
    "train": else the reader knows those very strokes.
    """
    seen = replace(world, split=split, frames=3, digits=1).sample(clips, (seed, 0))
    crops = crop(seen.video, world.side)
    machine = SVC(C=10.0, gamma=2.0).fit(
        crops.reshape(-1, CROP**2).numpy(), seen.digit.expand(-1, 3).reshape(-1).numpy()
    )
    return DigitReader(world, machine, least_ink=0.5 * ink(seen.video).sum((2, 3)).min().item())


@dataclass(frozen=True)
class Agreement:
    """Which clips do what their captions say, one truth value a clip."""

    digit_always: Bool[Tensor, "n"]
    """The captioned digit is read on every frame."""
    same_digit: Bool[Tensor, "n"]
    """One and the same digit is read on every frame, whichever."""
    direction: Bool[Tensor, "n"]
    """The first steps go where the caption says."""
    speed: Bool[Tensor, "n"]
    """The first steps are as quick as the caption says; True where it says nothing."""

    def rates(self) -> dict[str, float]:
        """The share of clips, by name."""
        return {name: value.float().mean().item() for name, value in vars(self).items()}


def agreement(video: Float[Tensor, "n c t h w"], captions: list[str], reader: DigitReader) -> Agreement:
    """Hold clips of one digit against their captions. Real clips do not reach 1 either: compare with theirs."""
    said = [parse(caption)[0] for caption in captions]
    digit = torch.tensor([motion.digit for motion in said])
    read = reader.read(video)
    seen = reader.world.words(first_velocity(centroid(video)))
    return Agreement(
        digit_always=(read == digit[:, None]).all(1),
        same_digit=(read == read[:, :1]).all(1) & (read[:, 0] != ABSTAIN),
        direction=torch.tensor([motion.direction == way for motion, (way, _) in zip(said, seen, strict=True)]),
        speed=torch.tensor([motion.speed in (None, pace) for motion, (_, pace) in zip(said, seen, strict=True)]),
    )

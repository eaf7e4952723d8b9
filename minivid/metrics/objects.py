"""What stays what it is: digits counted, told apart, followed and compared with themselves (chapter 8).

For clips of bright things on black. Whatever is not found is counted as not found: every measure comes with its rate of failure.
Checked by tests/metrics/test_objects.py against the simulator's truth.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Int
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from minivid.metrics.reader import ABSTAIN, DigitReader
from minivid.motion.trajectories import centroid, ink

DARK = 0.25
"""Ink below this belongs to no digit: a sampler's haze."""
WITHIN_A_FRAME = np.stack([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))])
"""Pixels that touch, also by a corner, belong together; frames do not."""


@dataclass(frozen=True)
class Found:
    """Connected pieces of ink, frame by frame: those heavy enough to be a digit, the heaviest first."""

    label: Int[Tensor, "b t h w"]
    """The number of the piece that each pixel belongs to, from 1 on; 0 is ground."""
    number: Int[Tensor, "b t m"]
    """The pieces of each frame, by their number; 0 fills the row."""
    place: Float[Tensor, "b t m 2"]
    """Their centres (x, y) in pixels; nan where there is none."""

    @property
    def count(self) -> Int[Tensor, "b t"]:
        """How many digits each frame has."""
        return (self.number > 0).sum(2)


def find(video: Float[Tensor, "b c t h w"], least: float, dark: float = DARK) -> Found:
    """Connected components of ink (8-neighbours) with at least `least` of ink each, in units of one full pixel.

    Digits that touch are one piece, and a digit in two strokes may be two: real clips do not count right always either.
    """
    brightness = ink(video)
    b, t, h, w = brightness.shape
    frames = brightness.reshape(b * t, h, w).numpy()
    label, many = ndimage.label(frames > dark, WITHIN_A_FRAME)
    flat, weight = label.reshape(-1), frames.reshape(-1)
    mass = np.bincount(flat, weight, many + 1)
    frame = np.searchsorted(
        np.maximum.accumulate(label.max((1, 2))), np.arange(many + 1)
    )  # pieces are numbered in order
    heavy = np.flatnonzero(mass >= least)
    heavy = heavy[heavy > 0]
    heavy = heavy[np.lexsort((-mass[heavy], frame[heavy]))]
    row = frame[heavy]
    rank = np.arange(len(heavy)) - np.searchsorted(row, row)  # place in its own frame's row
    number = np.zeros((b * t, max(1, rank.max(initial=0) + 1)), dtype=np.int64)
    number[row, rank] = heavy
    place = np.full((*number.shape, 2), np.nan, dtype=np.float32)
    for side, position in enumerate((np.arange(w)[None, None], np.arange(h)[None, :, None])):
        moment = np.bincount(flat, (frames * position).reshape(-1), many + 1)
        place[row, rank, side] = moment[heavy] / mass[heavy]
    m = number.shape[1]
    return Found(
        torch.from_numpy(label).long().reshape(b, t, h, w),
        torch.from_numpy(number).reshape(b, t, m),
        torch.from_numpy(place).reshape(b, t, m, 2),
    )


def follow(found: Found, digits: int) -> Int[Tensor, "b t k"]:
    """Which piece each of k digits is in each frame: an index into `found.number`, or −1 where fewer were found.

    From the first frame with k pieces on, and back from there, digits go to the pieces nearest to where steady motion would
    bring them, all at once (Kuhn 1955, by scipy). A clip that never shows k pieces is followed from its fullest frame.
    """
    places = found.place.double().numpy()
    count = found.count.clamp(max=digits)
    start = (count == count.amax(1, keepdim=True)).int().argmax(1).tolist()
    who = np.full((*places.shape[:2], digits), -1, dtype=np.int64)
    for clip, begin in enumerate(start):
        here = min(int(count[clip, begin]), digits)
        who[clip, begin, :here] = np.arange(here)
        for way in (1, -1):
            at = np.full((digits, 2), np.nan)
            at[:here] = places[clip, begin, :here]
            speed, frame = np.zeros((digits, 2)), begin + way
            while 0 <= frame < places.shape[1]:
                pieces = places[clip, frame][~np.isnan(places[clip, frame, :, 0])]
                expected = at + speed
                # A digit not seen yet may be any piece, at a cost that prefers those seen before.
                cost = np.linalg.norm(expected[:, None] - pieces, axis=2)
                cost = np.nan_to_num(cost, nan=1e3)
                for digit, piece in zip(*linear_sum_assignment(cost), strict=True):
                    who[clip, frame, digit] = piece
                    if not np.isnan(at[digit, 0]):
                        speed[digit] = pieces[piece] - at[digit]
                    at[digit] = pieces[piece]
                frame += way
    return torch.from_numpy(who)


def isolate(video: Float[Tensor, "b c t h w"], digits: int, least: float) -> list[Float[Tensor, "b c t h w"]]:
    """One video a digit: the others, and all that is no digit, painted black. Frames in which it was not found are black."""
    found = find(video, least)
    who = follow(found, digits)
    alone = []
    for digit in range(digits):
        index = who[..., digit]
        number = found.number.gather(2, index.clamp(min=0)[..., None])[..., 0]
        number = torch.where(index >= 0, number, -1)
        mine = (found.label == number[..., None, None])[:, None]
        alone.append(torch.where(mine, video, torch.full_like(video, -1)))
    return alone


@dataclass(frozen=True)
class Identity:
    """Which digit a clip shows, frame by frame, and how faithfully."""

    digit: Int[Tensor, "b"]
    """The digit read most often; −1 where none was read at all."""
    persistence: Float[Tensor, "b"]
    """The share of the read frames that show it; nan where none was read."""
    abstained: Float[Tensor, "b"]
    """The share of frames without a reading."""


def identity(video: Float[Tensor, "b c t h w"], reader: DigitReader) -> Identity:
    """Read the digit in every frame, and say how far the frames agree. A slip of the reader counts as the clip's: compare with real clips."""
    read = reader.read(video)
    votes = torch.stack([(read == digit).sum(1) for digit in range(10)], dim=1)
    most, digit = votes.max(1)
    seen = (read != ABSTAIN).sum(1)
    return Identity(
        digit=torch.where(seen > 0, digit, ABSTAIN),
        persistence=torch.where(seen > 0, most / seen.clamp(min=1), torch.nan),
        abstained=1 - seen / read.shape[1],
    )


def aligned(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t h w"]:
    """The ink of each frame, moved so that its centre stands in the middle of the picture."""
    brightness = ink(video)
    _, t, h, w = brightness.shape
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    pixels = torch.stack([x - (w - 1) / 2, y - (h - 1) / 2], dim=-1)
    where = rearrange(centroid(video), "b t xy -> (b t) 1 1 xy") + pixels
    grid = (where + 0.5) / torch.tensor([w, h]) * 2 - 1
    frames = F.grid_sample(rearrange(brightness, "b t h w -> (b t) 1 h w"), grid, align_corners=False)
    return rearrange(frames, "(b t) 1 h w -> b t h w", t=t)


def appearance(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b"]:
    """How much the ink changes its looks: the mean distance between any two frames, centres aligned, over their mean length.

    0 for a thing that only moves by whole pixels; about 1.4 for frames that share nothing.
    """
    frames = aligned(video).flatten(2)
    t = frames.shape[1]
    if t < 2:
        raise ValueError("looks change between frames; these clips have one.")
    apart = torch.cdist(frames, frames).sum((1, 2)) / (t * (t - 1))
    return apart / frames.norm(dim=2).mean(1).clamp(min=1e-6)


def mass_flicker(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b"]:
    """How much the amount of ink goes up and down: its standard deviation over time by its mean. Ink does not come and go."""
    mass = ink(video).sum((2, 3))
    return mass.std(1, correction=0) / mass.mean(1).clamp(min=1e-6)


def count_right(found: Found, digits: int) -> Bool[Tensor, "b t"]:
    """Which frames have as many digits as they should."""
    return found.count == digits

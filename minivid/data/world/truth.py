"""Clips and all that is known about them.

Pixel centres stand at whole numbers: (0, 0) is the middle of the upper left pixel, so positions can be drawn over
`imshow` as they are. A digit's position is the centre of mass of its ink.

Chapter 0. Checked by tests/data/test_truth.py.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

SEEN = 1 / 16
"""A layer is the top-most one at a pixel when it covers at least this share of it and no nearer layer does."""


@dataclass(frozen=True)
class Clips:
    """n clips of k digits in t frames of h x w pixels, with their exact truth."""

    video: Float[Tensor, "n c t h w"]
    """In [-1, 1]; c is 1 for grey and 3 for colour."""
    caption: list[str]
    digit: Int[Tensor, "n k"]
    """The numerals, in the caption's order."""
    index: Int[Tensor, "n k"]
    """Which picture of the world's handwriting, `digits.load(split)` or `mnist.mnist(split)`, each of them is."""
    position: Float[Tensor, "n t k 2"]
    """Centre of mass of the ink at each frame: x to the right, y down, in pixels."""
    velocity: Float[Tensor, "n t k 2"]
    """Pixels per frame, at the instant of each frame."""
    angle: Float[Tensor, "n t k"]
    """Radians, clockwise on the screen."""
    size: Float[Tensor, "n t k"]
    """Side of the digit's box in pixels."""
    depth: Int[Tensor, "n k"]
    """Rank of each digit in depth; 0 is nearest and hides the others."""
    pan: Float[Tensor, "n 2"]
    """Velocity of the camera over the background, in pixels per frame."""
    mask: Float[Tensor, "n layers t h w"]
    """Share of each pixel at which a layer is seen: digits in the caption's order, the background last. Sums to one."""
    bounce: Float[Tensor, "n k m"]
    """When each digit meets a wall, in frames, in no order; infinity fills the row."""
    audio: Float[Tensor, "n samples"] | None = None
    """The sound in [-1, 1], 8,000 samples a second, when the world has it."""

    def __len__(self) -> int:
        return len(self.video)

    def __getitem__(self, which: int | slice) -> "Clips":
        """Some of the clips, as Clips: `clips[:4]`; one clip is a batch of one: `clips[3]`."""
        if isinstance(which, int):
            if not -len(self) <= which < len(self):
                raise IndexError(f"There are {len(self)} clips; there is no clip {which}.")
            which = slice(which, which + 1 or None)
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return Clips(**{name: part if part is None else part[which] for name, part in parts.items()})

    @cached_property
    def layer(self) -> Int[Tensor, "n t h w"]:
        """The top-most layer at each pixel: a digit's place in the caption, or k for the background."""
        n, k = self.digit.shape
        top = torch.full_like(self.mask[:, 0], k, dtype=torch.long)
        for rank in reversed(range(k)):  # the nearest is written last
            who = (self.depth == rank).int().argmax(1)
            cover = self.mask[torch.arange(n), who]
            top = torch.where(cover >= SEEN, who[:, None, None, None], top)
        return top

    def _pixels(self) -> Float[Tensor, "h w 2"]:
        h, w = self.video.shape[-2:]
        y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        return torch.stack([x, y], -1).float()

    @cached_property
    def flow(self) -> Float[Tensor, "n steps 2 h w"]:
        """How the point seen at each pixel of frame i moves until frame i+1: (dx, dy) in pixels, x right and y down.

        It is the motion of the top-most layer: a digit's own (with its turning and growing), or the background's.
        `backward_warp(frame i+1, flow i)` is frame i, but for interpolation, where `occluded` is False.
        """
        n, t, _ = self.angle.shape
        here = self._pixels()[None, None, None]  # 1 1 1 h w 2
        turn = (self.angle[:, 1:] - self.angle[:, :-1])[..., None, None]
        grow = (self.size[:, 1:] / self.size[:, :-1])[..., None, None]
        arm = here - self.position[:, :-1, :, None, None]  # n t-1 k h w 2, from the digit's centre
        turned = torch.stack(
            [arm[..., 0] * turn.cos() - arm[..., 1] * turn.sin(), arm[..., 0] * turn.sin() + arm[..., 1] * turn.cos()],
            -1,
        )
        digits = self.position[:, 1:, :, None, None] + grow[..., None] * turned - here
        still = -self.pan[:, None, None, None, None].expand(n, t - 1, 1, *digits.shape[3:])
        motions = torch.cat([digits, still], 2)  # n t-1 k+1 h w 2
        who = self.layer[:, :-1, None, :, :, None].expand(-1, -1, -1, -1, -1, 2)
        return motions.gather(2, who)[:, :, 0].movedim(-1, 2).contiguous()

    @cached_property
    def backward_flow(self) -> Float[Tensor, "n steps 2 h w"]:
        """How the point seen at each pixel of frame i+1 lay in frame i, from there: `backward_warp(frame i, backward_flow i)` is frame i+1.

        It is the flow of the same clips run backwards.
        """
        run = {name: getattr(self, name).flip(1) for name in ("position", "angle", "size")}
        back = replace(self, video=self.video.flip(2), mask=self.mask.flip(2), pan=-self.pan, **run)
        return back.flow.flip(1)

    @cached_property
    def occluded(self) -> Bool[Tensor, "n steps h w"]:
        """True where the point seen in frame i is hidden in frame i+1, by a nearer digit or by the picture's edge."""
        n, k = self.digit.shape
        t, h, w = self.video.shape[2:]
        rank = torch.cat([self.depth, torch.full((n, 1), k)], 1)  # n k+1, the background is farthest
        nearer = (rank[:, None] < rank[:, :, None]).float()  # n (of layer) (by layer)
        cover = torch.einsum("nij,njthw->nithw", nearer, self.mask)[:, :, 1:]  # n k+1 t-1 h w
        x, y = (self._pixels().movedim(-1, 0) + self.flow).unbind(2)  # n t-1 h w: where each point will be
        grid = torch.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], -1).flatten(0, 1)
        there = F.grid_sample(cover.transpose(1, 2).flatten(0, 1), grid, padding_mode="border", align_corners=False)
        there = there.unflatten(0, (n, t - 1))  # n t-1 k+1 h w
        hidden = there.gather(2, self.layer[:, :-1, None])[:, :, 0] > SEEN
        return hidden | (x < 0) | (x > w - 1) | (y < 0) | (y > h - 1)

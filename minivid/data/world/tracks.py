"""Tracks: where every digit is, how it is turned and how large, at any time of a clip, between its own walls.

Chapter 0. Checked by tests/data/test_world.py.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data.glyphs import Glyphs
from minivid.data.world.draw import Cast
from minivid.data.world.dynamics import Number, Path, leg, span
from minivid.data.world.options import BEFORE, CLEAR, Options


@dataclass(frozen=True)
class Walls:
    """Between which places each digit's centre may be, so that its ink stays in the picture."""

    low: Float[Tensor, "n k 2"]
    high: Float[Tensor, "n k 2"]


@dataclass(frozen=True)
class Shape:
    """How digits turn and grow."""

    spin: Float[Tensor, "n k"]
    """Radians per frame."""
    growth: Float[Tensor, "n k"]
    """Logarithm of the factor per frame."""

    def angle(self, times: Float[Tensor, " t"]) -> Float[Tensor, "n k t"]:
        return self.spin[..., None] * times

    def factor(self, times: Float[Tensor, " t"]) -> Float[Tensor, "n k t"]:
        return torch.exp(self.growth[..., None] * times)


def draw_shape(world: Options, n: int, stream: torch.Generator) -> Shape:
    """Each digit's turning and growing, uniform up to the world's limits, either way."""
    spin, growth = 2 * torch.rand(2, n, world.digits, generator=stream, dtype=torch.float64) - 1
    return Shape(spin * math.radians(world.rotation), growth * math.log(world.scale) / max(world.frames - 1, 1))


def walls(world: Options, shapes: Glyphs, cast: Cast, shape: Shape) -> Walls:
    """The walls for the centre of each digit, at the largest size and at any angle that it will have."""
    ends = torch.tensor([0.0, world.frames - 1.0], dtype=torch.float64)
    side = world.side * shape.factor(ends).amax(-1, keepdim=True)
    low, high = shapes.low[cast.glyph], shapes.high[cast.glyph]
    if world.rotation:
        high = shapes.radius[cast.glyph][..., None].expand(-1, -1, 2)
        low = -high
    end = torch.tensor([world.width, world.height]) - 0.5
    return Walls(-0.5 - side * low, end - side * high)


@dataclass(frozen=True)
class Tracks:
    """Where every digit is, in one leg or two."""

    world: Options
    cast: Cast
    walls: Walls
    start: Float[Tensor, "n k leg 2"]

    def _leg(self, which: int, times: Float[Tensor, " t"], until: Number) -> Path:
        ends = (self.start[:, :, which], self.cast.velocity[:, :, which], self.walls.low, self.walls.high)
        return leg(*ends, times, until, self.world.gravity, self.world.drag)

    def follow(self, times: Float[Tensor, " t"]) -> Path:
        """The paths (`n k 2 t`) at any times up to half a frame after the last, and the bounces (`n k m`) on the way."""
        end, turn = self.world.frames - 0.5, self.world.turn
        if self.start.shape[2] == 1:
            return self._leg(0, times, end)
        before = self._leg(0, times.clamp(max=turn), turn)
        after = self._leg(1, (times - turn).clamp(min=0), end - turn)
        return Path(
            torch.where(times < turn, before.position, after.position),
            torch.where(times < turn, before.velocity, after.velocity),
            torch.cat([before.bounce, after.bounce + turn], -1),
            torch.cat([before.impact, after.impact], -1),
        )


def draw_tracks(world: Options, cast: Cast, between: Walls, stream: torch.Generator) -> Tracks:
    """Start every digit at a place, uniform among those from which it meets no wall in its first steps.

    Where something changes half-way, places are drawn again until the steps after the change are free as well.
    """

    def region(which: int, before: float, after: float | int) -> tuple[Tensor, Tensor]:
        least, most = span(cast.velocity[:, :, which], -before, after, world.gravity, world.drag)
        return between.low - least, between.high - most

    low, high = region(0, BEFORE, CLEAR)
    place = torch.rand(low.shape, generator=stream, dtype=torch.float64)
    start = low + place * (high - low)
    if world.change is None:
        return Tracks(world, cast, between, start[:, :, None])

    turn = torch.tensor([float(world.turn)], dtype=torch.float64)
    free_low, free_high = region(1, 0.0, min(CLEAR, world.frames - 1 - world.turn))
    for _ in range(500):
        ends = (start, cast.velocity[:, :, 0], between.low, between.high)
        middle = leg(*ends, turn, world.turn, world.gravity, world.drag).position[..., 0]
        fits = (middle >= free_low) & (middle <= free_high)
        if fits.all():
            return Tracks(world, cast, between, torch.stack([start, middle], 2))
        place = torch.rand(low.shape, generator=stream, dtype=torch.float64)
        start = torch.where(fits, start, low + place * (high - low))
    raise ValueError(
        "No start was found from which a digit meets no wall in its first steps nor in those after the change: "
        "take a larger picture, a smaller digit_size, or less speed."
    )

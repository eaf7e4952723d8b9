"""The world: its options, and how clips are made of them.

Chapter 0. Checked by tests/data/test_world.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data import digits as digits_module
from minivid.data.captions import DIRECTIONS, SPEEDS
from minivid.data.digits import Split, glyphs
from minivid.data.world import draw
from minivid.data.world.draw import Cast, Seed
from minivid.data.world.dynamics import fold
from minivid.data.world.render import coverage, stack
from minivid.data.world.truth import Clips

CLEAR = 2.0
"""Frames after the start in which no wall is met, so that a caption's direction is what is seen."""


def _need(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


@dataclass(frozen=True)
class World:
    """Handwritten digits that move between elastic walls. Lengths are pixels, times are frames.

    Raises ValueError, with a sentence, for options that make no world.
    """

    frames: int = 8
    size: int | tuple[int, int] = 16
    """Height and width of the picture, or one number for both."""
    digits: int = 1
    """How many digits in each clip: 1 to 3, of different classes."""
    split: Split = "train"
    classes: tuple[int, ...] = tuple(range(10))
    """The numerals that are drawn when no caption names them."""
    digit_size: float | None = None
    """Side of a digit's 8x8 box; by default 7/16 of the picture's shorter side, at least 8."""
    directions: tuple[str, ...] = ("left", "right", "up", "down")
    slowly: tuple[float, float] = (0.4, 0.8)
    quickly: tuple[float, float] = (1.2, 1.8)
    """Speeds that a speed word may mean, in pixels per frame."""

    def __post_init__(self) -> None:
        digits_module.check_split(self.split)

    @property
    def height(self) -> int:
        return self.size if isinstance(self.size, int) else self.size[0]

    @property
    def width(self) -> int:
        return self.size if isinstance(self.size, int) else self.size[1]

    @property
    def side(self) -> float:
        """Side of a digit's box in pixels."""
        return float(self.digit_size or max(8, min(self.height, self.width) * 7 // 16))

    def sample(self, n: int, seed: Seed, caption: str | Sequence[str] | None = None) -> Clips:
        """n clips with their truth. The same seed gives the same bytes, and torch's own random state is left alone.

        `seed` is a whole number or a tuple of them, such as (seed, step). `caption`, one for all or one for each clip,
        decides what it names; chance decides the rest. Raises ValueError for a caption that this world cannot obey.
        """
        _need(n >= 0, f"A sample has n >= 0 clips; this is n={n}.")
        told = draw.read(caption, n, self.digits)
        stream = draw.generator(seed, "motion")
        cast = self._cast(n, told, stream)
        shapes = glyphs(self.split)

        times = torch.arange(self.frames, dtype=torch.float64)
        low, high = self._walls(cast)
        start = self._start(cast, low, high, stream)
        free = start[:, None] + cast.velocity[:, None, :, 0] * times[:, None, None]
        position, sign = fold(free, low[:, None], high[:, None])
        velocity = cast.velocity[:, None, :, 0] * sign
        position, velocity = position.float(), velocity.float()
        size = torch.full(position.shape[:3], self.side)

        glyph = cast.glyph.flatten()
        alpha = coverage(
            shapes.bitmap[glyph],
            shapes.centre[glyph],
            position.transpose(1, 2).flatten(0, 1),
            size.transpose(1, 2).flatten(0, 1),
            self.height,
            self.width,
        ).unflatten(0, (n, self.digits))
        front = (cast.depth[:, None] < cast.depth[:, :, None]).float()
        mask = stack(alpha.transpose(1, 2), front)
        brightness = 1 - 0.3 * cast.depth.float()
        image = (mask[:, :-1] * brightness[:, :, None, None, None]).sum(1, keepdim=True)
        return Clips(
            video=image * 2 - 1,
            caption=cast.captions(),
            digit=cast.digit,
            index=shapes.index[cast.glyph],
            position=position,
            velocity=velocity,
            angle=torch.zeros(size.shape),
            size=size,
            depth=cast.depth,
            pan=torch.zeros(n, 2),
            mask=mask,
        )

    def _cast(self, n: int, told: list | None, stream: torch.Generator) -> Cast:
        shape = (n, self.digits)
        words = list(DIRECTIONS)
        digit = torch.tensor(self.classes)[draw.choose(len(self.classes), shape, stream)]
        ways = torch.tensor([words.index(word) for word in self.directions])
        direction = ways[torch.randint(len(ways), shape, generator=stream)]
        speed_word = torch.randint(len(SPEEDS), shape, generator=stream)
        depth = draw.choose(self.digits, shape, stream)
        if told:
            digit = draw.obey(digit, [[motion.digit for motion in motions] for motions in told])
            direction = draw.obey(
                direction, [[words.index(motion.direction) for motion in motions] for motions in told]
            )
            speed_word = draw.obey(
                speed_word, [[motion.speed and SPEEDS.index(motion.speed) for motion in motions] for motions in told]
            )
        slowest, fastest = torch.tensor([self.slowly, self.quickly], dtype=torch.float64).unbind(1)
        share = torch.rand(shape, generator=stream, dtype=torch.float64)
        speed = slowest[speed_word] + share * (fastest - slowest)[speed_word]
        unit = torch.tensor(list(DIRECTIONS.values()), dtype=torch.float64)
        velocity = unit[direction] * speed[..., None]
        glyph = draw.pick_glyph(digit, glyphs(self.split), stream)
        return Cast(digit, glyph, direction[..., None], speed_word[..., None], velocity[:, :, None], depth)

    def _walls(self, cast: Cast) -> tuple[Float[Tensor, "n k 2"], Float[Tensor, "n k 2"]]:
        """Where each digit's centre may be so that its ink stays inside the picture."""
        shapes = glyphs(self.split)
        end = torch.tensor([self.width, self.height]) - 0.5
        low = -0.5 - self.side * shapes.low[cast.glyph].double()
        return low, end - self.side * shapes.high[cast.glyph].double()

    def _start(self, cast: Cast, low: Tensor, high: Tensor, stream: torch.Generator) -> Float[Tensor, "n k 2"]:
        way = cast.velocity[:, :, 0] * CLEAR
        low, high = low - way.clamp(max=0), high - way.clamp(min=0)
        return low + torch.rand(low.shape, generator=stream, dtype=torch.float64) * (high - low)

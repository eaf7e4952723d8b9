"""What chance decides in a clip: digits, directions, speeds, start, order in depth; and what a caption decides instead.

Every quantity is drawn for every clip before a caption overrules it, so a caption changes what it names and nothing else.
Checked by tests/data/test_world.py.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from minivid.data.captions import DIRECTIONS, SPEEDS, Motion, parse, write
from minivid.data.digits import Glyphs

Seed = int | tuple[int, ...]


def generator(seed: Seed, purpose: str) -> torch.Generator:
    """A random stream of its own for each seed and purpose, so that one option's draws never shift another's.

    Raises ValueError for a seed that is not made of whole numbers from 0 on.
    """
    numbers = seed if isinstance(seed, tuple) else (seed,)
    if not numbers or any(isinstance(s, bool) or not isinstance(s, int) or s < 0 for s in numbers):
        raise ValueError(
            f"A seed is a whole number from 0 on, or a tuple of them such as (seed, step); this is {seed!r}."
        )
    state = np.random.SeedSequence((*numbers, len(numbers), zlib.crc32(purpose.encode())))
    return torch.Generator().manual_seed(int(state.generate_state(1, np.uint64)[0] >> 1))


@dataclass(frozen=True)
class Cast:
    """Who plays and what they do. `leg` is 1, or 2 when something changes half-way."""

    digit: Int[Tensor, "n k"]
    glyph: Int[Tensor, "n k"]
    """Which of the split's glyphs."""
    direction: Int[Tensor, "n k leg"]
    """Places in DIRECTIONS."""
    speed_word: Int[Tensor, "n k leg"]
    """Places in SPEEDS."""
    velocity: Float[Tensor, "n k leg 2"]
    """Pixels per frame, at the beginning of each leg."""
    depth: Int[Tensor, "n k"]

    def captions(self) -> list[str]:
        """The caption of each clip."""
        words, paces = tuple(DIRECTIONS), SPEEDS
        lines = []
        for digits, ways, speeds in zip(
            self.digit.tolist(), self.direction.tolist(), self.speed_word.tolist(), strict=True
        ):
            motions = [
                Motion(
                    digit, tuple(words[i] for i in dict.fromkeys(way)), tuple(paces[i] for i in dict.fromkeys(speed))
                )
                for digit, way, speed in zip(digits, ways, speeds, strict=True)
            ]
            lines.append(write(motions))
        return lines


def choose(many: int, shape: tuple[int, int], stream: torch.Generator) -> Int[Tensor, "n k"]:
    """k different ones out of `many`, in random order, for each of n clips."""
    return torch.rand(shape[0], many, generator=stream).argsort(1)[:, : shape[1]]


def read(caption: str | Sequence[str] | None, n: int, digits: int) -> list[tuple[Motion, ...]] | None:
    """The captions that n clips have to obey, parsed.

    Raises ValueError when there are not n of them or one does not speak of `digits` digits.
    """
    if caption is None:
        return None
    captions = [caption] * n if isinstance(caption, str) else list(caption)
    if len(captions) != n:
        raise ValueError(f"{n} clips need one caption or {n}; these are {len(captions)}.")
    known = {line: parse(line) for line in set(captions)}
    for line, motions in known.items():
        if len(motions) != digits:
            raise ValueError(
                f'"{line}" speaks of {len(motions)} digits and this world has {digits}: use World(digits={len(motions)}).'
            )
    return [known[line] for line in captions]


def obey(drawn: Int[Tensor, "n k"], told: list[list[int | None]]) -> Int[Tensor, "n k"]:
    """What was drawn, but for what the captions name."""
    wish = torch.tensor([[-1 if one is None else one for one in row] for row in told])
    return torch.where(wish >= 0, wish, drawn)


def pick_glyph(digit: Int[Tensor, "n k"], glyphs: Glyphs, stream: torch.Generator) -> Int[Tensor, "n k"]:
    """A picture of each numeral, any of the split's with equal chance."""
    chance = torch.rand(digit.shape, generator=stream)
    return glyphs.first[digit] + (chance * glyphs.count[digit]).long().minimum(glyphs.count[digit] - 1)

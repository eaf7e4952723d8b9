"""What chance decides about the cast of a clip: digits, directions, speeds, depth; and what a caption decides instead.

Every quantity is drawn for every clip before a caption overrules it, so a caption changes what it names and nothing else.

Chapter 0. Checked by tests/data/test_world.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minivid.data.captions import COLOURS, DIRECTIONS, SPEEDS, Motion, parse, write
from minivid.data.glyphs import Glyphs
from minivid.data.world.options import Options

WAYS, HUES = tuple(DIRECTIONS), tuple(COLOURS)


@dataclass(frozen=True)
class Cast:
    """Who plays and what they do. There is one leg, or two when something changes half-way."""

    digit: Int[Tensor, "n k"]
    glyph: Int[Tensor, "n k"]
    """Which of the split's glyphs."""
    direction: Int[Tensor, "n k leg"]
    """Places in DIRECTIONS."""
    speed: Int[Tensor, "n k leg"]
    """Places in SPEEDS."""
    velocity: Float[Tensor, "n k leg 2"]
    """Pixels per frame, at the beginning of each leg."""
    depth: Int[Tensor, "n k"]
    """0 is nearest."""
    colour: Int[Tensor, "n k"]
    """Places in COLOURS."""

    def captions(self, coloured: bool) -> list[str]:
        """The caption of each clip."""
        parts = (self.digit, self.direction, self.speed, self.colour)
        return [
            write(
                [
                    Motion(
                        digit,
                        tuple(WAYS[way] for way in dict.fromkeys(ways)),
                        tuple(SPEEDS[pace] for pace in dict.fromkeys(paces)),
                        HUES[hue] if coloured else None,
                    )
                    for digit, ways, paces, hue in zip(*clip, strict=True)
                ]
            )
            for clip in zip(*(part.tolist() for part in parts), strict=True)
        ]


def read(caption: str | Sequence[str] | None, n: int, world: Options) -> list[tuple[Motion, ...]] | None:
    """The captions that n clips have to obey, parsed.

    Raises ValueError when there are not n of them, or when one asks for what this world does not do.
    """
    if caption is None:
        return None
    captions = [caption] * n if isinstance(caption, str) else list(caption)
    if len(captions) != n:
        raise ValueError(f"{n} clips need one caption or {n}; these are {len(captions)}.")
    known = {line: parse(line) for line in dict.fromkeys(captions)}
    for line, motions in known.items():
        if len(motions) != world.digits:
            raise ValueError(
                f'"{line}" speaks of {len(motions)} digit(s) and this world has {world.digits}: '
                f"use World(digits={len(motions)})."
            )
        for motion in motions:
            if motion.colour and not world.colour:
                raise ValueError(f'"{line}" names a colour and this world is grey: use World(colour=True).')
            for what, words in (("direction", motion.directions), ("speed", motion.speeds)):
                if len(words) == 2 and world.change != what:
                    raise ValueError(f'"{line}" changes its {what}, this world does not: use World(change="{what}").')
                if len(words) == 1 and world.change == what:
                    raise ValueError(
                        f'"{line}" must say both, "first ..., then ...": this world changes {what} half-way.'
                    )
    return [known[line] for line in captions]


def _obey(drawn: Int[Tensor, "*shape"], told: Sequence[Any]) -> Int[Tensor, "*shape"]:
    """What was drawn, but for what is told (-1: nothing is)."""
    wish = torch.tensor(told, dtype=torch.long).reshape(drawn.shape)
    return torch.where(wish >= 0, wish, drawn)


def _places(words: tuple[str, ...], among: Sequence[str], legs: int) -> list[int]:
    places = [among.index(word) for word in words] or [-1]
    return (places * legs)[:legs]


def _choose(many: int, n: int, k: int, stream: torch.Generator) -> Int[Tensor, "n k"]:
    """k different ones out of `many`, in random order, for each of n clips."""
    return torch.rand(n, many, generator=stream).argsort(1)[:, :k]


def _draw_words(
    words: tuple[str, ...],
    among: Sequence[str],
    shape: tuple[int, int],
    changes: bool,
    legs: int,
    stream: torch.Generator,
) -> Int[Tensor, "n k leg"]:
    """A word for each leg: the same one, or two different ones."""
    first = torch.randint(len(words), shape, generator=stream)
    step = torch.randint(1, max(len(words), 2), shape, generator=stream)
    each = torch.stack([first, (first + step) % len(words) if changes else first][:legs], -1)
    return torch.tensor([among.index(word) for word in words])[each]


def cast(
    world: Options, shapes: Glyphs, n: int, told: list[tuple[Motion, ...]] | None, stream: torch.Generator
) -> Cast:
    """Draw the cast of n clips, and let the captions overrule what they name."""
    k, legs = world.digits, 2 if world.change else 1
    digit = torch.tensor(world.classes)[_choose(len(world.classes), n, k, stream)]
    direction = _draw_words(world.directions, WAYS, (n, k), world.change == "direction", legs, stream)
    speed = _draw_words(world.speeds, SPEEDS, (n, k), world.change == "speed", legs, stream)
    share = torch.rand(n, k, 1, generator=stream, dtype=torch.float64)
    chance = torch.rand(n, k, generator=stream)
    depth = _choose(k, n, k, stream)
    colour = _choose(len(HUES), n, k, stream)
    if told:
        motions = [motion for clip in told for motion in clip]
        digit = _obey(digit, [motion.digit for motion in motions])
        direction = _obey(direction, [_places(motion.directions, WAYS, legs) for motion in motions])
        speed = _obey(speed, [_places(motion.speeds, SPEEDS, legs) for motion in motions])
        colour = _obey(colour, [HUES.index(motion.colour) if motion.colour else -1 for motion in motions])
    least, most = torch.tensor([getattr(world, word) for word in SPEEDS], dtype=torch.float64).unbind(1)
    pace = least[speed] + share * (most - least)[speed]
    velocity = torch.tensor(list(DIRECTIONS.values()), dtype=torch.float64)[direction] * pace[..., None]
    count = shapes.count[digit]
    glyph = shapes.first[digit] + (chance * count).long().minimum(count - 1)
    return Cast(digit, glyph, direction, speed, velocity, depth, colour)

"""Captions: a closed little language in which every clip of the world can be described exactly.

    a 3 moves right, slowly
    a red 8 moves left, quickly and a blue 5 moves up, slowly
    a 3 moves first right, then up, slowly
    a 3 moves right, first slowly, then quickly

Commas and case carry no meaning, "an" is "a", and colour and speed may be left out. Chapter 3.
Checked by tests/data/test_captions.py.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from minivid.tools.nearest import did_you_mean

_D = math.sqrt(0.5)
DIRECTIONS: dict[str, tuple[float, float]] = {
    "left": (-1.0, 0.0),
    "right": (1.0, 0.0),
    "up": (0.0, -1.0),
    "down": (0.0, 1.0),
    "up-left": (-_D, -_D),
    "up-right": (_D, -_D),
    "down-left": (-_D, _D),
    "down-right": (_D, _D),
}
"""Unit vector of each direction word: x to the right, y downwards."""

SPEEDS = ("slowly", "quickly")
"""The speed words, in order of speed. What they mean in pixels per frame is the world's to say."""

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (1.0, 0.25, 0.22),
    "orange": (1.0, 0.62, 0.13),
    "yellow": (1.0, 0.94, 0.3),
    "green": (0.25, 0.88, 0.35),
    "cyan": (0.25, 0.9, 1.0),
    "blue": (0.33, 0.5, 1.0),
    "purple": (0.76, 0.42, 1.0),
    "pink": (1.0, 0.55, 0.78),
}
"""Red, green and blue of each colour word, in [0, 1]."""

PADDING = ""
VOCABULARY: tuple[str, ...] = (
    PADDING,
    *("a", "moves", "first", "then", "and"),
    *map(str, range(10)),
    *DIRECTIONS,
    *SPEEDS,
    *COLOURS,
)
"""Every word there is; a token is a place in this tuple. Token 0 is padding and stands only where the mask is False."""

_TOKEN = {word: token for token, word in enumerate(VOCABULARY) if word} | {"an": VOCABULARY.index("a")}
_GRAMMAR = '"a [colour] DIGIT moves DIRECTION, [SPEED]", joined by "and"; "first ..., then ..." for a change half-way'


@dataclass(frozen=True)
class Motion:
    """What a caption says of one digit. A second direction or speed is what holds from half-way on."""

    digit: int
    directions: tuple[str, ...]
    speeds: tuple[str, ...] = ()
    colour: str | None = None

    @property
    def direction(self) -> str:
        """The direction at the start."""
        return self.directions[0]

    @property
    def speed(self) -> str | None:
        """The speed word at the start, or None when the caption names none."""
        return self.speeds[0] if self.speeds else None


def _words(caption: str) -> list[str]:
    words = re.findall(r"[^\s,.]+", caption.lower())
    for word in words:
        if word not in _TOKEN:
            hint = did_you_mean(word, filter(None, VOCABULARY), most=3, like=0.5)
            raise ValueError(f'The caption "{caption}" has the word "{word}", which the vocabulary lacks; {hint}')
    return words


def tokenize(
    captions: Sequence[str], length: int | None = None
) -> tuple[Int[Tensor, "n length"], Bool[Tensor, "n length"]]:
    """Tokens of each caption, padded with 0 to `length` (the longest caption's by default, at least 1), and True where a word stands.

    Raises ValueError for an unknown word, naming it and its nearest neighbours, and when a caption exceeds `length`.
    """
    if isinstance(captions, str):
        raise ValueError(f'tokenize takes a list of captions, not one string: write tokenize(["{captions}"]).')
    rows = [_words(caption) for caption in captions]
    longest = max((len(row) for row in rows), default=0)
    length = max(1, longest) if length is None else length  # a row of no width is no row for any network
    if longest > length:
        raise ValueError(f"The longest caption has {longest} words; length={length} leaves no room for them.")
    tokens = [[_TOKEN[word] for word in row] + [0] * (length - len(row)) for row in rows]
    mask = [[True] * len(row) + [False] * (length - len(row)) for row in rows]
    shape = (len(rows), length)
    return torch.tensor(tokens, dtype=torch.long).reshape(shape), torch.tensor(mask, dtype=torch.bool).reshape(shape)


def detokenize(tokens: Int[Tensor, "n length"], mask: Bool[Tensor, "n length"]) -> list[str]:
    """The words of each row, joined by spaces, without commas."""
    rows = zip(tokens.tolist(), mask.tolist(), strict=True)
    return [" ".join(VOCABULARY[token] for token, on in zip(*row, strict=True) if on) for row in rows]


def _ordered(words: list[str], choices: Sequence[str] | dict) -> tuple[str, ...] | None:
    """Eat one choice, or "first" choice "then" choice, from the front of `words`; None when neither stands there."""
    if words[:1] and words[0] in choices:
        return (words.pop(0),)
    if (
        len(words) >= 4
        and words[0] == "first"
        and words[2] == "then"
        and words[1] != words[3]
        and words[1] in choices
        and words[3] in choices
    ):
        found = (words[1], words[3])
        del words[:4]
        return found
    return None


def _parse_one(words: list[str]) -> Motion | None:
    words = list(words)
    if words[:1] not in (["a"], ["an"]):
        return None
    words.pop(0)
    colour = words.pop(0) if words[:1] and words[0] in COLOURS else None
    if not words or not words[0].isdigit() or words[1:2] != ["moves"]:
        return None
    digit = int(words[0])
    del words[:2]
    directions = _ordered(words, DIRECTIONS)
    speeds = _ordered(words, SPEEDS) or ()
    return Motion(digit, directions, speeds, colour) if directions and not words else None


def parse(caption: str) -> tuple[Motion, ...]:
    """What a caption says, digit by digit.

    Raises ValueError for an unknown word, and for known words that do not make a caption.
    """
    clauses: list[list[str]] = [[]]
    for word in _words(caption):
        if word == "and":
            clauses.append([])
        else:
            clauses[-1].append(word)
    motions = [_parse_one(clause) for clause in clauses]
    if not all(motions):
        raise ValueError(f'"{caption}" is not a caption of this world. A caption reads {_GRAMMAR}.')
    return tuple(motion for motion in motions if motion)


def _path(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"first {words[0]}, then {words[1]}"


def write(motions: Sequence[Motion]) -> str:
    """The caption that says this: `parse(write(motions)) == motions`."""
    clauses = []
    for motion in motions:
        name = f"{motion.colour} {motion.digit}" if motion.colour else str(motion.digit)
        article = "an" if name.startswith(("8", "orange")) else "a"
        speed = f", {_path(motion.speeds)}" if motion.speeds else ""
        clauses.append(f"{article} {name} moves {_path(motion.directions)}{speed}")
    return " and ".join(clauses)

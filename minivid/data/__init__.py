"""Data: handwritten digits, the world in which they move, captions, and the way between video tensors and bytes.

clips = World().sample(32, seed=0)          # clips.video: 32 1 8 16 16 in [-1, 1]
tokens, mask = tokenize(clips.caption)
"""

from minivid.data.captions import COLOURS, DIRECTIONS, SPEEDS, VOCABULARY, Motion, detokenize, parse, tokenize, write
from minivid.data.digits import Digits, load
from minivid.data.video import from_uint8, to_uint8
from minivid.data.world import SAMPLE_RATE, Clips, World

__all__ = [
    "COLOURS",
    "DIRECTIONS",
    "SAMPLE_RATE",
    "SPEEDS",
    "VOCABULARY",
    "Clips",
    "Digits",
    "Motion",
    "World",
    "detokenize",
    "from_uint8",
    "load",
    "parse",
    "to_uint8",
    "tokenize",
    "write",
]

"""Patches under dials: the same clip cut into tokens of several sizes, and what attention over them costs (chapter 5).

Tests in tests/chapters/ch05/widgets/test_patches.py.
"""

from collections.abc import Sequence

import ipywidgets as w
import numpy as np
from einops import rearrange
from jaxtyping import UInt8
from torch import Tensor

from minivid.course.widgets.dial import dial, render_strip, strip_scale
from minivid.show.frames import read
from minivid.show.style import Picture, look

WIDTH, EDGE, TALL = 884, 8, 104
LARGER = 3  # a pixel
LINE = (120, 170, 255)  # of the cuts
Patch = tuple[int, int]


def patch_dial(clip: Tensor, frames: int = 2, pixels: int = 8) -> w.VBox:
    """Dials over frames and pixels of a patch: the first clip of `b c t h w`, each token's first frame, cut as it is."""
    t, side = clip.shape[2], min(clip.shape[3:])
    controls = {
        "frames": w.SelectionSlider(options=_divisors(t), value=frames, description="frames"),
        "pixels": w.SelectionSlider(options=_divisors(side), value=pixels, description="pixels"),
    }
    return dial(lambda frames, pixels: patch_dial_still(clip, ((frames, pixels),)), **controls)


def patch_dial_still(clip: Tensor, patches: Sequence[Patch] = ((1, 4), (2, 4), (2, 8), (4, 16))) -> Picture:
    """The static twin of `patch_dial`: a row for each size of patch."""
    with look():
        picture = Picture(WIDTH, 10 + len(patches) * (TALL + 34))
        for i, patch in enumerate(patches):
            top = 8 + i * (TALL + 34)
            picture.write(EDGE, top, words(clip, patch), fontsize=10)
            strip = cut(read(clip)[0], patch)
            k = strip_scale(len(strip), *strip.shape[1:3], WIDTH - 2 * EDGE, TALL)
            render_strip(picture, EDGE, top + 20, strip, k)
    return picture


def tokens(clip: Tensor, patch: Patch) -> int:
    """How many tokens the first clip has."""
    t, h, w = clip.shape[2:]
    return (t // patch[0]) * (h // patch[1]) * (w // patch[1])


def words(clip: Tensor, patch: Patch) -> str:
    """Tokens, what each holds, and the scores of one head of full attention."""
    n, each = tokens(clip, patch), clip.shape[1] * patch[0] * patch[1] ** 2
    return f"{patch[0]} frame{'s' * (patch[0] > 1)} × {patch[1]}×{patch[1]} pixels: {n:,} tokens of {each:,} numbers; {n * n:,} scores a head, if each looks at all"


def cut(frames: UInt8[np.ndarray, "t h w c"], patch: Patch, room: int = 1) -> UInt8[np.ndarray, "n h1 w1 3"]:
    """The first frame of each token, enlarged, with lines between the tokens."""
    shown = frames[:: patch[0]][:8]
    shown = shown.repeat(3 // shown.shape[-1], 3)  # the lines have a colour
    big = shown.repeat(LARGER, 1).repeat(LARGER, 2)
    side = LARGER * patch[1]
    cells = rearrange(big, "n (h p) (w q) c -> n h w p q c", p=side, q=side)
    padded = np.pad(cells, ((0, 0),) * 3 + ((0, room), (0, room), (0, 0)), constant_values=0)
    padded[:, :, :, side:] = LINE
    padded[:, :, :, :, side:] = LINE
    return rearrange(padded, "n h w p q c -> n (h p) (w q) c")


def _divisors(n: int) -> list[int]:
    return [d for d in (1, 2, 4, 8, 16) if n % d == 0]

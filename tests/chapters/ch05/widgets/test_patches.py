"""The patch dial: what is drawn is the clip, and the numbers are those of its patches."""

import numpy as np
import torch

from minivid.chapters.ch05.widgets import patch_dial, patch_dial_still
from minivid.chapters.ch05.widgets.patches import cut, tokens, words
from minivid.nn.transformer import patchify
from minivid.show.frames import read

CLIP = torch.rand(1, 1, 4, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_the_numbers_are_those_of_the_patches():
    for patch in ((1, 2), (2, 8), (4, 16)):
        found = patchify(CLIP, patch)
        n = found[0, ..., 0].numel()
        assert tokens(CLIP, patch) == n
        assert f"{n:,} tokens of {found.shape[-1]:,} numbers; {n * n:,} scores" in words(CLIP, patch)


def test_a_cut_frame_is_the_frame_with_lines_between():
    frames = read(CLIP)[0]
    drawn = cut(frames, (2, 8), room=2)  # a pixel is drawn as 3 × 3
    assert drawn.shape == (2, 2 * 26, 2 * 26, 3)
    np.testing.assert_array_equal(drawn[1, 26 + 6, 3], frames[2, 10, 1].repeat(3))


def test_the_dials_redraw_and_the_twin_has_a_row_for_each():
    widget = patch_dial(CLIP, 2, 8)
    (frames, pixels), image = widget.children[0].children, widget.children[1]
    before = bytes(image.value)
    pixels.value = 4
    assert bytes(image.value) != before and frames.value == 2
    picture = patch_dial_still(CLIP, ((1, 4), (2, 8)))
    assert len([axes for axes in picture.axes if axes.images]) == 2

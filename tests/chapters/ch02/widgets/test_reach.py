"""The viewer draws the maps that it is given: blue where reached, the touched frame outlined."""

import numpy as np
import pytest
import torch

from minivid.chapters.ch02.widgets.reach import NOT_REACHED, REACHED, reach_viewer, reach_viewer_still

MAPS = {
    "past": torch.ones(4, 4, dtype=torch.bool).tril().mT[..., None, None].expand(4, 4, 6, 5),
    "own": torch.eye(4, dtype=torch.bool)[..., None, None].expand(4, 4, 6, 5),
}


def strips(picture):
    return [axes.images[0].get_array() for axes in picture.axes]


def test_blue_is_where_the_touched_frame_arrives():
    past, own = strips(reach_viewer_still(MAPS, frame=1))
    k = past.shape[0] // 6
    for strip, frames in ((past, [1, 2, 3]), (own, [1])):
        for frame in range(4):
            corner = strip[0, frame * (5 * k + 4)]
            assert tuple(corner[:3]) == (REACHED if frame in frames else NOT_REACHED)


def test_it_counts_and_outlines():
    picture = reach_viewer_still(MAPS, frame=2)
    words = [text.get_text() for text in picture.texts]
    assert {"past", "60 of 120 places", "own", "30 of 120 places", "frame 2 is touched"} <= set(words)
    for axes in picture.axes:
        (box,) = axes.patches
        assert box.get_x() > 0.5 * axes.images[0].get_array().shape[1] - 6


def test_the_controls_redraw():
    widget = reach_viewer(MAPS)
    (block, frame), image = widget.children[0].children, widget.children[1]
    seen = [bytes(image.value)]
    block.value = "own"
    seen.append(bytes(image.value))
    frame.value = 0
    seen.append(bytes(image.value))
    assert len(set(seen)) == 3


def test_the_page_holds_it():
    picture = reach_viewer_still({f"block {i}": torch.ones(12, 12, 12, 12) for i in range(11)}, frame=0)
    assert picture.pixels[0] <= 840 and np.prod(picture.pixels) < 840 * 900


def test_what_cannot_be_drawn_is_a_sentence():
    with pytest.raises(ValueError, match="nothing to look at"):
        reach_viewer({})
    with pytest.raises(ValueError, match="expected a map for each touched frame"):
        reach_viewer({"x": torch.ones(3, 4, 4)})
    with pytest.raises(ValueError, match="frame 4 cannot be touched; there are frames 0 to 3"):
        reach_viewer_still(MAPS, 4)

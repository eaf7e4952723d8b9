"""The diagram says what the network did: shapes from a real pass, skips where they are, what a part was handed."""

import torch

from minivid.chapters.ch03.figures.diagram import show_unet, trace
from minivid.nn import Cond, UNet, UNetConfig
from minivid.show.style import PAGE

CLIP, LEVEL = torch.zeros(1, 1, 4, 16, 16), torch.zeros(1)
CAPTION = Cond(torch.ones(1, 3, dtype=torch.long), torch.ones(1, 3, dtype=torch.bool))


def network(**changes) -> UNet:
    return UNet(UNetConfig(widths=(16, 32), heads=2, vocabulary=5, dim_text=8, **changes))


def test_shapes_are_those_that_passed():
    found = trace(network(), CLIP, LEVEL, CAPTION)
    assert [box.shape for box in found.down] == [
        "1 × 4 × 16 × 16",
        "4 → 16 × 4 × 8 × 8",
        "16 × 4 × 8 × 8",
        "16 → 32 × 4 × 4 × 4",
        "32 × 4 × 4 × 4",
    ]
    assert found.up[0].shape == "64 → 32 × 4 × 4 × 4", "what comes from below and over the skip connection"
    assert found.up[-1].after == tuple(CLIP.shape[1:])
    assert found.given == {"embed": (1, 4, 64), "words": (1, 1, 4, 8), "bias": (2, 4, 4)}


def test_each_part_of_a_stage_says_what_it_was_told():
    stage = trace(network(), CLIP, LEVEL, CAPTION).stage
    assert [(box.name.split(":")[0], box.told) for box in stage] == [
        ("block", ("embed",)),
        ("place", ()),
        ("spatial", ()),
        ("cross", ("words",)),
        ("temporal", ("bias",)),
    ]
    without = trace(UNet(UNetConfig(widths=(16,), heads=2, temporal=False)), CLIP, LEVEL)
    assert [box.name.split(":")[0] for box in without.stage] == ["block", "place", "spatial"]


def test_a_skip_for_each_stage_on_the_way_down_and_no_hook_left():
    unet = network(blocks=2)
    picture = show_unet(unet, CLIP, LEVEL, CAPTION)
    words = [text.get_text() for text in picture.axes[0].texts]
    assert [word for word in words if word.startswith("skip")] == ["skip, 32", "skip, 32", "skip, 16", "skip, 16"]
    assert picture.pixels[0] == PAGE
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in unet.modules())

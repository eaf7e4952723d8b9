"""The chapter's own pictures: whom a token listens to by its place, and who sees whom in a pack."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.course.widgets.attention import COLOURS
from minivid.show.style import SOFT, Picture, look

SIDE, GAP, EDGE, TOP = 150, 26, 64, 60


def place_maps(maps: Mapping[str, Float[Tensor, "h w"]], heading: str) -> Picture:
    """A map a name: how well a token fits the others, by how far they are away; the middle is itself. One scale for all, up to 1."""
    low = math.floor(10 * min(values.min().item() for values in maps.values())) / 10
    with look():
        picture = Picture(EDGE + len(maps) * (SIDE + GAP) + 56, TOP + SIDE + 44)
        picture.write(8, 8, heading, fontsize=12, fontweight="bold")
        for i, (name, values) in enumerate(maps.items()):
            axes = picture.axes_at(EDGE + i * (SIDE + GAP), TOP, SIDE, SIDE)
            h, w = values.shape
            image = axes.imshow(values, cmap=COLOURS, vmin=low, vmax=1, extent=(-w / 2, w / 2, h / 2, -h / 2))
            axes.set_title(name, fontsize=9)
            axes.set_xticks([-5, 0, 5])
            axes.set_yticks([-5, 0, 5])
            axes.set(xlabel="columns away", ylabel="rows away" if i == 0 else "")
            axes.grid(False)
            if i:
                axes.set_yticklabels([])
        bar = picture.axes_at(EDGE + len(maps) * (SIDE + GAP), TOP, 10, SIDE)
        picture.colorbar(image, cax=bar, ticks=[low, (low + 1) / 2, 1]).outline.set_visible(False)
    return picture


def mask_picture(masks: Mapping[str, Bool[Tensor, "n n"]], sides: Sequence[tuple[int, int, int]]) -> Picture:
    """Who sees whom: dark where a row's token sees a column's; the lines are where one clip ends and the next begins."""
    side = 230
    ends = torch.tensor([t * h * w for t, h, w in sides]).cumsum(0)[:-1] - 0.5
    with look():
        picture = Picture(EDGE + len(masks) * (side + 60), 40 + side + 44)
        for i, (name, mask) in enumerate(masks.items()):
            axes = picture.axes_at(EDGE + i * (side + 60), 40, side, side)
            axes.imshow(mask.float(), cmap="Blues", vmin=0, vmax=1.3, interpolation="nearest")
            for end in ends.tolist():
                axes.axhline(end, color=SOFT, linewidth=0.8)
                axes.axvline(end, color=SOFT, linewidth=0.8)
            axes.set_title(name, fontsize=11)
            axes.set(xlabel="token looked at", ylabel="token that looks" if i == 0 else "")
            axes.grid(False)
    return picture

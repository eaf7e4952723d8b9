"""Training a super-resolution: the denoising loss of what a small clip lacks, the small clip beside it (chapter 6; tests/test_enlarging.py).

No caption is read: what a small clip shows says more than its words.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from minivid.adapt.supers import MOST, missing, shown_small, smaller
from minivid.batches import Batches, in_turns
from minivid.data.world import World
from minivid.diffusion.objective import Denoising
from minivid.nn.condition import Cond
from minivid.tools.seeds import generator


@dataclass(frozen=True)
class Enlarging(Denoising):
    """`loss(model, (x, cond), step)`: the denoising loss of what is missing, its condition the clip at half the size, noised by a level that is told."""

    def batches(self, *worlds: World) -> Batches:
        """What small clips lack, and what is shown of them; the level is drawn for each clip, from 0 to MOST."""

        def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
            video = torch.cat([part.video for part in in_turns(worlds, n, seed)])
            chance = generator(seed, "small")
            level = MOST * torch.rand(n, generator=chance)
            return missing(video), shown_small(smaller(video), level, torch.randn(video.shape, generator=chance))

        return draw

"""A pool of clips as they are found, good and bad, and chapter 1's filters, which sort it: what image to clip is trained on (chapter 6).

Blattmann et al. 2023, "Stable Video Diffusion", sec. 3 and 4. Checked by tests/chapters/ch06/test_curated.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.batches import Batches
from minivid.chapters.ch06.clips import WORLD
from minivid.chapters.ch06.svd import FAST, LONG, of_clips
from minivid.metrics.curation import cuts, flow_score, looks
from minivid.motion.flow import estimate_flow
from minivid.nn.condition import Cond
from minivid.tools.seeds import generator

DEFECTS = ("cut", "still", "dull")
SHARE = 0.3
"""How much of the pool has each defect; one says nothing of another, so that about a third of all clips has none."""
DULL = 0.35
"""What is left of a dull clip's contrast."""


@dataclass(frozen=True)
class Pool:
    """Clips `n c t h w`, how fast each digit goes (pixels in 1/FAST of a second), and what is wrong with them, a column for each of DEFECTS."""

    video: Float[Tensor, "n c t h w"]
    speed: Float[Tensor, "n"]
    wrong: Bool[Tensor, "n 3"]

    def __getitem__(self, rows: slice | Tensor) -> "Pool":
        return Pool(self.video[rows], self.speed[rows], self.wrong[rows])

    def __len__(self) -> int:
        return len(self.speed)


def found(n: int, seed: int | tuple[int, ...]) -> Pool:
    """n clips, two or more, as they are found: of some the second part is another clip's, some stand still, some are dull."""
    frames, chance = WORLD.frames, generator(seed, "pool")
    clips = LONG.sample(n, seed)
    video, speed = clips.video[:, :, :frames], clips.velocity[:, 0, 0].norm(dim=-1).float()
    cut, still, dull = torch.rand(3, n, generator=chance) < SHARE
    video = torch.where(each(still), video[:, :, :1], video)
    begins = torch.randint(2, frames - 1, (n,), generator=chance)
    after = torch.arange(frames) >= begins[:, None]  # n t
    video = torch.where(each(cut) & after[:, None, :, None, None], video.roll(1, 0), video)
    video = torch.where(each(dull), DULL * (video + 1) - 1, video)
    return Pool(video, torch.where(still, 0.0, speed), torch.stack([cut, still, dull], dim=1))


def each(which: Bool[Tensor, "n"]) -> Bool[Tensor, "n 1 1 1 1"]:
    """A yes or no for every pixel of a clip."""
    return which[:, None, None, None, None]


@dataclass(frozen=True)
class Filters:
    """Chapter 1's filters at thresholds for these clips, chosen by looking at another draw of the pool."""

    cut: float = 2.0
    least: float = 0.01
    still: float = 0.004
    looks: float = 0.22

    def flags(self, video: Float[Tensor, "n c t h w"]) -> Bool[Tensor, "n 3"]:
        """What they take for cut, still and dull."""
        cut = cuts(video, self.cut, self.least)
        flow = estimate_flow(video, method="farneback")
        return torch.stack([cut.any(1), flow_score(flow, ~cut) < self.still, looks(video) < self.looks], dim=1)


def kept(n: int, seed: int | tuple[int, ...], filters: Filters = Filters()) -> Pool:
    """The first n clips of the pool that no filter flags."""
    parts, have, turn = [], 0, 0
    while have < n:
        pool = found(4 * n, (*((seed,) if isinstance(seed, int) else seed), turn))
        parts.append(pool[~filters.flags(pool.video).any(1)])
        have, turn = have + len(parts[-1]), turn + 1
    return together(parts)[slice(n)]


def together(parts: list[Pool]) -> Pool:
    """One pool of several."""
    return Pool(*(torch.cat([getattr(part, name) for part in parts]) for name in ("video", "speed", "wrong")))


def best(n: int, seed: int) -> Pool:
    """n clips of which a person has seen that nothing is wrong with them: here, the truth is asked."""
    pool = found(8 * n, (seed, 99))
    return pool[~pool.wrong.any(1)][slice(n)]


def lessons(source: Callable[[int, tuple[int, ...]], Pool]) -> Batches:
    """Training's batches out of a source of clips."""

    def draw(n: int, seed: tuple[int, ...]) -> tuple[Float[Tensor, "n c t h w"], Cond]:
        pool = source(n, seed)
        return pool.video, of_clips(pool.video, FAST, pool.speed, generator(seed, "told"))

    return draw


def few(pool: Pool) -> Callable[[int, tuple[int, ...]], Pool]:
    """A source that has these clips and no others."""
    return lambda n, seed: pool[torch.randint(len(pool), (n,), generator=generator(seed, "few"))]

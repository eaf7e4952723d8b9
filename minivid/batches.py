"""What a training step eats: functions `(n, seed) -> (clips, condition)` (chapter 3; tests/test_batches.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor

from minivid.data.captions import tokenize
from minivid.data.world import Clips, World
from minivid.nn.condition import Cond

if TYPE_CHECKING:  # a reader of video files is loaded by those who read them
    from minivid.data.clips import VideoFolder

Batches = Callable[[int, tuple[int, ...]], tuple[Tensor, Cond | None]]


def in_turns(worlds: Sequence[World], n: int, seed: tuple[int, ...]) -> list[Clips]:
    """n clips of worlds that take turns, with their truth: the first world's share, then the second's, and so on."""
    return [
        world.sample(len(range(turn, n, len(worlds))), (*seed, turn)) for turn, world in enumerate(worlds) if turn < n
    ]


def clips_of(*worlds: World) -> Batches:
    """Clips with their captions: video `n c t h w`, tokens `n l`.

    Several worlds of one size take turns in a batch. Worlds of different sizes take turns from step to step, the second number of the
    seed, and of larger clips there are fewer: n over the root of how much larger they are, between equal clips and equal work.
    """
    sizes = [(3 if world.colour else 1, world.frames, world.height, world.width) for world in worlds]

    def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
        if len(set(sizes)) == 1:
            parts = in_turns(worlds, n, seed)
        else:
            turn = seed[1] % len(worlds)
            larger = math.prod(sizes[turn][1:]) / min(math.prod(size[1:]) for size in sizes)
            parts = [worlds[turn].sample(max(1, round(n / larger**0.5)), seed)]
        captions = [caption for part in parts for caption in part.caption]
        return torch.cat([part.video for part in parts]), Cond(*tokenize(captions))

    return draw


def clips_in(folder: VideoFolder) -> Batches:
    """Clips of a folder of real videos, without captions: video `n c t h w`."""
    return lambda n, seed: (folder.sample(n, seed), None)


def joint_clips_of(world: World, images: int) -> Batches:
    """Clips with `images` independent frames packed behind each, as Ho et al. 2022 train (sec. 3): video `n c t+images h w`.

    Each image is the first frame of another clip and keeps that clip's caption, so tokens are `n t+images l`.
    """
    if images < 1:
        raise ValueError(f"images is {images}; a joint batch needs at least one a clip (clips_of(world) has none).")

    def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
        clips, stills = world.sample(n, (*seed, 0)), world.sample(n * images, (*seed, 1))
        tokens, mask = tokenize(clips.caption + stills.caption)

        def per_frame(words: Tensor) -> Tensor:
            of_clips = words[:n, None].expand(-1, world.frames, -1)
            return torch.cat([of_clips, rearrange(words[n:], "(n k) l -> n k l", n=n)], dim=1)

        frames = rearrange(stills.video[:, :, 0], "(n k) c h w -> n c k h w", n=n)
        return torch.cat([clips.video, frames], dim=2), Cond(per_frame(tokens), per_frame(mask), images)

    return draw

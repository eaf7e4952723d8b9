"""Whose keys and values a frame looks at: pure functions of keys `(b t) n c` and the number of frames t, to `(b t) m c`.

Space attention over its own frame, the sparse-causal attention of Tune-A-Video, Text2Video-Zero's first frame, ControlVideo's all
frames and TokenFlow's key frames differ in nothing else. Checked by tests/nn/test_attention.py.
"""

from collections.abc import Callable

import torch
from einops import rearrange, repeat
from jaxtyping import Shaped
from torch import Tensor

Keys = Callable[[Tensor, int], Tensor]


def itself(x: Shaped[Tensor, "bt n c"], frames: int) -> Shaped[Tensor, "bt n c"]:
    """Its own."""
    return x


def first_frame(x: Shaped[Tensor, "bt n c"], frames: int) -> Shaped[Tensor, "bt n c"]:
    """The first frame's, for every frame (Khachatryan et al. 2023, "Text2Video-Zero")."""
    return _of(x, frames, [[0]] * frames)


def first_and_previous(x: Shaped[Tensor, "bt n c"], frames: int) -> Shaped[Tensor, "bt m c"]:
    """The first frame's and those of the one before (Wu et al. 2023, "Tune-A-Video"); before the first stands itself."""
    return _of(x, frames, [[0, max(i - 1, 0)] for i in range(frames)])


def all_frames(x: Shaped[Tensor, "bt n c"], frames: int) -> Shaped[Tensor, "bt m c"]:
    """Every frame's (Zhang et al. 2023, "ControlVideo")."""
    return _of(x, frames, [list(range(frames))] * frames)


def key_frames(*chosen: int) -> Keys:
    """Those of the chosen frames, for every frame (Geyer et al. 2023, "TokenFlow"). Raises ValueError for a frame that is not there."""

    def of_key_frames(x: Shaped[Tensor, "bt n c"], frames: int) -> Shaped[Tensor, "bt m c"]:
        if not chosen or not all(0 <= i < frames for i in chosen):
            raise ValueError(f"the key frames are {list(chosen)}; expected at least one of 0 to {frames - 1}.")
        return _of(x, frames, [list(chosen)] * frames)

    return of_key_frames


def words(x: Shaped[Tensor, "captions l c"], frames: int) -> Shaped[Tensor, "bt l c"]:
    """A caption's words, for each of the `frames` that share it."""
    return repeat(x, "captions l c -> (captions t) l c", t=frames)


def _of(x: Tensor, frames: int, whose: list[list[int]]) -> Tensor:
    """For each frame the keys of the frames in its row."""
    clips = rearrange(x, "(b t) n c -> b t n c", t=frames)
    return rearrange(clips[:, torch.tensor(whose)], "b t k n c -> (b t) (k n) c")

"""What a denoiser may be told besides the noisy clip and its noise level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Cond:
    """The condition of a batch. In `model(z, t, cond)`, `None` means: none at all (the unconditional model).

    tokens: word numbers of the captions, `b l` (one caption a clip) or `b t l` (one a frame, for joint image-and-video batches).
    token_mask: True where there is a word; a row of False is an absent caption, and equals `None` for that clip.
    images: how many of the clip's last frames are independent images, which no other frame may look at.
    r: the log-SNR, one a clip, at which a step from t ends: asked is the average velocity of the way there (MeanFlow, chapter 4), and
    no network but one that was built for it (`average`) is told. `None`, or t itself, asks for the velocity at t.
    control: pictures, one a frame, that say where things are (edges, masks), in [0, 1]: for a network with a ControlNet beside it.
    known: what is known of each frame, beside the noisy clip: other frames, masks, a smaller picture. `None` is zeros.
    numbers: what is said of a clip as a whole, such as frames per second. `None`: nothing is said.
    content: a picture's embedding, of one like which the clip is to look. `None` is zeros, and so is a row for a clip without.
    """

    tokens: Int[Tensor, "b l"] | Int[Tensor, "b t l"] | None = None
    token_mask: Bool[Tensor, "b l"] | Bool[Tensor, "b t l"] | None = None
    images: int = 0
    r: Float[Tensor, "b"] | None = None
    control: Float[Tensor, "b k t h w"] | None = None
    known: Float[Tensor, "b k t h w"] | None = None
    numbers: Float[Tensor, "b n"] | None = None
    content: Float[Tensor, "b d"] | None = None

    def __post_init__(self):
        if (self.tokens is None) != (self.token_mask is None):
            raise ValueError("Cond needs tokens and token_mask together: `Cond(*captions.tokenize(texts))` gives both.")
        if self.tokens is not None and self.tokens.shape != self.token_mask.shape:
            raise ValueError(
                f"tokens {tuple(self.tokens.shape)} and token_mask {tuple(self.token_mask.shape)} must have one shape."
            )

    def keep(self, which: Bool[Tensor, "b"]) -> Cond:
        """The same condition without caption and content of the clips that are False in `which`: what guidance needs in training."""
        kept = {}
        if self.tokens is not None:
            shape = [-1] + [1] * (self.tokens.ndim - 1)
            kept["token_mask"] = self.token_mask & which.reshape(shape)
        if self.content is not None:
            kept["content"] = self.content * which[:, None]
        return replace(self, **kept)

    def __getitem__(self, rows: slice | Bool[Tensor, "b"]) -> Cond:
        """The condition of some of the clips."""
        return self._each(lambda part: part[rows])

    def of_frames(self, which: slice | list[int]) -> Cond:
        """The condition of some of the frames: what is said of the clip as a whole stays."""
        parts = {name: getattr(self, name) for name in ("control", "known")}
        each = {name: part[:, :, which] for name, part in parts.items() if part is not None}
        if self.tokens is not None and self.tokens.ndim == 3:
            each |= {"tokens": self.tokens[:, which], "token_mask": self.token_mask[:, which]}
        return replace(self, **each)

    def to(self, device: torch.device | str) -> Cond:
        """The same condition on another device."""
        return self._each(lambda part: part.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Cond:
        """The same with another tensor in the place of each."""
        names = ("tokens", "token_mask", "r", "control", "known", "numbers", "content")
        parts = {name: getattr(self, name) for name in names}
        return replace(self, **{name: change(part) for name, part in parts.items() if part is not None})

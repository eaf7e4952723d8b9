"""What other people's networks are told: the noise level as their time step, the caption by a reader of its words (tests/benchmarks)."""

import math

import torch
from einops import repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.data.captions import VOCABULARY
from minivid.nn.condition import Cond
from minivid.nn.text import TransformerEncoder

HEADS_TEXT = 4
"""Heads of the caption reader, which its width must be a multiple of."""


def timestep(logsnr: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    """The step in [0, 1000] that has this log-SNR on the cosine schedule: what the peers were built to be told."""
    return 1000 * torch.atan(torch.exp(-logsnr / 2)) * 2 / math.pi


class CaptionReader(nn.Module):
    """Words and their sum, for a network that takes vectors; no caption is the null word alone."""

    def __init__(self, dim: int):
        super().__init__()
        self.encoder = TransformerEncoder(len(VOCABULARY), dim, heads=HEADS_TEXT)
        self.null_word = nn.Parameter(torch.randn(dim))

    def forward(self, cond: Cond | None, batch: int) -> tuple[Float[Tensor, "b l e"], Float[Tensor, "b e"]]:
        """(a vector a word, the null word where there is none; the sum of those that are there over the root of their number).

        A peer's attention knows no mask. Of null words it makes the same whether they are one or many, so an absent caption in a
        batch and no caption at all are one thing.
        """
        null = repeat(self.null_word, "e -> b 1 e", b=batch)
        if cond is None or cond.tokens is None:
            return null, null[:, 0]
        mask: Bool[Tensor, "b l 1"] = cond.token_mask[..., None]
        words = self.encoder(cond.tokens, cond.token_mask)
        whole = (null[:, 0] + (words * mask).sum(1)) / (1 + mask.sum(1)).sqrt()
        return torch.cat([null, torch.where(mask, words, null)], dim=1), whole

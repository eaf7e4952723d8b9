"""The network of a prior: from a caption's embedding, and noise, to a picture's (chapter 6; tests/nn/test_prior.py).

Ramesh et al. 2022, "Hierarchical Text-Conditional Image Generation with CLIP Latents", sec. 2.2: there a transformer, here, where the caption
is one vector already, a few layers on its numbers. An embedding is a clip of `d` channels and one pixel, so that losses and samplers take it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.condition import Cond
from minivid.nn.embed import NoiseLevelEmbedding
from minivid.nn.initial import zero_


@dataclass(frozen=True)
class PriorConfig:
    """Numbers of an embedding, width inside, residual blocks. It knows no words: captions come as embeddings."""

    dim: int = 48
    width: int = 96
    blocks: int = 3
    vocabulary: int = 0

    def build(self) -> "Prior":
        """The network, its weights drawn by torch's global generator."""
        return Prior(self)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError for what is no embedding of `dim` numbers, `dim 1 1 1`."""
        if tuple(clip) != (self.dim, 1, 1, 1):
            raise ValueError(
                f"this prior draws embeddings, clips of {self.dim} × 1 × 1 × 1, not of {' × '.join(map(str, clip))}."
            )


class Prior(nn.Module):
    """The denoiser `model(z, t, cond)`: z `b d 1 1 1`, t the log-SNR `b`; `cond.content` is the caption's embedding, zeros that of none."""

    def __init__(self, config: PriorConfig):
        super().__init__()
        self.config = config
        self.first = nn.Linear(2 * config.dim, config.width)
        self.noise_level = NoiseLevelEmbedding(config.width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(config.width),
                nn.Linear(config.width, 2 * config.width),
                nn.SiLU(),
                nn.Linear(2 * config.width, config.width),
            )
            for _ in range(config.blocks)
        )
        self.last = zero_(nn.Linear(config.width, config.dim))

    def forward(
        self, z: Float[Tensor, "b d 1 1 1"], t: Float[Tensor, "b"], cond: Cond | None = None
    ) -> Float[Tensor, "b d 1 1 1"]:
        self.config.check(tuple(z.shape[1:]))
        if cond is not None and cond.tokens is not None:
            raise ValueError(
                "a prior reads no words: give it the caption's embedding, Cond(content=towers().read([...]))."
            )
        told = cond.content if cond is not None and cond.content is not None else z.new_zeros(len(z), self.config.dim)
        if tuple(told.shape) != (len(z), self.config.dim):
            raise ValueError(
                f"the condition's content is {tuple(told.shape)}, but this prior expects {(len(z), self.config.dim)}."
            )
        x = self.first(torch.cat([z.flatten(1), told], dim=1)) + self.noise_level(t)
        for block in self.blocks:
            x = x + block(x)
        return self.last(F.silu(x))[..., None, None, None]

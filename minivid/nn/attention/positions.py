"""Where a frame stands in its clip."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from minivid.nn.initial import zero_


def relative_buckets(frames: int, buckets: int = 32, farthest: int = 128) -> Int[Tensor, "t t"]:
    """T5's buckets of the distance j − i between frame i (row) and frame j (column) (Raffel et al. 2020; T5's own code).

    Half the buckets serve each sign. Of a half, the first half is one distance each; the rest grow logarithmically up to `farthest`.
    """
    half = buckets // 2
    exact = half // 2
    position = torch.arange(frames)
    distance = position[None, :] - position[:, None]
    size = distance.abs()
    logarithmic = exact + (torch.log(size.clamp(min=1) / exact) / math.log(farthest / exact) * (half - exact)).long()
    bucket = torch.where(size < exact, size, logarithmic.clamp(max=half - 1))
    return bucket + half * (distance > 0)


class RelativePositionBias(nn.Module):
    """A learned number per head for each bucket of frame distance, added to temporal attention scores and shared by all layers.

    Being relative, it says the same of frames 2 and 5 as of 12 and 15, and gives an answer for any clip length.
    """

    def __init__(self, heads: int, buckets: int = 32, farthest: int = 128):
        super().__init__()
        self.farthest = farthest
        # zero: at first all distances are alike, and no frame is overlooked by chance
        self.weight = zero_(nn.Embedding(buckets, heads))

    def forward(self, frames: int) -> Float[Tensor, "heads t t"]:
        buckets = relative_buckets(frames, self.weight.num_embeddings, self.farthest).to(self.weight.weight.device)
        return self.weight(buckets).movedim(-1, 0)

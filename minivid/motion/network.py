"""A small network that reads flow off two frames, to be trained on the simulator's exact flow (chapter 1).

A little U-Net, asked several times: each time it sees the second frame brought back along the flow so far, and corrects it (the idea
of SPyNet, Ranjan & Black 2017, at one scale). Checked by tests/motion/test_network.py.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid.motion.warp import backward_warp


@dataclass(frozen=True)
class FlowNetConfig:
    """Channels at full, half and quarter resolution, and how often the network is asked."""

    widths: tuple[int, int, int] = (16, 32, 48)
    rounds: int = 2
    vocabulary: int = 0

    def build(self) -> "FlowNet":
        """The network, its weights drawn by torch's global generator."""
        return FlowNet(self.widths, self.rounds)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError for a clip of `c t h w` of which no flow can be read."""
        if clip[1] < 2:
            raise ValueError(f"Flow leads from a frame to the next: it needs at least 2 frames, and this is {clip}.")


class FlowNet(nn.Module):
    """`net(before, after)`: the flow from one frame to the other. As it starts, it says that nothing moves."""

    def __init__(self, widths: tuple[int, int, int] = (16, 32, 48), rounds: int = 2):
        super().__init__()
        fine, middle, coarse = widths
        self.rounds = rounds
        self.fine = layers(4, fine, fine)
        self.middle = layers(fine, middle, middle)
        self.coarse = layers(middle, coarse, coarse, coarse, middle)
        self.up = layers(2 * middle, middle, fine)
        self.out = nn.Sequential(layers(2 * fine, fine), nn.Conv2d(fine, 2, 3, padding=1))
        nn.init.zeros_(self.out[1].weight)
        nn.init.zeros_(self.out[1].bias)

    def forward(self, before: Float[Tensor, "b c h w"], after: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 2 h w"]:
        """(dx, dy) in pixels, x right and y down, from `before` to `after`; channels are averaged."""
        before, after = before.mean(1, keepdim=True), after.mean(1, keepdim=True)
        flow = before.new_zeros(len(before), 2, *before.shape[-2:])
        for _ in range(self.rounds):
            flow = flow + self.correction(torch.cat([before, backward_warp(after, flow), flow], dim=1))
        return flow

    def correction(self, seen: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 2 h w"]:
        """What is to be added to the flow, from both frames and the flow so far."""
        fine = self.fine(seen)
        middle = self.middle(F.avg_pool2d(fine, 2, ceil_mode=True))
        coarse = self.coarse(F.avg_pool2d(middle, 2, ceil_mode=True))
        middle = self.up(torch.cat([middle, as_large(coarse, middle)], dim=1))
        return self.out(torch.cat([fine, as_large(middle, fine)], dim=1))

    def of_video(self, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b steps 2 h w"]:
        """The flow from each frame to the next, as `minivid.motion.flow.estimate_flow` gives it."""
        before, after = (rearrange(part, "b c s h w -> (b s) c h w") for part in (video[:, :, :-1], video[:, :, 1:]))
        return self(before, after).unflatten(0, (len(video), -1))


def layers(*widths: int) -> nn.Sequential:
    """3×3 convolutions between these widths, each with a ReLU."""
    pairs = pairwise(widths)
    return nn.Sequential(*(part for a, b in pairs for part in (nn.Conv2d(a, b, 3, padding=1), nn.ReLU())))


def as_large(maps: Float[Tensor, "b c h1 w1"], other: Float[Tensor, "b d h w"]) -> Float[Tensor, "b c h w"]:
    """Maps at another's height and width."""
    return F.interpolate(maps, size=other.shape[-2:], mode="bilinear", align_corners=False)

"""A light network that says where everything came from: a shared 2-D backbone, depthwise convolution over time, a motion head (chapter 2).

It draws nothing. For each frame it says by which flow the next one is looked up in it (`minivid.motion.forecast.next_frames`), from
that frame and the few before it, so that it can run while a clip is being made. Checked by tests/nn/test_light.py.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.conv import Downsample, SpatialConv, Upsample
from minivid.nn.initial import zero_


@dataclass(frozen=True)
class LightConfig:
    """Its shape: `layers` of two steps back in time each, on features of `dim` channels at half the height and width."""

    channels: int = 1
    dim: int = 32
    layers: int = 2
    vocabulary: int = 0

    def __post_init__(self):
        for name in ("channels", "dim", "layers"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}; expected a whole number of at least 1.")
        if self.vocabulary:
            raise ValueError("this network reads no captions: vocabulary must be 0.")

    @property
    def seen(self) -> int:
        """How many frames a flow is said from: the last one and those before it."""
        return 1 + 2 * self.layers

    def build(self) -> "MotionNet":
        """The network, its weights drawn by torch's global generator."""
        return MotionNet(self)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError, in a sentence, for a clip of `c t h w` that this network cannot take."""
        channels, frames, height, width = clip
        if channels != self.channels:
            raise ValueError(f"this network was built for {self.channels} channels, but the clip has {channels}.")
        if frames < 1 or height < 2 or width < 2 or height % 2 or width % 2:
            raise ValueError(
                f"a clip of {frames} frames of {height}×{width} does not fit: expected at least one frame, of even height and width."
            )


class TemporalMix(nn.Module):
    """x plus what it and the two frames before say: every channel by itself over time, then a convolution over space."""

    def __init__(self, dim: int):
        super().__init__()
        self.over_time = nn.Conv3d(dim, dim, (3, 1, 1), groups=dim)
        self.over_space = SpatialConv(dim, dim)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
        past = F.pad(x, (0, 0, 0, 0, 2, 0))  # two frames of nothing before the first: no frame sees a later one
        return x + self.over_space(F.silu(self.over_time(past)))


class MotionNet(nn.Module):
    """From the frames of a clip to flows, one for each frame: (dx, dy) in pixels, x right and y down. It begins by saying zero."""

    def __init__(self, config: LightConfig):
        super().__init__()
        self.config = config
        dim, fine = config.dim, max(1, config.dim // 2)
        self.backbone = nn.Sequential(
            SpatialConv(config.channels, fine),
            nn.SiLU(),
            Downsample(fine, dim),
            SpatialConv(dim, dim),
        )
        self.mix = nn.Sequential(*(TemporalMix(dim) for _ in range(config.layers)))
        self.head = nn.Sequential(nn.SiLU(), SpatialConv(dim, dim), nn.SiLU(), Upsample(dim, fine), nn.SiLU())
        self.flow = zero_(SpatialConv(fine, 2))

    def forward(self, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b 2 t h w"]:
        """Raises ValueError, in a sentence, for a clip of other channels or of an odd height or width."""
        self.config.check(tuple(video.shape[1:]))
        return self.flow(self.head(self.mix(self.backbone(video))))

    def matrices(self) -> list[str]:
        """Which of its parameters are matrices inside the network, for an optimizer of matrices: not its first and its last layer."""
        outer = ("backbone.0.", "flow.")
        return [name for name, weight in self.named_parameters() if weight.ndim == 2 and not name.startswith(outer)]

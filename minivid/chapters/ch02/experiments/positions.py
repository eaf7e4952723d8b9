"""Which way of saying where a frame stands still works on clips twice as long as those of training."""

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.data.world import Clips, World
from minivid.nn.attention.core import TIME, Attention
from minivid.nn.attention.positions import SLOWEST, RelativePositionBias, sinusoidal
from minivid.tools.seeds import generator
from minivid.train import Step, TrainConfig

FRAMES = 8
"""Of the clips of training; the simulator's clips are twice as long, and a training clip begins anywhere in one."""
WORLD = World(frames=2 * FRAMES)
TRAINING = TrainConfig(steps=400, batch=64, lr=2e-3, warmup=20)
DIM, HEADS, LAYERS = 64, 4, 2

KINDS = {
    "none": "nothing says which frame is which",
    "one vector": "one learned vector, added to every frame",
    "table": "a learned vector for each frame",
    "sinusoidal": "sines and cosines of the frame's number, added",
    "half the exponents": "the same with arange(dim // 2) / dim",
    "bias": "T5's bias of distance, 32 buckets up to 128 frames",
    "bias, few buckets": "T5's bias of distance, 16 buckets up to 8 frames",
    "rotary": "queries and keys turned by the frame's number",
}


class FrameReader(nn.Module):
    """Each frame a vector, attention over time alone; it says of every frame how fast the digit moves, and where it was in the first one.

    Video `b 1 t h w` to `b t 4`: the velocity (pixels a frame), and the first frame's position (pixels from the middle).
    """

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind
        self.read = nn.Linear(WORLD.height * WORLD.width, DIM)
        self.attention = nn.ModuleList(Attention(DIM, HEADS, TIME) for _ in range(LAYERS))
        self.think = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(DIM), nn.Linear(DIM, 2 * DIM), nn.GELU(), nn.Linear(2 * DIM, DIM))
            for _ in range(LAYERS)
        )
        self.say = nn.Linear(DIM, 4)
        if kind in ("one vector", "table"):
            self.learned = nn.Parameter(torch.randn(1 if kind == "one vector" else WORLD.frames, DIM))
        elif kind == "bias":
            self.bias = RelativePositionBias(HEADS)
        elif kind == "bias, few buckets":
            self.bias = RelativePositionBias(HEADS, buckets=16, farthest=FRAMES)

    def forward(self, video: Float[Tensor, "b 1 t h w"]) -> Float[Tensor, "b t 4"]:
        frame = torch.arange(float(video.shape[2]), device=video.device)
        x = (self.read(video[:, 0].flatten(2)) + self.added(frame)).mT[..., None, None]  # b c t 1 1
        bias = self.bias(len(frame)) if "bias" in self.kind else None
        for attention, think in zip(self.attention, self.think, strict=True):
            x = attention(x, bias, position=frame if self.kind == "rotary" else None)
            x = x + think(x.movedim(1, -1)).movedim(-1, 1)
        return self.say(x[..., 0, 0].mT)

    def added(self, frame: Float[Tensor, "t"]) -> Float[Tensor, "#t c"]:
        """What this kind of position adds to the frames' vectors."""
        if self.kind in ("one vector", "table"):
            return self.learned[: len(frame)]
        if self.kind in ("sinusoidal", "half the exponents"):
            return sinusoidal(frame, DIM, SLOWEST if self.kind == "sinusoidal" else SLOWEST**0.5)
        return torch.zeros(1, DIM, device=frame.device)


@lru_cache(maxsize=2)
def pool(n: int = 4096, seed: int = 0) -> Clips:
    """Clips that every training draws its windows from."""
    return WORLD.sample(n, (seed, n))


def answers(position: Float[Tensor, "b t 2"], velocity: Float[Tensor, "b t 2"]) -> Float[Tensor, "b t 4"]:
    """What should be said of each frame."""
    middle = torch.tensor([WORLD.width - 1, WORLD.height - 1]) / 2
    return torch.cat([velocity, (position[:, :1] - middle).expand_as(velocity)], dim=-1)


def windows(clips: Clips, start: Tensor) -> tuple[Float[Tensor, "b 1 t h w"], Float[Tensor, "b t 4"]]:
    """FRAMES frames of each clip from its own start on, and what should be said of them."""
    row, frame = torch.arange(len(clips))[:, None], start[:, None] + torch.arange(FRAMES)
    video = clips.video[:, 0][row, frame][:, None]
    return video, answers(clips.position[row, frame, 0], clips.velocity[row, frame, 0])


def batches(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """What a training step eats."""
    chance, clips = generator(seed, "windows"), pool()
    which = torch.randint(len(clips), (n,), generator=chance)
    start = torch.randint(WORLD.frames - FRAMES + 1, (n,), generator=chance)
    row, frame = which[:, None], start[:, None] + torch.arange(FRAMES)
    return clips.video[:, 0][row, frame][:, None], answers(clips.position[row, frame, 0], clips.velocity[row, frame, 0])


def squared_error(model: nn.Module, batch: tuple[Tensor, Tensor], step: Step) -> Float[Tensor, ""]:
    """Velocities weigh more, for they are smaller numbers."""
    video, truth = (step.own(part) for part in batch)
    weight = torch.tensor([4.0, 4.0, 0.25, 0.25], device=video.device)
    return (weight * (model(video) - truth).square()).mean()

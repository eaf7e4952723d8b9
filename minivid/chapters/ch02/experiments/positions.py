"""Which way of saying where a frame stands still works on clips twice as long as those of training."""

from dataclasses import replace
from functools import lru_cache
from statistics import fmean

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from minivid.chapters.ch02.experiments.fusion import interval
from minivid.course.receipt import Receipt
from minivid.data.world import Clips, World
from minivid.nn.attention.core import TIME, Attention
from minivid.nn.attention.positions import SLOWEST, RelativePositionBias, sinusoidal
from minivid.tools.seeds import generator
from minivid.train import Step, TrainConfig, Training

FRAMES = 8
"""Of the clips of training; the simulator's clips are twice as long, and a training clip begins anywhere in one."""
WORLD = World(frames=2 * FRAMES)
TRAINING = TrainConfig(steps=800, batch=64, lr=2e-3, warmup=20)
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


@lru_cache(maxsize=1)
def pool(n: int = 2048, seed: int = 0) -> Clips:
    """The clips that every training cuts its windows from."""
    return WORLD.sample(n, (seed, n))


def windows(clips: Clips, which: Int[Tensor, "b"], start: Int[Tensor, "b"], frames: int) -> tuple[Tensor, Tensor]:
    """`frames` frames of some of the clips, `b 1 t h w`, each from its own start on, and what should be said of them, `b t 4`."""
    at = which[:, None], start[:, None] + torch.arange(frames)
    middle = torch.tensor([WORLD.width - 1, WORLD.height - 1]) / 2
    position, velocity = (truth[:, :, 0][at] for truth in (clips.position, clips.velocity))
    origin = (position[:, :1] - middle).expand_as(velocity)
    return clips.video[:, 0][at][:, None], torch.cat([velocity, origin], dim=-1)


def batches(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """What a training step eats: windows of FRAMES frames that begin anywhere."""
    chance, clips = generator(seed, "windows"), pool()
    which = torch.randint(len(clips), (n,), generator=chance)
    return windows(clips, which, torch.randint(WORLD.frames - FRAMES + 1, (n,), generator=chance), FRAMES)


def squared_error(model: nn.Module, batch: tuple[Tensor, Tensor], step: Step) -> Float[Tensor, ""]:
    """Velocities are the smaller numbers, and weigh more."""
    video, truth = (step.own(part) for part in batch)
    weight = torch.tensor([4.0, 4.0, 0.25, 0.25], device=video.device)
    return (weight * (model(video) - truth).square()).mean()


def trained_reader(kind: str, seed: int = 0, steps: int = TRAINING.steps) -> FrameReader:
    """One of KINDS, trained on clips of FRAMES frames."""
    torch.manual_seed(seed)
    run = Training(FrameReader(kind), batches, squared_error, replace(TRAINING.shortened(steps), seed=seed))
    for _ in run.steps(progress=False):
        pass
    return run.ema


@torch.no_grad()
def reading_errors(model: nn.Module, frames: int, n: int = 512, seed: int = 9) -> Float[Tensor, "2 t"]:
    """Mean distance from the truth at each frame, on clips in unseen handwriting: of the velocity (pixels a frame), of the origin (pixels)."""
    clips = replace(WORLD, split="heldout").sample(n, seed)
    start = torch.arange(n) % (WORLD.frames - frames + 1)
    video, truth = windows(clips, torch.arange(n), start, frames)
    off = model(video) - truth
    return torch.stack([off[..., :2].norm(dim=-1).mean(0), off[..., 2:].norm(dim=-1).mean(0)])


def measure_positions(seeds: tuple[int, ...] = (0, 1, 2, 3, 4), steps: int = TRAINING.steps) -> dict:
    """Eight ways to say which frame is which, trained on 8 frames and asked on 8 and 16: velocity, and where the clip began."""
    rows = {}
    for kind in KINDS:
        models = [trained_reader(kind, seed, steps) for seed in seeds]
        for name, frames in (("trained length", FRAMES), ("twice the length", 2 * FRAMES)):
            errors = torch.stack([reading_errors(model, frames) for model in models])  # seeds 2 t
            rows.setdefault(kind, {})[name] = {"velocity": errors[:, 0], "origin": errors[:, 1]}
    return {"rows": rows, "frames": FRAMES, "steps": steps, "batch": TRAINING.batch}


def positions_table(found: Receipt) -> str:
    """A line a kind: each error at both lengths, the mean over seeds and its 95 % interval."""
    lengths = ("trained length", "twice the length")
    short, long = (f"{times * found['frames']} frames" for times in (1, 2))
    lines = [
        f"{'':20}{'velocity, px a frame':^40}{'where the clip began, px':^40}",
        f"{'':20}" + f"{short:^20}{long:^20}" * 2,
    ]
    for kind in KINDS:
        row = found["rows"][kind]
        cells = []
        for question in ("velocity", "origin"):
            for length in lengths:
                mean, low, high = interval([fmean(seed) for seed in row[length][question]])
                cells.append(f"{mean:.2f} [{low:.2f}, {high:.2f}]")
        lines.append(f"{kind:20}" + "".join(f"{cell:^20}" for cell in cells))
    return "\n".join(lines)

"""MeanFlow beside flow matching on clips: the same network, clips, noise, times and steps; only what r is differs.

The world is narrow (three numerals, slowly to the left or right) and the network a perceptron that takes a clip as a row of numbers: small
enough for three seeds of both in minutes, and for it the Jacobian-vector product costs what it costs in theory.
"""

import time
from dataclasses import dataclass, replace
from statistics import mean

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.course.kept import kept
from minivid.course.receipt import Receipt
from minivid.data.captions import VOCABULARY, tokenize
from minivid.data.world import World
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import RECTIFIED
from minivid.evaluation.report import aligned
from minivid.mean_flow import MeanFlow, few_steps
from minivid.nn.condition import Cond
from minivid.nn.embed import SpanEmbedding
from minivid.run import Run
from minivid.tools.seeds import plain_generator
from minivid.train import TrainConfig

WORLD = World(digit_size=10, classes=(0, 1, 7), directions=("left", "right"), speeds=("slowly",))
TRAINING = TrainConfig(batch=32, warmup=30, ema=0.98, save_every=100)
ARMS = {"flow matching": (0.0, 300), "flow matching, longer": (0.0, 530), "MeanFlow": (0.25, 300)}
"""The share of a batch that is asked for an average velocity, and how many steps are trained. A step of MeanFlow costs more: 530 of flow
matching's are about as much work as 300 of its own (the receipt has the seconds of both)."""
STEPS = (1, 2, 4, 16)
SHOWN = ("a 0 moves left, slowly", "a 7 moves right, slowly")
"""Captions of the clips that the receipt keeps."""
HOME = "runs/mean-flow"


@dataclass(frozen=True)
class PerceptronConfig:
    """A network of average velocities without an idea of space or time: clip, caption and both times go through blocks of two layers."""

    clip: tuple[int, int, int, int] = (1, 8, 16, 16)
    width: int = 256
    blocks: int = 3
    vocabulary: int = len(VOCABULARY)

    def build(self) -> nn.Module:
        return Perceptron(self)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        if tuple(clip) != self.clip:
            raise ValueError(f"this perceptron takes clips of {self.clip} (c, t, h, w) and no others, not {clip}.")


class Perceptron(nn.Module):
    """u(z, r, t) as a multiple of z, which noise needs, plus what the blocks say, which clips need. It begins as 0."""

    def __init__(self, config: PerceptronConfig):
        super().__init__()
        numbers, width = torch.Size(config.clip).numel(), config.width
        self.span, self.word = SpanEmbedding(width), nn.Embedding(config.vocabulary, width)
        self.inside, self.outside, self.share = (
            nn.Linear(*ends) for ends in ((numbers, width), (width, numbers), (width, 1))
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(config.blocks + 1))
        self.told = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(config.blocks))
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
            for _ in range(config.blocks)
        )
        for layer in (self.outside, self.share):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, z: Video, t: Float[Tensor, "b"], cond: Cond) -> Video:
        words = (self.word(cond.tokens) * cond.token_mask[..., None]).sum(1)
        embed = F.silu(self.span(t, t if cond.r is None else cond.r) + words)
        x = self.inside(z.flatten(1))
        for norm, told, block in zip(self.norms, self.told, self.blocks, strict=False):
            scale, shift = told(embed).chunk(2, dim=1)
            x = x + block(norm(x) * (1 + scale) + shift)
        return (self.outside(self.norms[-1](x)) + self.share(embed) * z.flatten(1)).reshape(z.shape)


def run_of(arm: str, seed: int = 0) -> Run:
    """The run of one of ARMS."""
    share, steps = ARMS[arm]
    training, name = replace(TRAINING, steps=steps, seed=seed), arm.replace(",", "").replace(" ", "-")
    return Run(name, PerceptronConfig(), MeanFlow(share, drop_caption=0.0), training, worlds=(WORLD,))


def trained(arm: str, seed: int, home: str = HOME) -> tuple[nn.Module, float]:
    """The network of this arm from this seed, and the minutes that its training took. It is kept in `home`, and trained but once."""
    run = run_of(arm, seed)
    training = kept(run, f"{home}/{run.name}-{seed}", own=[])
    for _ in training.steps(progress=False):
        pass
    return training.ema.eval(), training.records[-1].seconds / 60


def step_seconds(arm: str, steps: int = 20) -> float:
    """The processor's seconds for a training step."""
    training = run_of(arm).start()
    for record in training.steps(progress=False):
        if record.step == 5:  # the first are slow
            begun = time.process_time()
        if record.step == 5 + steps:
            return (time.process_time() - begun) / steps


def energy_distance(a: Float[Tensor, "n ..."], b: Float[Tensor, "m ..."]) -> float:
    """2 E|a − b| − E|a − a′| − E|b − b′|, clips as points: on average 0 for two sets from one distribution, and for no others (Székely & Rizzo 2013)."""
    a, b = a.flatten(1).double(), b.flatten(1).double()
    within = [torch.cdist(x, x).sum() / (len(x) * (len(x) - 1)) for x in (a, b)]
    return (2 * torch.cdist(a, b).mean() - sum(within)).item()


def samples(network: nn.Module, z: Video, steps: int, cond: Cond, average: bool) -> Video:
    """Clips from noise z in even steps, along average velocities or along the velocity at each step's start."""
    if average:
        return sample(few_steps(network, z, steps, cond))
    return sample(ddim(network, z, RECTIFIED, Objective.FLOW, steps, cond))


WAYS = {
    "flow matching": ("flow matching", False),
    "flow matching, longer": ("flow matching, longer", False),
    "MeanFlow": ("MeanFlow", True),
    "MeanFlow, at r = t": ("MeanFlow", False),
}
"""Which network is sampled, and whether it is told where a step ends."""


def measure_mean_flow(seeds: tuple[int, ...] = (0, 1, 2), n: int = 128, home: str = HOME) -> dict:
    """Flow matching and MeanFlow on clips: how far samples of 1, 2, 4 and 16 steps are from real clips of the same captions."""
    real = WORLD.sample(n, 4000)
    cond, others = Cond(*tokenize(real.caption)), WORLD.sample(n, 4002, real.caption)
    kept_clips = [real.caption.index(caption) for caption in SHOWN]
    blur = WORLD.sample(8 * n, 4003).video.mean(0, keepdim=True)
    found = {
        "arms": ARMS,
        "n": n,
        "steps": STEPS,
        "ways": {way: [] for way in WAYS},
        "shown": {},
        "training_minutes": 0.0,
    }
    found["real"] = energy_distance(others.video, real.video)
    found["blur"] = energy_distance(blur.expand(2, -1, -1, -1, -1), real.video)
    found["seconds"] = {arm: step_seconds(arm) for arm in ARMS}
    for seed in seeds:
        made = {arm: trained(arm, seed, home) for arm in ARMS}
        found["training_minutes"] += sum(minutes for _, minutes in made.values())
        noise = torch.randn(real.video.shape, generator=plain_generator(seed))
        for way, (arm, average) in WAYS.items():
            clips = {steps: samples(made[arm][0], noise, steps, cond, average) for steps in STEPS}
            found["ways"][way].append([energy_distance(clip, real.video) for clip in clips.values()])
            if seed == seeds[0]:
                found["shown"][way] = {str(steps): pixels(clips[steps][kept_clips]) for steps in (1, 4)}
    return found


def pixels(video: Video) -> list:
    """Of grey clips the numbers 0 to 255, `n t h w`."""
    return ((video[:, 0].clamp(-1, 1) + 1) * 127.5).round().int().tolist()


def shown(found: Receipt, way: str, steps: int) -> Video:
    """The clips that the receipt keeps."""
    return torch.tensor(found["shown"][way][str(steps)])[:, None] / 127.5 - 1


def mean_flow_table(found: Receipt) -> str:
    """The energy distance's mean over seeds, and between which two the seeds lie, for each way (its steps of training) and number of steps."""

    def cell(values: list[float]) -> str:
        return f"{mean(values):.2f} ({min(values):.2f}–{max(values):.2f})"

    head = f"mean (least–most), {len(found.seeds)} seeds"
    rows = [(head, *(f"{steps} step{'s' * (steps > 1)}" for steps in found["steps"]))]
    for way, (arm, _) in WAYS.items():
        runs, (_, trained_for) = found["ways"][way], found["arms"][arm]
        rows.append((f"{way} ({trained_for})", *(cell([run[i] for run in runs]) for i in range(len(found["steps"])))))
    return "\n".join(aligned(rows))

"""The judges: networks that score clips, made by the course itself (chapter 8; tests/metrics/test_features.py).

`minivid train judge-motion` and `minivid train judge-text` run their recipes, a few minutes each; `load(name)` gives what stands in
`minivid/weights/`. A step's clips are functions of (seed, step), as in every training of the course.
"""

import difflib
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

import minivid
from minivid import checkpoint
from minivid.data.captions import VOCABULARY, tokenize
from minivid.data.world import Clips, World
from minivid.metrics.features import LOOKS, WORDS, ClipNet
from minivid.metrics.text_score import TwoTowers, contrast

WEIGHTS = Path(__file__).parent / "weights"

WORLDS = (
    World(),
    World(frames=16, size=32, colour=True),
    World(change="direction"),
    World(frames=16, size=32),
    World(change="speed"),
    World(frames=16, size=32, digits=2, colour=True),
)
"""What a judge sees, one after the other: both of the course's sizes, grey and colour, one digit and two."""


def roughened(video: Float[Tensor, "n c t h w"], generator: torch.Generator) -> Float[Tensor, "n c t h w"]:
    """Half of the clips with noise, blur or a different brightness, so that a judge does not live on clean pixels alone."""
    n = len(video)

    def chance(least: float | int, most: float | int) -> Tensor:
        return least + (most - least) * torch.rand(n, 1, 1, 1, 1, generator=generator)

    touched = (chance(0, 1) < 0.5).float()
    soft = F.avg_pool3d(video, (1, 3, 3), 1, (0, 1, 1), count_include_pad=False)
    video = torch.lerp(video, soft, touched * chance(0, 1))
    video = torch.lerp(torch.full_like(video, -1), video, 1 - touched * chance(0, 0.3))
    return video + touched * chance(0, 0.3) * torch.randn(video.shape, generator=generator)


def naming_loss(net: ClipNet, clips: Clips, video: Float[Tensor, "n c t h w"]) -> Float[Tensor, ""]:
    """Cross-entropy of each word of WORDS: is it in the clip's caption? And of the looks, asked of every frame."""
    said = said_words(clips.caption)
    film, frames = net.words(video)
    seen = said[:, None, :LOOKS].expand_as(frames)
    return F.binary_cross_entropy_with_logits(film, said) + 0.5 * F.binary_cross_entropy_with_logits(frames, seen)


def said_words(captions: list[str]) -> Float[Tensor, "n words"]:
    """1 where a word of WORDS stands in the caption."""
    tokens, _ = tokenize(captions)
    return torch.stack([(tokens == VOCABULARY.index(word)).any(1) for word in WORDS], dim=1).float()


def matching_loss(net: TwoTowers, clips: Clips, video: Float[Tensor, "n c t h w"]) -> Float[Tensor, ""]:
    """How badly clips and captions find each other in the batch."""
    return contrast(net, video, clips.caption)


@dataclass(frozen=True)
class Recipe:
    """All that makes a judge."""

    make: Callable[[], nn.Module]
    loss: Callable[[nn.Module, Clips, Tensor], Tensor]
    steps: int
    batch: int = 48
    lr: float = 3e-3
    seed: int = 0


RECIPES = {
    "judge-motion": Recipe(ClipNet, naming_loss, steps=1800),
    "judge-text": Recipe(TwoTowers, matching_loss, steps=1300, batch=64),
}


@dataclass(frozen=True)
class Record:
    """What one step tells: its number (from 1), its loss, seconds since the start by the clock and of the processor."""

    step: int
    loss: float
    seconds: float
    processor: float


def recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ValueError, offering the nearest names."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(RECIPES)}."
        raise ValueError(f"there is no judge {name!r}; {hint}")
    return RECIPES[name]


def steps(net: nn.Module, made_by: Recipe) -> Iterator[Record]:
    """Train a judge, yielding a record after each step: AdamW, a short warm-up and half a cosine."""
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=made_by.lr, weight_decay=0.01)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimizer, made_by.lr, total_steps=made_by.steps, pct_start=0.1)
    start, spent = time.perf_counter(), time.process_time()
    for step in range(made_by.steps):
        world = WORLDS[step % len(WORLDS)]
        n = made_by.batch if world.height <= 16 else made_by.batch // 3
        clips = world.sample(n, (made_by.seed, step))
        video = roughened(clips.video, torch.Generator().manual_seed(made_by.seed * 1_000_003 + step))
        loss = made_by.loss(net, clips, video)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        pace.step()
        yield Record(step + 1, loss.item(), time.perf_counter() - start, time.process_time() - spent)


def train(
    name: str, out: Path = WEIGHTS, progress: Callable[[Record, int], None] = lambda record, of: None, shorter: int = 0
) -> Path:
    """Run a judge's recipe and write its weights with their manifest into the folder `out`; returns the file.

    `progress` hears each record and the number of steps; `shorter` takes that many steps, to see that it runs.
    Raises ValueError for an unknown name.
    """
    made_by = recipe(name)
    if shorter:
        made_by = Recipe(**{**vars(made_by), "steps": shorter})
    torch.manual_seed(made_by.seed)
    net, losses = made_by.make(), []
    for record in steps(net, made_by):
        losses.append(record.loss)
        progress(record, made_by.steps)
    net.eval()
    if isinstance(net, ClipNet):
        net.calibrate(*(world.sample(128, (made_by.seed, made_by.steps)).video for world in WORLDS))
    manifest = {
        "name": name,
        "training": {key: value for key, value in asdict(made_by).items() if not callable(value)},
        "worlds": [described(world) for world in WORLDS],
        "steps": made_by.steps,
        "loss": sum(losses[-100:]) / len(losses[-100:]),
        "minutes": record.seconds / 60,
        "processor_minutes": record.processor / 60,
        "hardware": f"{torch.get_num_threads()} threads of {platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "versions": {"minivid": minivid.__version__, "torch": torch.__version__, "python": platform.python_version()},
        "finished": time.strftime("%Y-%m-%d"),
    }
    path = Path(out) / f"{name}.safetensors"
    tensors = {key: weight.half() if weight.is_floating_point() else weight for key, weight in net.state_dict().items()}
    checkpoint.write(path, tensors, manifest)
    return path


def described(world: World) -> dict:
    """How a world differs from `World()`."""
    usual = asdict(World())
    return {key: value for key, value in asdict(world).items() if value != usual[key]}


@dataclass(frozen=True)
class Judge:
    """A trained judge with its manifest."""

    name: str
    net: nn.Module
    manifest: dict

    @property
    def sha256(self) -> str:
        """The hash of its weights file: what a score prints."""
        return self.manifest["sha256"]


def load(name: str, folder: Path = WEIGHTS) -> Judge:
    """The trained judge of that name, ready to look. Raises ValueError for an unknown name, CheckpointError for absent weights."""
    made_by = recipe(name)
    path = Path(folder) / f"{name}.safetensors"
    if not path.is_file():
        raise checkpoint.CheckpointError(f"the weights of {name} are not here; `minivid train {name}` makes them.")
    tensors, manifest = checkpoint.read(path)
    net = made_by.make()
    checkpoint.load_into(net, tensors, path.name)
    return Judge(name, net.eval().requires_grad_(False), manifest)

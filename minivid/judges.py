"""The judges: networks that score clips, made by the course itself (chapter 8; tests/metrics/test_features.py).

`minivid train judge-motion`, `judge-text` and `judge-pictures` run their recipes, a few minutes each, in the loop that trains every model;
`load(name)` gives what stands in `minivid/weights/`. What is a judge's own is its network, its loss and its worlds.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid import checkpoint
from minivid.batches import in_turns
from minivid.data.captions import VOCABULARY, detokenize, parse, tokenize
from minivid.data.world import World
from minivid.metrics.features import LOOKS, WORDS, ClipNet, ClipNetConfig
from minivid.metrics.text_score import TwoTowers, TwoTowersConfig, contrast, retrieval, text_score, told_apart
from minivid.nn.condition import Cond
from minivid.run import Run
from minivid.tools.nearest import did_you_mean
from minivid.train import Step, TrainConfig
from minivid.zoo import PICTURED

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
FILMED = tuple(replace(world, frames=8) for world in PICTURED)
"""Whose pictures are matched with captions."""
DIRECTIONS_SAID, SPEEDS_SAID = slice(LOOKS, LOOKS + 4), slice(LOOKS + 8, LOOKS + 10)
"""Where the four straight directions and the two speeds stand in WORDS."""


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


@dataclass(frozen=True)
class Naming:
    """Cross-entropy of each word of WORDS: is it in the clip's caption? And of the looks, asked of every frame."""

    def __call__(self, net: ClipNet, batch, step: Step) -> Float[Tensor, ""]:
        """The mean over the rows of this process."""
        video, cond = batch
        said, video = said_words(captions_of(cond)), roughened(video, step.generator())
        said, video = step.own(said), step.own(video)
        film, frames = net.words(video)
        seen = said[:, None, :LOOKS].expand_as(frames)
        return F.binary_cross_entropy_with_logits(film, said) + 0.5 * F.binary_cross_entropy_with_logits(frames, seen)


@dataclass(frozen=True)
class Matching:
    """How badly clips and captions find each other in the batch: all of it in every process, since each row is judged by the others."""

    def __call__(self, net: TwoTowers, batch, step: Step) -> Float[Tensor, ""]:
        """The mean over all rows."""
        video, cond = batch
        return contrast(net, roughened(video, step.generator()).to(step.device), captions_of(cond))


@dataclass(frozen=True)
class MatchingPictures:
    """The same of two pictures of each clip: one finds its caption, of which what moves does not count, and both find each other.

    The captions teach what is written and in which colour (CLIP); the other picture what else stays as it is, the ground and how the ink
    shines, wherever the digit stands (Mu et al. 2021, SLIP; theirs are two croppings of one picture).
    """

    def __call__(self, net: TwoTowers, batch, step: Step) -> Float[Tensor, ""]:
        """The mean over all rows."""
        (video, cond), chance = batch, step.generator()
        captions = captions_of(cond)
        one, other = (
            net.see(roughened(picture, chance).to(step.device)) for picture in two_pictures(video, chance).split(1, 2)
        )
        own = range(len(video))
        return told_apart(net, one, net.read(captions), looks_of(captions)) + told_apart(net, one, other, own)


def two_pictures(video: Float[Tensor, "n c t h w"], chance: torch.Generator) -> Float[Tensor, "n c 2 h w"]:
    """Two frames of each clip, by chance."""
    which = torch.rand(len(video), video.shape[2], generator=chance).argsort(1)[:, :2]
    return torch.stack([one[:, frames] for one, frames in zip(video, which, strict=True)])


def looks_of(captions: list[str]) -> list[tuple[tuple[int, str | None], ...]]:
    """Of each caption what a picture can show: numerals and colours."""
    return [tuple((motion.digit, motion.colour) for motion in parse(caption)) for caption in captions]


def captions_of(cond: Cond) -> list[str]:
    """A batch's captions, without commas."""
    return detokenize(cond.tokens, cond.token_mask)


def said_words(captions: list[str]) -> Float[Tensor, "n words"]:
    """1 where a word of WORDS stands in the caption."""
    tokens, _ = tokenize(captions)
    return torch.stack([(tokens == VOCABULARY.index(word)).any(1) for word in WORDS], dim=1).float()


RECIPES = {
    run.name: run
    for run in (
        Run(
            "judge-motion",
            ClipNetConfig(),
            Naming(),
            TrainConfig(steps=1800, batch=48, lr=3e-3, warmup=180),
            worlds=WORLDS,
        ),
        Run(
            "judge-text",
            TwoTowersConfig(),
            Matching(),
            TrainConfig(steps=1300, batch=64, lr=3e-3, warmup=130),
            worlds=WORLDS,
        ),
        Run(
            "judge-pictures",
            TwoTowersConfig(pictures=True),
            MatchingPictures(),
            TrainConfig(steps=450, batch=64, lr=3e-3, warmup=50, save_every=50),
            worlds=FILMED,
        ),
    )
}


def recipe(name: str) -> Run:
    """The recipe of that name. Raises ValueError, offering the nearest names."""
    if name not in RECIPES:
        raise ValueError(f"there is no judge {name!r}; {did_you_mean(name, RECIPES)}")
    return RECIPES[name]


@torch.inference_mode()
def measured(net: nn.Module, n: int = 200, seed: int = 3) -> dict[str, float]:
    """What a judge gets right on handwriting that it never saw, at both sizes of the course's clips.

    One that names: digit, direction and speed by the largest logit (chance 1/10, 1/4, 1/2). One that matches: the cosine of clip and
    caption, of clip and another clip's caption, and how many of the other captions fit a clip worse than its own. One that matches pictures:
    how many of the captions of other looks, and of other clips' pictures, fit a picture worse than its own.
    """
    found, device = {}, next(net.parameters()).device
    if isinstance(net, TwoTowers) and net.pictures:
        return measured_pictures(net, n, seed)
    for world in (World(), World(frames=16, size=32)):
        clips = replace(world, split="heldout").sample(n, seed)
        video = clips.video.to(device)
        size = f"{world.frames}x{world.height}x{world.width}"
        if isinstance(net, ClipNet):
            said, logits = said_words(clips.caption), torch.cat([net.words(some)[0].cpu() for some in video.split(50)])
            for what, part in (("digit", slice(0, 10)), ("direction", DIRECTIONS_SAID), ("speed", SPEEDS_SAID)):
                right = logits[:, part].argmax(1) == said[:, part].argmax(1)
                found[f"{what} {size}"] = right.float().mean().item()
        else:
            found[f"own caption {size}"] = text_score(net, video, clips.caption).mean().item()
            found[f"another's {size}"] = text_score(net, video.roll(1, 0), clips.caption).mean().item()
            found[f"fit worse {size}"] = retrieval(net, video, clips.caption).mean().item()
    return found


@torch.inference_mode()
def measured_pictures(net: TwoTowers, n: int, seed: int) -> dict[str, float]:
    """Of FILMED in turns, in handwriting that it never saw."""
    clips = in_turns([replace(world, split="heldout") for world in FILMED], n, (seed,))
    video = torch.cat([part.video for part in clips]).to(next(net.parameters()).device)
    captions = [caption for part in clips for caption in part.caption]
    one, other = net.see(video[:, :, :1]), net.see(video[:, :, -1:])
    return {
        "other looks fit worse": found_before_others(one, net.read(captions), looks_of(captions)).mean().item(),
        "other clips fit worse": found_before_others(one, other, range(n)).mean().item(),
    }


def found_before_others(
    these: Float[Tensor, "n d"], those: Float[Tensor, "n d"], names: Sequence[Hashable]
) -> Float[Tensor, "n"]:
    """For each of these, the share of those of other names that are farther from it than its own. Chance is 0.5.

    Raises ValueError where there is but one name: nothing is to be told apart.
    """
    if len(set(names)) < 2:
        raise ValueError("all have one name: give pictures of at least two.")
    fit = these @ those.T
    others = torch.tensor([[mine != theirs for theirs in names] for mine in names], device=fit.device)
    worse = fit.diagonal()[:, None] > fit
    return (worse & others).sum(1) / others.sum(1)


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
    net = made_by.network.build()
    checkpoint.load_into(net, tensors, path.name)
    return Judge(name, net.eval().requires_grad_(False), manifest)

"""Clips of their own sizes, in packs, beside squares cut out of them: what each teaches of framing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.course.receipt import Receipt
from minivid.data.world import Clips, World
from minivid.diffusion.objective import Objective, diffuse, per_clip_loss, stratified_times, target
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import COSINE, told
from minivid.evaluation.report import aligned
from minivid.motion.trajectories import ink
from minivid.nn.dit import DiTConfig
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig, Training

SIDE = 16
WORLDS = {
    "wide": World(frames=8, size=(SIDE, 2 * SIDE), digit_size=10),
    "tall": World(frames=4, size=(2 * SIDE, SIDE), digit_size=10),
    "square": World(frames=8, size=SIDE, digit_size=10),
}
NETWORK = DiTConfig(patch=(2, 4), dim=64, depth=4, heads=2, modulation="shared")
TRAINING = TrainConfig(steps=300, batch=2, lr=0.003, lr_matrices=0.06, ema=0.98)
SHOWN = ("square", "wide")
"""What is sampled."""
WHOLE, GONE = 0.99, 0.01
"""A digit is whole with more than this share of its ink in the picture, and gone with less than that."""

FAINT = 0.3
"""What is darker than this everywhere is not made brighter."""


def squared(video: Float[Tensor, "n layers t h w"]) -> Float[Tensor, "n layers t 16 16"]:
    """The square in the middle."""
    top, left = ((side - SIDE) // 2 for side in video.shape[-2:])
    return video[..., top : top + SIDE, left : left + SIDE]


def native(n: int, seed: tuple[int, ...]) -> tuple[list[Tensor], None]:
    """n clips of each world, in turns, as they are: 256 tokens for each three."""
    return interleaved([world.sample(n, (*seed, i)).video for i, world in enumerate(WORLDS.values())]), None


def squares(n: int, seed: tuple[int, ...]) -> tuple[list[Tensor], None]:
    """Squares cut out of them, 160 tokens for each three, and so half as many again."""
    videos = [world.sample(n + n // 2, (*seed, i)).video for i, world in enumerate(WORLDS.values())]
    return interleaved([squared(video) for video in videos]), None


def interleaved(videos: Sequence[Tensor]) -> list[Tensor]:
    """The first of each, then the second of each, and so on."""
    return [clip for turn in zip(*videos, strict=True) for clip in turn]


ARMS = {"native sizes": native, "squares cut out": squares}


@dataclass(frozen=True)
class Packed:
    """v's loss on clips of any sizes in one sequence: the mean over all their pixels, so that each token counts as much as another."""

    def __call__(self, model: nn.Module, batch: tuple[list[Tensor], None], step) -> Float[Tensor, ""]:
        clips, _ = batch
        random = step.generator()
        logsnr = COSINE.logsnr(stratified_times(len(clips), random))
        noises = [torch.randn(clip.shape, generator=random) for clip in clips]
        levels = list(zip(*COSINE.alpha_sigma(logsnr), strict=True))
        each = list(zip(clips, noises, levels, strict=True))
        z = [diffuse(x[None], eps[None], *level)[0] for x, eps, level in each]
        v = [target(Objective.V, x[None], eps[None], *level)[0] for x, eps, level in each]
        off = [(says - right).flatten() for says, right in zip(model.packed(z, told(logsnr)), v, strict=True)]
        return torch.cat(off).square().mean()


def native_run(arm: str, seed: int = 0, steps: int = TRAINING.steps) -> Training:
    """A small transformer, to be trained on packs of this arm's clips."""
    config = replace(TRAINING.shortened(steps), seed=seed)
    torch.manual_seed(seed)
    return Training(NETWORK.build(), ARMS[arm], Packed(), config)


@torch.no_grad()
def drawn(
    network: Callable[..., Tensor], kind: str, n: int, seed: int = 5, steps: int = 25
) -> Float[Tensor, "n 1 t h w"]:
    """n clips of a world's size, from noise."""
    world = WORLDS[kind]
    noise = torch.randn(n, 1, world.frames, world.height, world.width, generator=plain_generator(seed))
    fresh = generator((seed, 0), "steps")
    return sample(ddim(network, noise, COSINE, Objective.V, steps, eta=1.0, generator=fresh)).clamp(-1, 1)


def in_picture(clips: Clips) -> Float[Tensor, "n t"]:
    """The simulator's truth: the share of the digit that is left inside the square in the middle."""
    mask = clips.mask[:, :1]
    return (squared(mask).sum((3, 4)) / mask.sum((3, 4)))[:, 0]


@dataclass(frozen=True)
class Eye:
    """Tells from pixels alone whether what is drawn is whole, cut off by the frame, or gone. Its two numbers were chosen by the simulator's truth.

    It looks at the picture's edge, and so can be asked of what is no digit yet.
    """

    edge: float
    """What is whole has no more ink than this on any one side of the picture."""
    nothing: float
    """Below this, in all, there is nothing."""

    def named(self, edge: Tensor, total: Tensor) -> dict[str, Tensor]:
        """From ink at the edge and in all: which frames are whole, cut, gone."""
        gone = total < self.nothing
        cut = (edge > self.edge) & ~gone
        return {"whole": ~cut & ~gone, "cut": cut, "gone": gone}

    def shares(self, video: Float[Tensor, "n 1 t h w"]) -> dict[str, float]:
        """Of all frames, those in which the digit is whole, cut, gone."""
        return {name: which.float().mean().item() for name, which in self.named(*seen(video)).items()}


def seen(video: Float[Tensor, "n 1 t h w"]) -> tuple[Float[Tensor, "n t"], Float[Tensor, "n t"]]:
    """Ink on the side of the picture that has most of it, and in all, where the brightest pixel of a frame counts 1: a faint digit is one too."""
    x = ink(video)
    x = x / x.amax((2, 3), keepdim=True).clamp(min=FAINT)
    sides = [x[..., 0, :], x[..., -1, :], x[..., :, 0], x[..., :, -1]]
    return torch.stack([side.sum(-1) for side in sides]).amax(0), x.sum((2, 3))


@cache
def fitted_eye(n: int = 400, seed: int = 4) -> Eye:
    """The eye that errs least, between whole and cut counted alike, on squares of which the simulator knows what they cut."""
    edge, total, share = looked_at(n, seed)
    whole, cut, gone = share > WHOLE, (share <= WHOLE) & (share >= GONE), share < GONE
    tried = torch.linspace(0.25, 6, 24)
    right = [(edge <= a)[whole].float().mean() + (edge > a)[cut].float().mean() for a in tried]
    return Eye(tried[torch.stack(right).argmax()].item(), nothing=total[gone].quantile(0.95).item())


def looked_at(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of frames of squares cut out of wide and tall clips: ink at the edge, ink in all, and the truth."""
    clips = [WORLDS[kind].sample(n, seed) for kind in ("wide", "tall")]
    looks = [(*seen(squared(each.video)), in_picture(each)) for each in clips]
    return tuple(torch.cat([part.flatten() for part in parts]) for parts in zip(*looks, strict=True))


def eye_is_right(eye: Eye, n: int = 400, seed: int = 9) -> dict[str, float]:
    """On other squares: the shares of whole, cut and gone digits that it calls so."""
    edge, total, share = looked_at(n, seed)
    truth = {"whole": share > WHOLE, "cut": (share <= WHOLE) & (share >= GONE), "gone": share < GONE}
    said = eye.named(edge, total)
    return {name: said[name][where].float().mean().item() for name, where in truth.items()}


@torch.no_grad()
def held_out(network: Callable[..., Tensor], kind: str, n: int = 64, seed: int = 123) -> float:
    """The loss on whole clips of that world in handwriting that was not trained on, the times spread evenly."""
    x = replace(WORLDS[kind], split="heldout").sample(n, seed).video
    eps = torch.randn(x.shape, generator=plain_generator(seed))
    return per_clip_loss(network, x, eps, (torch.arange(n) + 0.5) / n, None, COSINE, Objective.V).mean().item()


def measure_native(seeds: tuple[int, ...] = (0, 1), steps: int = TRAINING.steps, n: int = 32) -> dict:
    """A small transformer trained on packs of wide, tall and square clips, and one on packs of squares cut out of them: framing and held-out loss."""
    eye = fitted_eye()
    found = {"steps": steps, "n": n, "eye": eye_is_right(eye), "arms": {}, "real": {}}
    for kind in SHOWN:
        found["real"][kind] = eye.shares(WORLDS[kind].sample(n, 5).video)
    found["taught"] = taught()
    for arm in ARMS:
        found["arms"][arm] = {"loss": {kind: [] for kind in WORLDS}, "shares": {kind: [] for kind in SHOWN}}
    for seed in seeds:
        for arm, rows in found["arms"].items():
            training = native_run(arm, seed, steps)
            for _ in training.steps(progress=False):
                pass
            for kind in WORLDS:
                rows["loss"][kind].append(held_out(training.ema, kind))
            for kind in SHOWN:
                rows["shares"][kind].append(eye.shares(drawn(training.ema, kind, n)))
            print(arm, seed, rows, flush=True)
    return found


def taught(n: int = 300, seed: int = 6) -> dict[str, float]:
    """The simulator's count of what the squares show, over all three worlds."""
    share = torch.cat([in_picture(world.sample(n, seed)).flatten() for world in WORLDS.values()])
    whole, gone = (share > WHOLE).float().mean().item(), (share < GONE).float().mean().item()
    return {"whole": whole, "cut": 1 - whole - gone, "gone": gone}


def native_table(found: Receipt) -> str:
    """The losses on whole clips, each seed's."""
    rows = [("held-out loss on whole clips that are", *WORLDS)]
    for arm, each in found["arms"].items():
        rows.append(
            (f"  trained on {arm}", *(", ".join(f"{loss:.3f}" for loss in each["loss"][kind]) for kind in WORLDS))
        )
    return "\n".join(aligned(rows))


def native_sentence(found: Receipt) -> str:
    """What the squares show, and how far the eye can be trusted."""
    taught, right = found["taught"], found["eye"]
    return (
        f"Of the frames that the squares teach, {taught['whole']:.0%} have a whole digit, {taught['cut']:.0%} a cut one and {taught['gone']:.0%} none.\n"
        f"The eye that counts calls {right['whole']:.0%} of the whole ones whole, {right['cut']:.0%} of the cut ones cut, {right['gone']:.0%} of the gone ones gone."
    )


def native_bars(found: Receipt) -> dict[str, dict[str, float]]:
    """For a picture: the shares of whole, cut and gone digits in what was drawn, the mean of the seeds, and in real clips."""
    bars = {}
    for kind in SHOWN:
        for arm, each in found["arms"].items():
            seeds = each["shares"][kind]
            bars[f"{kind}, from {arm}"] = {name: sum(one[name] for one in seeds) / len(seeds) for name in seeds[0]}
        bars[f"{kind}, real"] = found["real"][kind]
    return bars

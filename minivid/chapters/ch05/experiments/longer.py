"""More frames than in training: what a transformer makes of places that it was never told, and of places that are squeezed into those it knows."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.chapters.ch05.experiments.small import SMALL
from minivid.course.receipt import Receipt
from minivid.diffusion.objective import Objective, diffuse, target
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import COSINE, like
from minivid.evaluation.report import aligned
from minivid.metrics.physics import fit_trajectory
from minivid.nn.attention.places import grid
from minivid.nn.dit import DiT, DiTConfig
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig

TRAINED, FRAMES, DRAWN = 8, (8, 12, 16, 24), (8, 24)
NETWORK = replace(SMALL.network, dim=48, depth=4, vocabulary=0)
TRAINING = TrainConfig(steps=200, batch=16, lr=0.003, lr_matrices=0.06, ema=0.98, warmup=20)
KINDS = ("rotary", "added", "both")


@dataclass(frozen=True)
class Squeezed:
    """Places whose frames lie closer together, so that a longer clip ends where training's did (Chen et al. 2023, "position interpolation").

    known: tokens along time in training.
    """

    known: int

    def __call__(self, frames: int, rows: int, columns: int) -> Float[Tensor, "3 t h w"]:
        place = grid(frames, rows, columns)
        place[0] *= min(1.0, self.known / frames)
        return place


def squeezed(network: DiT, frames: int) -> DiT:
    """The same weights, told squeezed places in clips of more frames than that."""
    other = DiT(network.config, replace(network.parts, places=Squeezed(frames // network.config.patch[0])))
    other.load_state_dict(network.state_dict())
    return other.eval().requires_grad_(False)


def longer_model(model: zoo.Model, frames: int, squeeze: bool = False) -> zoo.Model:
    """A transformer of the zoo that is asked for so many frames."""
    channels, trained, *sides = model.shape
    network = squeezed(model.network, trained) if squeeze else model.network
    return replace(model, run=replace(model.run, clip=(channels, frames, *sides)), network=network)


@torch.no_grad()
def by_frame(network: Callable[..., Tensor], frames: int, pieces: int = 1, n: int = 48, seed: int = 123) -> list[float]:
    """The loss in v at each frame of held-out clips of that length, the times spread evenly; or of their pieces, each alone."""
    x = replace(SMALL.worlds[0], frames=frames, split="heldout").sample(n, seed).video
    eps = torch.randn(x.shape, generator=plain_generator(seed))
    logsnr = COSINE.logsnr((torch.arange(n) + 0.5) / n)
    alpha, sigma = (like(level, x) for level in COSINE.alpha_sigma(logsnr))
    z, v = diffuse(x, eps, alpha, sigma), target(Objective.V, x, eps, alpha, sigma)
    z = rearrange(z, "b c (k t) h w -> (b k) c t h w", k=pieces)
    said = rearrange(network(z, logsnr.repeat_interleave(pieces)), "(b k) c t h w -> b c (k t) h w", k=pieces)
    return (said - v).square().mean((0, 1, 3, 4)).tolist()


@torch.no_grad()
def off_path(network: Callable[..., Tensor], frames: int, n: int = 16, seed: int = 5, steps: int = 25) -> float:
    """Of clips drawn at that length: how far the ink is off the nearest path between elastic walls, pixels, median."""
    world = SMALL.worlds[0]
    noise = torch.randn(n, 1, frames, world.height, world.width, generator=plain_generator(seed))
    path = ddim(network, noise, COSINE, Objective.V, steps, eta=1.0, generator=generator((seed, 0), "steps"))
    return fit_trajectory(sample(path).clamp(-1, 1)).rmse.median().item()


def trained_on_short(kind: str, seed: int, steps: int = TRAINING.steps) -> DiT:
    """A small transformer with these positions, trained on clips of TRAINED frames."""
    config: DiTConfig = replace(NETWORK, positions=kind)
    world = replace(SMALL.worlds[0], frames=TRAINED)
    run = replace(
        SMALL, network=config, worlds=(world,), clip=None, training=replace(TRAINING.shortened(steps), seed=seed)
    )
    training = run.start(data=lambda n, key: (world.sample(n, key).video, None))
    for _ in training.steps(progress=False):
        pass
    return training.ema.eval()


def measure_longer(
    seeds: tuple[int, ...] = (0, 1), steps: int = TRAINING.steps, frames: tuple[int, ...] = FRAMES
) -> dict:
    """Small transformers trained on 8 frames with three kinds of places, asked about more: the loss by frame, and the paths of what they draw."""
    found = {"steps": steps, "trained": TRAINED, "frames": list(frames), "kinds": {}}
    for kind in KINDS:
        found["kinds"][kind] = {"loss": [], "off_path": []}
    for seed in seeds:
        for kind, rows in found["kinds"].items():
            network = trained_on_short(kind, seed, steps)
            ways = {"as they are": network, "squeezed": squeezed(network, TRAINED)}
            losses = {way: {str(f): by_frame(net, f) for f in frames} for way, net in ways.items()}
            losses["in pieces"] = {str(f): by_frame(network, f, f // TRAINED) for f in frames if f % TRAINED == 0}
            rows["loss"].append(losses)
            rows["off_path"].append({way: {str(f): off_path(net, f) for f in DRAWN} for way, net in ways.items()})
            print(
                kind,
                seed,
                {w: {f: round(sum(v) / len(v), 4) for f, v in each.items()} for w, each in losses.items()},
                rows["off_path"][-1],
                flush=True,
            )
    return found


def mean_by_frame(found: Receipt, kind: str, way: str, frames: int) -> Float[Tensor, "t"]:
    """The loss at each frame, the mean of the seeds."""
    return torch.tensor([losses[way][str(frames)] for losses in found["kinds"][kind]["loss"]]).mean(0)


def lengths_table(found: Receipt) -> str:
    """The loss on clips of each length, and how far what was drawn is off its path: the mean of the seeds."""
    lengths, drawn = found["frames"], [f for f in found["frames"] if f in DRAWN]

    def frames(lengths: list[int]) -> tuple[str, ...]:
        return (*map(str, lengths[:-1]), f"{lengths[-1]} frames")

    rows = [("held-out loss at", *frames(lengths), "px off the path at", *frames(drawn))]
    for kind in KINDS:
        each = found["kinds"][kind]
        for way in ("in pieces", "as they are", "squeezed"):
            known = each["loss"][0][way]
            cells = (f"{mean_by_frame(found, kind, way, f).mean():.3f}" if str(f) in known else "" for f in lengths)
            paths = (
                [[seed[way][str(f)] for seed in each["off_path"]] for f in drawn]
                if way != "in pieces"
                else [[]] * len(drawn)
            )
            off = (f"{sum(one) / len(one):.2f}" if one else "" for one in paths)
            rows.append((f"  {kind}, {way}", *cells, "", *off))
    return "\n".join(aligned(rows))


def length_curves(found: Receipt, frames: int = FRAMES[-1]) -> dict[str, Tensor]:
    """For a picture: the loss at each frame of the longest clips, of each kind of places as they are; and of pieces, each alone."""
    curves = {f"{kind}": mean_by_frame(found, kind, "as they are", frames) for kind in KINDS}
    return curves | {
        "both, squeezed": mean_by_frame(found, "both", "squeezed", frames),
        "both, in pieces": mean_by_frame(found, "both", "in pieces", frames),
    }

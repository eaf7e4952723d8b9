"""Joint image-and-video training against training on clips alone: for as many steps, and for as many frames."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, stdev

import torch
from scipy import stats

from minivid.batches import clips_of, joint_clips_of
from minivid.chapters.ch03.experiments.laptop import LAPTOP
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion import COSINE, Objective
from minivid.diffusion.objective import per_clip_loss
from minivid.nn.condition import Cond
from minivid.tools.seeds import plain_generator

NETWORK = replace(
    LAPTOP.network, widths=(32, 64)
)  # half as wide as the laptop's: four seeds of three trainings in minutes


def measure_joint(seeds: tuple[int, ...] = (0, 1, 2, 3), steps: int = 150, batch: int = 8, images: int = 4) -> dict:
    """The loss on unseen clips after trainings with images behind each clip, without, and without but on as many frames.

    A seed's three networks begin with the same weights and are judged on the same clips and noise, so their differences are paired.
    """
    world = LAPTOP.worlds[0]
    as_many = batch * (world.frames + images) // world.frames
    arms = {
        "with images": (batch, joint_clips_of(world, images)),
        "as many clips": (batch, clips_of(world)),
        "as many frames": (as_many, clips_of(world)),
    }
    losses = {name: [] for name in arms}
    for seed in seeds:
        for name, (clips, batches) in arms.items():
            config = replace(LAPTOP.training.shortened(steps), batch=clips, seed=seed, growth=())
            training = replace(LAPTOP, name=name, network=NETWORK, training=config).start(data=batches)
            for _ in training.steps():
                pass
            losses[name].append(validation_loss(training.ema, world))
    sizes = {name: clips for name, (clips, _) in arms.items()}
    return {"steps": steps, "frames": world.frames, "images": images, "clips": sizes, "losses": losses}


def validation_loss(unet: torch.nn.Module, world: World, n: int = 256, seed: int = 12345) -> float:
    """The v-loss on n clips in handwriting that no run has seen, at evenly spread times."""
    clips = replace(world, split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=plain_generator(seed))
    u = (torch.arange(n) + 0.5) / n
    said = Cond(*tokenize(clips.caption))
    with torch.no_grad():
        return per_clip_loss(unet, clips.video, eps, u, said, COSINE, Objective.V).mean().item()


def paired(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    """The mean of a − b and Student's 95 % interval of it, over runs that belong together in pairs: two at least."""
    differences = [x - y for x, y in zip(a, b, strict=True)]
    middle, n = mean(differences), len(differences)
    half = stats.t.ppf(0.975, n - 1) * stdev(differences) / n**0.5
    return middle, middle - half, middle + half


def joint_sentence(found: Receipt) -> str:
    """What the receipt says: the loss with images, and its difference from each of the other trainings, with what follows from it."""
    losses, clips = found["losses"], found["clips"]
    images = losses["with images"]
    lines = [
        f"{found['steps']} steps, {len(images)} seeds; the v-loss on clips in unseen handwriting:",
        f"  {clips['with images']} clips and {found['images']} images behind each: {mean(images):.4f}",
    ]
    for name in ("as many clips", "as many frames"):
        middle, low, high = paired(images, losses[name])
        verdict = "images help" if high < 0 else "images harm" if low > 0 else "no difference is shown"
        lines.append(
            f"  {name + ',':15} {clips[name]:2} clips alone: {mean(losses[name]):.4f}\n"
            f"    images change it by {middle:+.4f} [{low:+.4f}, {high:+.4f}]: {verdict}"
        )
    return "\n".join(lines)

"""Joint image-and-video training against training on clips alone."""

from dataclasses import replace
from statistics import mean

import torch

from minivid.batches import clips_of, joint_clips_of
from minivid.chapters.ch03.experiments.following import GUIDANCE, accuracy
from minivid.chapters.ch03.experiments.laptop import LAPTOP, trained
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion import COSINE, Objective
from minivid.diffusion.objective import per_clip_loss
from minivid.nn.condition import Cond
from minivid.tools.seeds import plain_generator


def measure_joint(
    seeds: tuple[int, ...] = (0, 1), steps: int = 250, batch: int = 8, images: int = 4, n: int = 60
) -> dict:
    """Equal steps and equal clips, with and without independent images behind each clip; captions kept, and validation loss on clips."""
    world, results = LAPTOP.worlds[0], {"with images": [], "without": []}
    for seed in seeds:
        for name, batches in (("with images", joint_clips_of(world, images)), ("without", clips_of(world))):
            config = replace(LAPTOP.training.shortened(steps), batch=batch, seed=seed, growth=())
            training, model = trained(name, config, batches)
            rates = accuracy(model, n, seed=2000 + seed, steps=25, scale=GUIDANCE)
            results[name].append(
                {"loss": validation_loss(training.ema, world), "seconds": training.records[-1].seconds, **rates}
            )
    return {"steps": steps, "batch": batch, "images": images, "n": n, "frames": world.frames, "results": results}


def validation_loss(unet: torch.nn.Module, world: World, n: int = 128, seed: int = 12345) -> float:
    """The v-loss of clips that no run has seen, at evenly spread times."""
    clips = replace(world, split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=plain_generator(seed))
    u = (torch.arange(n) + 0.5) / n
    with torch.no_grad():
        return (
            per_clip_loss(unet, clips.video, eps, u, Cond(*tokenize(clips.caption)), COSINE, Objective.V).mean().item()
        )


def joint_sentence(found: Receipt) -> str:
    """What the joint training's receipt says, a line a measure: mean of each arm, and how many seeds agree."""
    with_images, without = found["results"]["with images"], found["results"]["without"]
    lines = [
        f"{found['steps']} steps of {found['batch']} clips of {found['frames']} frames, "
        f"and {found['images']} images behind each clip or none; {len(without)} seeds, {found['n']} samples each:"
    ]
    for key, words, better in (
        ("loss", "v-loss on clips in unseen handwriting", -1),
        ("digit_always", "captioned digit on every frame", 1),
        ("direction", "captioned direction", 1),
    ):
        a, b = ([result[key] for result in arm] for arm in (with_images, without))
        agree = sum((x - y) * better > 0 for x, y in zip(a, b, strict=True))
        lines.append(
            f"  {words}: {mean(a):.3f} with images, {mean(b):.3f} without (images better in {agree} of {len(a)} seeds)"
        )
    more = (found["frames"] + found["images"]) / found["frames"]
    lines.append(f"  a step with images sees {more:.1f} times as many frames as one without")
    return "\n".join(lines)

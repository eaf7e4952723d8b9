"""The transformer and the U-Net at equal minutes of one core."""

import time
from dataclasses import replace
from itertools import islice

import torch

from minivid import zoo
from minivid.course.receipt import Receipt
from minivid.data.captions import tokenize
from minivid.diffusion.objective import per_clip_loss
from minivid.diffusion.schedule import schedule_named
from minivid.evaluation.report import aligned
from minivid.nn.condition import Cond
from minivid.run import Run

NETWORKS = {"transformer": "dit-digits", "U-Net": "vdm-digits"}
GROWTH = ((0.2, 8), (0.35, 4), (0.5, 2))


def held_out_loss(run: Run, network: torch.nn.Module, n: int = 64, seed: int = 123) -> float:
    """The loss on handwriting that was not trained on, whole clips, the times spread evenly."""
    clips = replace(run.worlds[0], split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=torch.Generator().manual_seed(seed))
    times, cond = (torch.arange(n) + 0.5) / n, Cond(*tokenize(clips.caption))
    schedule, losses = schedule_named(run.loss.schedule), []
    with torch.no_grad():
        for i in range(0, n, 16):
            rows = slice(i, i + 16)
            losses.append(
                per_clip_loss(
                    network, clips.video[rows], eps[rows], times[rows], cond[rows], schedule, run.loss.objective
                )
            )
    return torch.cat(losses).mean().item()


def seconds_a_step(run: Run, steps: int = 4) -> float:
    """Of one core, not of the clock: others may be at work on this machine."""
    training = replace(run, training=replace(run.training, growth=())).start()
    steps_of = training.steps(progress=False)
    next(steps_of)
    start = time.process_time()
    for _ in islice(steps_of, steps):
        pass
    return (time.process_time() - start) / steps


def measure_minutes(seconds: float = 60.0, seeds: tuple[int, ...] = (0,)) -> dict:
    """The networks of dit-digits and vdm-digits, each trained for as many seconds of one core by the same recipe: held-out loss."""
    found = {"seconds": seconds}
    for words, name in NETWORKS.items():
        recipe = zoo.recipe(name)
        each = seconds_a_step(recipe)
        config = replace(recipe.training, steps=int(seconds / each), ema=0.98, growth=GROWTH, restarts=())
        rows = {"seconds_a_step": each, "steps": config.steps, "took": [], "loss": []}
        for seed in seeds:
            run = replace(recipe, training=replace(config, seed=seed))
            training, start = run.start(), time.process_time()
            for _ in training.steps(progress=False):
                pass
            rows["took"].append(time.process_time() - start)
            rows["loss"].append(held_out_loss(run, training.ema))
        found[words] = rows
    return found


def minutes_table(found: Receipt) -> str:
    """What the receipt says."""
    rows = [("", "seconds a step", "steps", "seconds in all", "held-out loss")]
    for words in NETWORKS:
        each = found[words]
        losses = ", ".join(f"{loss:.3f}" for loss in each["loss"])
        rows.append(
            (
                words,
                f"{each['seconds_a_step']:.2f}",
                str(each["steps"]),
                f"{sum(each['took']) / len(each['took']):.0f}",
                losses,
            )
        )
    return "\n".join(aligned(rows))

"""Short clips first against whole clips from the start, for the same work."""

from dataclasses import replace

import torch

from minivid.chapters.ch03.experiments.following import GUIDANCE, READER_SEED
from minivid.chapters.ch03.experiments.laptop import LAPTOP, trained
from minivid.course.receipt import Receipt
from minivid.data.captions import parse
from minivid.metrics.reader import agreement, fit_reader

ARMS = {"whole clips": (), "short first": LAPTOP.training.growth}


def measure_growth(seeds: tuple[int, ...] = (0, 1), steps: int = 400, n: int = 60) -> dict:
    """The laptop recipe in fewer steps, each of them as many frames, with and without short clips first."""
    world = LAPTOP.worlds[0]
    reader, asked = fit_reader(world, READER_SEED), world.sample(n, 4000)
    digit = torch.tensor([parse(caption)[0].digit for caption in asked.caption])
    results = {name: [] for name in ARMS}
    for seed in seeds:
        for name, growth in ARMS.items():
            config = replace(LAPTOP.training.shortened(steps), seed=seed, growth=growth)
            training, model = trained(name, config)
            made = model.sample(asked.caption, seed=seed, steps=25, guidance=GUIDANCE)
            results[name].append(
                {
                    "frames_read": (reader.read(made) == digit[:, None]).float().mean().item(),
                    "seconds": training.records[-1].seconds,
                    **agreement(made, asked.caption, reader).rates(),
                }
            )
    return {"steps": steps, "batch": LAPTOP.training.batch, "n": n, "results": results}


def growth_sentence(found: Receipt) -> str:
    """What the receipt says, a line a measure, each arm's seeds side by side."""
    lines = [
        f"{found['steps']} steps of as many frames, {found['n']} samples each, a number for each of {len(found.seeds)} seeds:"
    ]
    for key, words in (
        ("frames_read", "captioned digit, share of frames"),
        ("digit_always", "captioned digit on every frame"),
        ("direction", "captioned direction"),
        ("speed", "captioned speed"),
    ):
        arms = [f"{name} {', '.join(f'{run[key]:.2f}' for run in runs)}" for name, runs in found["results"].items()]
        lines.append(f"  {words + ':':34} {'   '.join(arms)}")
    return "\n".join(lines)

"""The larger model of the zoo, held against real clips of its own world."""

import torch

from minivid import zoo
from minivid.course.experiments.ch03.following import GUIDANCE, READER_SEED, interval
from minivid.course.receipt import Receipt
from minivid.metrics.physics import fit_trajectory
from minivid.metrics.reader import agreement, fit_reader

TOGETHER = 25  # clips sampled at once
RATES = {
    "digit_always": "captioned digit on every frame",
    "same_digit": "one digit on all frames",
    "direction": "captioned direction",
    "speed": "captioned speed",
}


def measure_digits(n: int = 200, seed: int = 8, steps: int = 50) -> dict:
    """vdm-digits and real clips, of the same captions and read the same way; how far their paths are from straight lines and bounces."""
    model = zoo.load("vdm-digits")
    reader, asked = fit_reader(model.world, READER_SEED), model.world.sample(n, seed)
    captions = [asked.caption[i : i + TOGETHER] for i in range(0, n, TOGETHER)]
    made = torch.cat(
        [model.sample(part, seed=seed + 1000 * i, steps=steps, guidance=GUIDANCE) for i, part in enumerate(captions)]
    )
    found = {"model": model.manifest["sha256"], "n": n, "steps": steps, "guidance": GUIDANCE}
    for name, video in (("made", made), ("real", asked.video)):
        rates = agreement(video, asked.caption, reader).rates()
        residual = fit_trajectory(video).rmse
        found[name] = {**rates, "residual_median": residual.median().item(), "residual_mean": residual.mean().item()}
    return found


def digits_table(found: Receipt) -> str:
    """What the receipt says, a line a measure."""
    made, real, n = found["made"], found["real"], found["n"]
    lines = [
        f"{n} captions, guidance {found['guidance']:g}, {found['steps']} steps:  made [95 %]          real   made / real"
    ]
    for key, words in RATES.items():
        low, high = interval(made[key], n)
        lines.append(
            f"  {words:32} {made[key]:.2f} [{low:.2f}, {high:.2f}]   {real[key]:.2f}   {made[key] / real[key]:.2f}"
        )
    lines.append(
        f"  {'off the fitted path, px, median':32} {made['residual_median']:.2f}                {real['residual_median']:.2f}"
    )
    return "\n".join(lines)

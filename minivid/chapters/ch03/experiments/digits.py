"""The larger model of the zoo, held against real clips of its own world."""

import torch

from minivid import zoo
from minivid.chapters.ch03.experiments.following import GUIDANCE, READER_SEED, interval
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
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
    """vdm-digits and real clips, of the same captions and read the same way; how far their paths are from straight lines and bounces.

    Drawn twice from the same noise: with new noise at each step, as the commands draw, and without.
    """
    model = zoo.load("vdm-digits")
    reader, asked = fit_reader(model.world, READER_SEED), model.world.sample(n, seed)
    captions = [asked.caption[i : i + TOGETHER] for i in range(0, n, TOGETHER)]

    def drawn(eta: float) -> torch.Tensor:
        parts = (
            model.sample(part, seed=seed + 1000 * i, steps=steps, guidance=GUIDANCE, eta=eta)
            for i, part in enumerate(captions)
        )
        return torch.cat(list(parts))

    found = {"model": model.manifest["sha256"], "n": n, "steps": steps, "guidance": GUIDANCE, "eta": zoo.ETA}
    for name, video in (("made", drawn(zoo.ETA)), ("without", drawn(0.0)), ("real", asked.video)):
        rates = agreement(video, asked.caption, reader).rates()
        residual = fit_trajectory(video).rmse
        found[name] = {**rates, "residual_median": residual.median().item(), "residual_mean": residual.mean().item()}
    return found


def digits_table(found: Receipt) -> str:
    """What the receipt says, a line a measure."""
    made, without, real, n = found["made"], found["without"], found["real"], found["n"]
    head = f"{n} captions, guidance {found['guidance']:g}, {found['steps']} steps"
    rows = [(head, f"eta {found['eta']:g}", "[95 %]", "of real", "eta 0", "of real", "real")]
    for key, words in RATES.items():
        low, high = interval(made[key], n)
        mine, plain, of_real = (f"{rate:.2f}" for rate in (made[key], without[key], real[key]))
        shares = [f"{one[key] / real[key]:.2f}" for one in (made, without)]
        rows.append((f"  {words}", mine, f"[{low:.2f}, {high:.2f}]", shares[0], plain, shares[1], of_real))
    mine, plain, of_real = (f"{one['residual_median']:.2f}" for one in (made, without, real))
    rows.append(("  off the fitted path, px, median", mine, "", "", plain, "", of_real))
    return "\n".join(aligned(rows))

"""dit-digits beside vdm-digits: the same captions, read the same way."""

import time

import torch

from minivid import zoo
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.metrics.physics import fit_trajectory
from minivid.metrics.reader import agreement, fit_reader

MODELS = ("dit-digits", "vdm-digits")
RATES = {
    "digit_always": "captioned digit on every frame",
    "same_digit": "one digit on all frames",
    "direction": "captioned direction",
    "speed": "captioned speed",
}
READER_SEED, TOGETHER = 0, 25


def measure_digits(n: int = 100, seed: int = 8, steps: int = 25, guidance: float = 3.0) -> dict:
    """dit-digits, vdm-digits and real clips of the same captions, read the same way; what each had cost, and seconds a clip."""
    world = zoo.recipe(MODELS[0]).worlds[0]
    asked, reader = world.sample(n, seed), fit_reader(world, READER_SEED)
    found = {"n": n, "steps": steps, "guidance": guidance, "eta": zoo.ETA}
    clips = {"real": asked.video}
    for name in MODELS:
        model = zoo.load(name)
        start = time.process_time()
        clips[name] = torch.cat(
            [
                model.sample(
                    asked.caption[i : i + TOGETHER], seed=seed + 1000 * i, steps=steps, guidance=guidance, eta=zoo.ETA
                )
                for i in range(0, n, TOGETHER)
            ]
        )
        found[f"about {name}"] = {
            "sha256": model.manifest["sha256"],
            "seconds_a_clip": (time.process_time() - start) / n,
            "steps": model.manifest["steps"],
            "minutes": model.manifest["minutes"],
            "loss": model.manifest.get("final_loss", model.manifest.get("loss")),
            "parameters": sum(weight.numel() for weight in model.network.parameters()),
        }
    for name, video in clips.items():
        residual = fit_trajectory(video).rmse
        found[name] = {**agreement(video, asked.caption, reader).rates(), "residual": residual.median().item()}
    return found


def digits_table(found: Receipt) -> str:
    """What the receipt says, a line a measure."""
    rows = [(f"{found['n']} captions, guidance {found['guidance']:g}, {found['steps']} steps", *MODELS, "real clips")]
    for key, words in RATES.items():
        rows.append((f"  {words}", *(f"{found[name][key]:.2f}" for name in (*MODELS, "real"))))
    rows.append(
        ("  off the fitted path, px, median", *(f"{found[name]['residual']:.2f}" for name in (*MODELS, "real")))
    )
    about = [found[f"about {name}"] for name in MODELS]
    rows.append(("  weights, millions", *(f"{each['parameters'] / 1e6:.2f}" for each in about), ""))
    rows.append(("  steps of training", *(f"{each['steps']:,}" for each in about), ""))
    rows.append(("  minutes of training, by the clock", *(f"{each['minutes']:.0f}" for each in about), ""))
    rows.append(("  seconds of one core for a clip", *(f"{each['seconds_a_clip']:.2f}" for each in about), ""))
    return "\n".join(aligned(rows))

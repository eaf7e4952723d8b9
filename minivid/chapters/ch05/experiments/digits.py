"""dit-digits beside vdm-digits: the same captions, read the same way."""

import time
from dataclasses import replace

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
READER_SEED, TOGETHER = 0, 20
LONGER = 24
"""Frames that are asked for beyond those of training."""


def measure_digits(n: int = 60, seed: int = 8, steps: int = 25, guidance: float = 3.0) -> dict:
    """dit-digits, vdm-digits and real clips of the same captions, read the same way; what each had cost; and longer clips than it was shown."""
    world = zoo.recipe(MODELS[0]).worlds[0]
    asked, reader = world.sample(n, seed), fit_reader(world, READER_SEED)
    found = {"n": n, "steps": steps, "guidance": guidance, "eta": zoo.ETA, "frames": world.frames, "longer": LONGER}

    def drawn(model: zoo.Model) -> torch.Tensor:
        parts = (
            model.sample(
                asked.caption[i : i + TOGETHER], seed=seed + 1000 * i, steps=steps, guidance=guidance, eta=zoo.ETA
            )
            for i in range(0, n, TOGETHER)
        )
        return torch.cat(list(parts))

    clips = {"real": asked.video}
    for name in MODELS:
        model, start = zoo.load(name), time.process_time()
        clips[name] = drawn(model)
        found[f"about {name}"] = {
            "sha256": model.manifest["sha256"],
            "seconds_a_clip": (time.process_time() - start) / n,
            "steps": model.manifest["steps"],
            "asked": zoo.recipe(name).training.steps,
            "minutes": model.manifest["minutes"],
            "parameters": sum(weight.numel() for weight in model.network.parameters()),
        }
    transformer = zoo.load(MODELS[0])
    channels, _, *sides = transformer.shape
    clips["longer clips"] = drawn(replace(transformer, run=replace(transformer.run, clip=(channels, LONGER, *sides))))
    clips["longer, real"] = replace(world, frames=LONGER).sample(n, seed, caption=asked.caption).video
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
    rows.append(
        (
            "  steps of training, of those that its recipe asks for",
            *(f"{each['steps']:,} of {each['asked']:,}" for each in about),
            "",
        )
    )
    rows.append(("  minutes of training, by the clock", *(f"{each['minutes']:.0f}" for each in about), ""))
    rows.append(("  seconds of one core for a clip", *(f"{each['seconds_a_clip']:.2f}" for each in about), ""))
    return "\n".join(aligned(rows))


def digits_sentence(found: Receipt) -> str:
    """Who is ahead, and how far each had come."""
    mine, theirs = (found[name] for name in MODELS)
    about = [found[f"about {name}"] for name in MODELS]
    ahead = [sum(mine[key] > theirs[key] for key in RATES) + (mine["residual"] < theirs["residual"])]
    ahead.append(sum(theirs[key] > mine[key] for key in RATES) + (theirs["residual"] < mine["residual"]))
    many = len(RATES) + 1
    whole = [
        f"{name} {'finished' if each['steps'] == each['asked'] else 'unfinished'}"
        for name, each in zip(MODELS, about, strict=True)
    ]
    return f"Ahead of the other: {MODELS[0]} on {ahead[0]} of {many} measures, {MODELS[1]} on {ahead[1]} ({', '.join(whole)})."


def longer_table(found: Receipt) -> str:
    """dit-digits asked for more frames than it was shown in training."""
    columns = (MODELS[0], "longer clips", "longer, real")
    rows = [
        ("", f"{found['frames']} frames, as trained", f"{found['longer']} frames", f"{found['longer']} frames, real")
    ]
    for key, words in RATES.items():
        rows.append((f"  {words}", *(f"{found[name][key]:.2f}" for name in columns)))
    rows.append(("  off the fitted path, px, median", *(f"{found[name]['residual']:.2f}" for name in columns)))
    return "\n".join(aligned(rows))

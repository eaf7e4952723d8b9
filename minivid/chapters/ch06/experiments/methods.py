"""What each way from images to video is worth at equal steps, beside a network with nothing learnt before.

All draw from the same captions and noise and are shown the same clips, so that differences are paired, clip by clip. Each arm is trained
several times, from other first weights and on other clips, and each training is asked for clips of its own.
"""

import json
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from statistics import mean

import torch
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflate, inflated
from minivid.chapters.ch06.clips import LEVELS, WORLD, as_clips, errors_of_each, model_of, to_its_end, video_run
from minivid.chapters.ch06.seen import Seen, of_each, seen, with_interval
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import mean_interval, paired_interval
from minivid.nn.unet import UNet
from minivid.tools.files import write_atomically
from minivid.train import TrainConfig

HOME, TOGETHER = "runs/methods", 20
TRAINING = TrainConfig(steps=400, batch=4, warmup=20, ema=0.98, save_every=25)
"""A step's clips and noise are the same in every arm; the seed is the measurement's."""
MEASURES = {
    "direction": "direction",
    "off": "thrown off, px",
    "step": "a step, px",
    "same": "one digit",
    "alike": "alike",
    "read": "digit as asked",
}
PATH = ("off", "step", "alike")
ALONE, REAL = "the image model", "real clips"


@dataclass(frozen=True)
class Arm:
    """Whose network, whether it begins with the image model's weights, and whether all of it is trained or what the method trains."""

    method: Method
    learnt: bool = True
    everything: bool = False

    def build(self, image: UNet) -> UNet:
        """The network before its first step."""
        network = inflated(image, self.method) if self.learnt else inflate(image, self.method)[0].build()
        return network.requires_grad_(True) if self.everything else network


ARMS = {
    "AnimateDiff": Arm(Method.ANIMATEDIFF),
    "Video LDM": Arm(Method.VIDEO_LDM),
    "Make-A-Video": Arm(Method.MAKE_A_VIDEO),
    "Tune-A-Video": Arm(Method.TUNE_A_VIDEO),
    "from nothing": Arm(Method.ANIMATEDIFF, learnt=False, everything=True),
}
"""The last has AnimateDiff's network."""


def trained(image: zoo.Model, arm: Arm, training: TrainConfig, out: Path) -> tuple[zoo.Model, float, int]:
    """The model of an arm, the minutes that it took, and how many weights were trained; taken up from `out` where it stands there."""
    run = video_run(image, arm.method, training).start(build=lambda: arm.build(image.network))
    to_its_end(run, out, 25)
    asks = sum(weight.numel() for weight in run.model.parameters() if weight.requires_grad)
    return model_of(image, arm.method, run.ema), run.records[-1].seconds / 60, asks


def drawn(model: zoo.Model, captions: list[str], seed: int, steps: int) -> Tensor:
    """A clip for each caption, cut to ±1; the same noise whatever the model."""
    parts = [
        model.sample(captions[i : i + TOGETHER], seed=seed + i, steps=steps, eta=zoo.ETA)
        for i in range(0, len(captions), TOGETHER)
    ]
    return torch.cat(parts).clamp(-1, 1)


def looked_at(model: zoo.Model, captions: list[str], seed: int, steps: int) -> dict:
    """What is counted in a model's clips, and its errors at each level, clip by clip."""
    errors = errors_of_each(model, len(captions), seed + 1)
    return {
        "clips": of_each(seen(drawn(model, captions, seed, steps), captions)),
        "errors": [[round(one, 6) for one in level] for level in errors.tolist()],
    }


def measure_methods(n: int = 16, seeds: tuple[int, ...] = (8, 9, 10), steps: int = 12, home: str = HOME) -> dict:
    """The four ways from images to video at equal steps, and a network from nothing, each trained once a seed: direction, path, one digit, the digit as asked, x̂'s error.

    Trainings and what was found are kept in `home`: a measurement that was cut off goes on where it stood.
    """
    image = zoo.load("image-digits")
    parts = [of_a_seed(image, n, seed, steps, Path(home)) for seed in seeds]
    return {
        "model": image.manifest["sha256"],
        "n": n,
        "drawing": {"steps": steps, "guidance": zoo.GUIDANCE, "eta": zoo.ETA},
        "training": {"steps": TRAINING.steps, "batch": TRAINING.batch, "frames": WORLD.frames},
        "levels": list(LEVELS),
        "rows": {name: joined([part[name] for part in parts]) for name in parts[0]},
    }


def of_a_seed(image: zoo.Model, n: int, seed: int, steps: int, home: Path) -> dict:
    """A row for each arm: one training of it, and n clips."""
    asked = WORLD.sample(n, seed)
    rows = {REAL: {"clips": of_each(seen(asked.video, asked.caption))}}
    for name in (ALONE, *ARMS):
        out = home / f"{name.replace(' ', '-')}-{seed}"
        file = out / f"{n}-{steps}.json"
        if not file.exists():
            out.mkdir(parents=True, exist_ok=True)
            about, model = {}, as_clips(image)
            if name != ALONE:
                model, minutes, asks = trained(image, ARMS[name], replace(TRAINING, seed=seed), out)
                about = {"minutes": round(minutes, 2), "trained": asks}
            write_atomically(file, json.dumps(about | looked_at(model, asked.caption, seed, steps)).encode())
        rows[name] = json.loads(file.read_text(encoding="utf-8"))
    return rows


def joined(parts: list[dict]) -> dict:
    """A row of all seeds: clip after clip, the minutes of one training on the average."""
    clips = {measure: [one for part in parts for one in part["clips"][measure]] for measure in parts[0]["clips"]}
    row = {"clips": clips}
    if "errors" in parts[0]:
        row["errors"] = [[*chain(*level)] for level in zip(*(part["errors"] for part in parts), strict=True)]
    if "minutes" in parts[0]:
        row |= {"minutes": round(mean(part["minutes"] for part in parts), 2), "trained": parts[0]["trained"]}
    return row


def methods_table(found: Receipt) -> str:
    """A row an arm: means; a star where it surely differs from the image model."""
    training, many = found["training"], len(found.seeds)
    said = f"{many} times {found['n']} clips, {training['steps']} steps of {training['batch']}"
    rows = [(said, *MEASURES.values())]
    for name in (REAL, ALONE, *ARMS):
        rows.append((f"  {name}", *(starred(found, name, measure) for measure in MEASURES)))
    return "\n".join(aligned(rows))


def starred(found: Receipt, name: str, measure: str) -> str:
    """A row's mean, with its star."""
    values = found["rows"][name]["clips"][measure]
    star = "*" if name not in (REAL, ALONE) and differs(found, name, measure) else " "
    return f"{with_interval(measure, values)[0]:.2f}{star}"


def differs(found: Receipt, name: str, measure: str, other: str = ALONE) -> int:
    """1 or −1 where the difference of two rows, clip by clip, is surely above or below 0, and is so in every training's mean; else 0."""
    one, two = (found["rows"][row]["clips"][measure] for row in (name, other))
    _, low, high = paired_interval(one, two)
    apart = [a - b for a, b in zip(one, two, strict=True)]
    each = [mean(apart[i : i + found["n"]]) for i in range(0, len(apart), found["n"])]
    return (low > 0 and min(each) > 0) - (high < 0 and max(each) < 0)


def errors_table(found: Receipt) -> str:
    """x̂'s squared error at each level as a share of the image model's, clip by clip, with its 95 % interval."""
    rows = [("x̂'s error at λ =", *(f"{level:g}" for level in found["levels"]))]
    for name in ARMS:
        cells = ("{:.2f} [{:.2f}, {:.2f}]".format(*share) for share in shares(found, name))
        rows.append((f"  {name}", *cells))
    return "\n".join(aligned(rows))


def shares(found: Receipt, name: str) -> list[tuple[float, float, float]]:
    """At each level: the error's ratio to the image model's, a clip at a time, its mean and 95 % interval."""
    mine, theirs = (found["rows"][row]["errors"] for row in (name, ALONE))
    return [
        mean_interval([a / b for a, b in zip(here, there, strict=True)])
        for here, there in zip(mine, theirs, strict=True)
    ]


def minutes_sentence(found: Receipt) -> str:
    """How long one training of each arm took; what is drawn and counted comes after it."""
    took = ", ".join(f"{name} {found['rows'][name]['minutes']:.1f}" for name in ARMS)
    return f"Minutes of one training, by the clock of a busy machine and before the measurement below: {took}."


def beside_the_receipt(here: Seen, found: Receipt, name: str) -> str:
    """A row measured again on other clips and fewer or more steps, beside the receipt's, each mean with its 95 % interval."""
    rows = [("", "clips", *(MEASURES[measure] for measure in PATH))]
    for place, of in {"here": of_each(here), "receipt": found["rows"][name]["clips"]}.items():
        cells = ("{:.2f} [{:.2f}, {:.2f}]".format(*with_interval(measure, of[measure])) for measure in PATH)
        rows.append((f"  {place}", str(len(of["same"])), *cells))
    return "\n".join(aligned(rows))

"""AnimateDiff's promise: a module of motion that was trained on one base, put into another of which the style was tuned.

The base is `image-digits`, its style `image-digits-neon`, the module `motion-digits`: it has seen no neon, and the style no motion.
"""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated, merged
from minivid.chapters.ch06.clips import WORLD, as_clips, model_of
from minivid.chapters.ch06.experiments.methods import drawn
from minivid.chapters.ch06.seen import of_each, seen, with_interval
from minivid.checkpoint import load_into, weights_of
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import paired_interval
from minivid.nn.unet import UNet

NEON = replace(WORLD, neon=True)
BRIGHTEST = 10
"""Pixels of a frame that say whether its ink is white."""
MODULE, STYLE, LIFTED = "base and module", "style alone", "style and module"
ROWS = ("real, plain", "real, neon", MODULE, STYLE, LIFTED)
LONGER = 16
MEASURES = {"white": "white", "off": "thrown off, px", "same": "one digit", "read": "digit as asked"}


def whiteness(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b"]:
    """How white the ink is, 0 to 1: the least of red, green and blue, over the BRIGHTEST pixels of each frame by that, the mean.

    A coloured stroke lacks one of the three, a neon tube none; so it tells the styles apart and knows nothing of shape or place.
    """
    least = (video.amin(1).flatten(2) + 1) / 2
    return least.topk(BRIGHTEST, dim=-1).values.mean((1, 2))


def lifted(base: UNet, module: zoo.Model) -> UNet:
    """The module in a base, whichever it was trained on."""
    network = inflated(base, Method.ANIMATEDIFF)
    load_into(network, weights_of(network) | module.network.adapter(), module.name)
    return network


def models(strength: float | int = 1.0) -> dict[str, zoo.Model]:
    """The three that draw, by row: base with module, style alone, and the module in the style."""
    image, module = zoo.load("image-digits"), zoo.load("motion-digits")
    tuned = merged(zoo.load("image-digits-neon").network, strength)
    alone = as_clips(replace(image, network=tuned.eval().requires_grad_(False)))
    there = {MODULE: image.network, LIFTED: tuned}
    moving = {name: model_of(image, Method.ANIMATEDIFF, lifted(base, module)) for name, base in there.items()}
    return {MODULE: moving[MODULE], STYLE: alone, LIFTED: moving[LIFTED]}


def looked_at(video: Tensor, captions: list[str], neon: bool) -> dict[str, list[float]]:
    """What is counted, clip by clip; the digit is read by who knows that look."""
    found = of_each(seen(video, captions, NEON if neon else WORLD))
    return found | {"white": [round(one, 4) for one in whiteness(video).tolist()]}


def measure_lift(n: int = 24, seed: int = 18, steps: int = 12) -> dict:
    """A motion module in a base of another style: how white its ink is, how straight its paths, whether it is one digit."""
    plain, neon, network = WORLD.sample(n, seed), NEON.sample(n, seed), models()
    captions = plain.caption
    rows = {ROWS[0]: looked_at(plain.video, captions, False), ROWS[1]: looked_at(neon.video, captions, True)}
    for name, model in network.items():
        rows[name] = looked_at(drawn(model, captions, seed, steps), captions, name != MODULE)
        print(name, flush=True)
    many, channels, *sides = n // 2, *network[MODULE].shape[:1], *network[MODULE].shape[2:]
    longer = replace(network[MODULE], run=replace(network[MODULE].run, clip=(channels, LONGER, *sides)))
    rows["longer"] = looked_at(drawn(longer, captions[:many], seed, steps), captions[:many], False)
    names = ("image-digits", "image-digits-neon", "motion-digits")
    return {
        "models": {name: zoo.load(name).manifest["sha256"] for name in names},
        "n": n,
        "drawing": {"steps": steps, "guidance": zoo.GUIDANCE, "eta": zoo.ETA},
        "rows": rows,
    }


def lift_table(found: Receipt) -> str:
    """A row a model: each mean with its 95 % interval."""
    rows = [(f"{found['n']} clips", *MEASURES.values())]
    for name in ROWS:
        of = found["rows"][name]
        cells = ("{:.2f} [{:.2f}, {:.2f}]".format(*with_interval(measure, of[measure])) for measure in MEASURES)
        rows.append((f"  {name}", *cells))
    return "\n".join(aligned(rows))


def kept(found: Receipt) -> dict[str, tuple[float, float, float]]:
    """What lifting costs, clip by clip, mean and 95 % interval: whiteness against the style alone, the path against base and module."""
    rows = found["rows"]
    against = {"white": STYLE, "off": MODULE}
    return {name: paired_interval(rows[LIFTED][name], rows[other][name]) for name, other in against.items()}


def lift_sentence(found: Receipt) -> str:
    """The differences in words, and how many clips are nearer to neon than to plain ink."""
    real = [sum(found["rows"][name]["white"]) / found["n"] for name in ROWS[:2]]
    shares = {name: share_of(found, name, sum(real) / 2) for name in (MODULE, STYLE, LIFTED)}
    white, off = ("{:+.2f} [{:+.2f}, {:+.2f}]".format(*kept(found)[name]) for name in ("white", "off"))
    return (
        "Nearer to neon's white than to plain ink's: "
        + ", ".join(f"{name} {one:.0%}" for name, one in shares.items())
        + ".\n"
        f"Style and module against the style alone: white {white}.\n"
        f"Style and module against base and module: thrown off {off} px."
    )


def share_of(found: Receipt, name: str, border: float) -> float:
    """The share of a row's clips whose ink is whiter than that."""
    return sum(one > border for one in found["rows"][name]["white"]) / found["n"]


def longer_sentence(found: Receipt) -> str:
    """What comes of twice the frames that the module was trained on."""
    of, many = found["rows"]["longer"], len(found["rows"]["longer"]["off"])
    trained = {name: values[:many] for name, values in found["rows"][MODULE].items()}
    words = [
        f"{MEASURES[name]} {sum(trained[name]) / many:.2f} → {sum(of[name]) / many:.2f}" for name in ("off", "same")
    ]
    return f"{WORLD.frames} frames, as trained → {LONGER} frames, {many} clips: {', '.join(words)}."

"""The course's models before the course's judges (chapter 8; tests/test_evaluation.py): what `minivid evaluate` and the receipt of the
zoo are made of.

`minivid.metrics` takes networks and clips as they come; here the zoo, the judges and the simulator's worlds meet them.
"""

import math
import os

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import judges, zoo
from minivid.batches import clips_of
from minivid.data.world import World
from minivid.metrics.features import extractors
from minivid.metrics.measure import Clips, Judges, simulator
from minivid.metrics.pretrained import I3D_VARIABLE, i3d
from minivid.metrics.report import Report
from minivid.metrics.scoring import PARTS, check, evaluate
from minivid.tools.progress import Progress
from minivid.train import Step


def jury() -> Judges:
    """The course's networks; and I3D, where the environment says that it is here. Raises FileNotFoundError where it is not."""
    motion, text = judges.load("judge-motion"), judges.load("judge-text")
    film, looks = extractors(motion.net, motion.name, motion.sha256)
    more = (i3d(),) if os.environ.get(I3D_VARIABLE) else ()
    return Judges(film, looks, text.net, f"judge-text {text.sha256[:12]}", more)


def sampled(
    model: zoo.Model, n: int, seed: int = 0, steps: int = 50, guidance: float = 3.0, quiet: bool = True
) -> Clips:
    """n clips of a model, to the captions of its first world, drawn as `minivid sample` draws them."""
    captions = None
    if model.run.captions:
        captions = model.world.sample(n, (seed, 0)).caption
    whose = f"weights {model.manifest['sha256'][:12]}" if "sha256" in model.manifest else "weights of this session"
    made = (
        f"{model.name}: DDIM with eta {zoo.ETA:g}, {steps} step{'s' if steps != 1 else ''}, guidance {guidance:g}, "
        f"seed {seed}, {whose}."
    )
    return Clips(model.name, zoo.draw(model, captions, n, seed, steps, guidance, zoo.ETA, quiet), captions, made)


def real(world: World, n: int, seed: int = 0) -> Clips:
    """Clips of the simulator."""
    made = world.sample(n, (seed, 1))
    height, width = made.video.shape[-2:]
    digits = "one digit" if world.digits == 1 else f"{world.digits} digits"
    return Clips(f"the simulator ({digits}, {world.frames} frames of {height}×{width})", made.video, made.caption)


def learnt_from(model: zoo.Model, n: int) -> Float[Tensor, "n c t h w"] | None:
    """The last whole clips that a model was trained on, at most n, made again: what it would repeat, had it learnt any by heart.

    None where there are none: a model of someone's videos, one without a manifest, a run that was too short for whole clips.
    """
    if not model.run.worlds or not model.manifest:
        return None
    config, draw = model.run.training, clips_of(*model.run.worlds)
    whole = [step for step in range(config.steps) if config.parts(step) == 1][-math.ceil(n / config.batch) :]
    clips = [draw(config.batch, Step(config.seed, step).key)[0] for step in reversed(whole)]
    return torch.cat(clips)[:n] if clips else None


def report_on(
    clips: Clips,
    beside: Clips | None,
    world: World | None,
    by: Judges,
    learnt: Float[Tensor, "m c t h w"] | None = None,
    seed: int = 0,
    quiet: bool = True,
) -> Report:
    """Everything that can be said of clips, beside real ones: by the simulator's law too, where their world is known.

    `learnt`: clips that they may be copies of. Raises ValueError for sets that cannot be compared.
    """
    check(clips, beside)
    sim = simulator(world, seed) if world is not None else None
    with Progress(PARTS, "part", quiet=quiet) as bar:
        return evaluate(clips, by, beside, sim, learnt, seed, done=lambda part: bar.update(after=part))


def whole_zoo(
    n: int, seed: int = 0, steps: int = 50, guidance: float = 3.0, quiet: bool = True
) -> list[tuple[Report, Clips]]:
    """Every model whose weights are here, each after its world's own clips and their first frames held.

    Raises ValueError where there is none.
    """
    names = [name for name in zoo.RECIPES if (zoo.WEIGHTS / f"{name}.safetensors").is_file()]
    if not names:
        raise ValueError("no model of the zoo is here; `minivid zoo` lists the commands that make them.")
    by, found, seen = jury(), [], []
    for name in names:
        model = zoo.load(name)
        if model.world is None:
            continue
        beside, learnt = real(model.world, 2 * n, seed), learnt_from(model, 4 * n)
        if model.world not in seen:
            seen.append(model.world)
            again = model.world.sample(n, (seed, 3))
            held = again.video[:, :, :1].expand_as(again.video).contiguous()
            for title, video in (("real clips", again.video), ("still pictures", held)):
                clips = Clips(title if len(seen) == 1 else f"{title} of {name}", video, again.caption)
                found.append((report_on(clips, beside, model.world, by, learnt, seed, quiet), clips))
        clips = sampled(model, n, seed, steps, guidance, quiet)
        found.append((report_on(clips, beside, model.world, by, learnt, seed, quiet), clips))
    return found

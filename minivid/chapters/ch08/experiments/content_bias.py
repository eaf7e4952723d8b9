"""Content bias: the same distortion once for a whole clip or anew in every frame, so that every single frame is as bad as before.

Ge et al. 2024 show in this way that FVD hardly sees time when frames look wrong alike. Here the frames' quality is matched by
construction: what is drawn for a clip and what is drawn for a frame has one distribution.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data import World
from minivid.evaluation.jury import jury
from minivid.evaluation.of_clips import per_clip, simulator
from minivid.evaluation.report import in_bytes
from minivid.evaluation.subject import Subject
from minivid.metrics.corruptions import blur, moved
from minivid.metrics.distribution import frechet_distance
from minivid.metrics.features import ClipNet, extractors
from minivid.tools.seeds import plain_generator

Draws = Float[Tensor, "n t"]


def brightness(video: Float[Tensor, "n c t h w"], a: Draws, b: Draws) -> Float[Tensor, "n c t h w"]:
    """Some brighter, some darker, by a fifth."""
    gain = (1 + 0.2 * a).clamp(min=0)[:, None, :, None, None]
    return ((video + 1) * gain - 1).clamp(-1, 1)


def place(video: Float[Tensor, "n c t h w"], a: Draws, b: Draws) -> Float[Tensor, "n c t h w"]:
    """Moved aside, by a pixel."""
    return moved(video, torch.stack([a, b], dim=-1))


def sharpness(video: Float[Tensor, "n c t h w"], a: Draws, b: Draws) -> Float[Tensor, "n c t h w"]:
    """Blurred or not."""
    return torch.where((a > 0)[:, None, :, None, None], blur(video, 1.0), video)


DISTORTIONS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "brightness": brightness,
    "place": place,
    "sharpness": sharpness,
}


def distorted(name: str, video: Float[Tensor, "n c t h w"], seed: int, every_frame: bool) -> Float[Tensor, "n c t h w"]:
    """The clips with a distortion that is drawn once a clip, or anew in every frame."""
    n, t = len(video), video.shape[2]
    chance = plain_generator(seed)
    draws = torch.randn(2, n, t, generator=chance)
    a, b = draws if every_frame else draws[:, :, :1].expand(-1, -1, t)
    return DISTORTIONS[name](video, a, b)


def measure_content_bias(n: int = 256, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Each metric on distortions drawn once a clip and anew in every frame: how much worse is the second, frames being alike?"""
    world, judged_by, sim = World(), jury(), simulator(World())
    torch.manual_seed(0)
    untrained, _ = extractors(ClipNet(), "untrained")
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for seed in seeds:
        made, real = world.sample(n, (seed, 0)).video, world.sample(n, (seed, 1)).video
        networks = {"frechet": judged_by.features, "frechet, untrained": untrained}
        reals = {key: network(real) for key, network in networks.items()}
        frames = judged_by.frames(real).flatten(0, 1)
        for name in DISTORTIONS:
            for kind in ("clip", "frame"):
                clips = in_bytes(Subject(name, distorted(name, made, seed, every_frame=kind == "frame")))
                values = {key: frechet_distance(network(clips.video), reals[key]) for key, network in networks.items()}
                values["frechet of frames"] = frechet_distance(judged_by.frames(clips.video).flatten(0, 1), frames)
                measured = per_clip(clips, judged_by, sim).values
                for key in ("trajectory", "appearance", "mass", "warping_error", "smoothness", "subject", "identity"):
                    values[key] = measured[key].nanmean().item()
                for key, value in values.items():
                    found.setdefault(name, {}).setdefault(key, {}).setdefault(kind, []).append(value)
    return {"n": n, "judge": judged_by.features.id, "scores": found}


def seen(values: dict, distortion: str, metric: str) -> tuple[float, float, float]:
    """(least, mean, greatest) over seeds of how much worse a metric finds it anew in every frame: frame / clip, 1 is blind.

    For what is best at 1 (smoothness, subject, identity) the shortfall from 1 is compared.
    """
    kinds = values["scores"][distortion][metric]
    short = metric in ("smoothness", "subject", "identity")
    ratios = [
        (1 - frame) / max(1 - clip, 1e-9) if short else frame / max(clip, 1e-9)
        for clip, frame in zip(kinds["clip"], kinds["frame"], strict=True)
    ]
    return min(ratios), sum(ratios) / len(ratios), max(ratios)


def bias_table(values: dict) -> str:
    """How many times worse each metric finds a distortion that is drawn anew in every frame (mean, and range over seeds)."""
    names = list(values["scores"])
    lines = [f"{'':22}" + "".join(f"{name:>26}" for name in names)]
    for metric in values["scores"][names[0]]:
        cells = []
        for name in names:
            low, mean, high = seen(values, name, metric)
            cells.append(f"{mean:12.3g} [{low:.3g}, {high:.3g}]".rjust(26))
        lines.append(f"{metric:22}" + "".join(cells))
    return "\n".join(lines)

"""Frames between frames, against the world's own: how good are the baselines, and where do they fail?"""

from collections.abc import Mapping
from dataclasses import replace
from statistics import mean

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.data.world import Clips, World
from minivid.data.world.truth import SEEN
from minivid.metrics.corruptions import jump
from minivid.metrics.paired import psnr
from minivid.motion import backward_warp
from minivid.motion.flow import estimate_flow
from minivid.motion.interpolate import average, brought, interpolate

SLOW, QUICK, FAR = (0.4, 0.8, 1.2, 1.8), (2.0, 2.2, 2.6, 3.0), (4.0, 4.5, 6.0, 7.0)
"""What "slowly" and "quickly" mean, in pixels a frame; the frames given are two apart."""
CASES = {
    "one digit": (SLOW, {}),
    "quick": (QUICK, {}),
    "moving scene": (QUICK, {"background": "clouds", "pan": 0.6, "texture": True}),
    "three cross": (QUICK, {"digits": 3, "texture": True}),
    "too far": (FAR, {}),
    "a jump": (SLOW, {}),
}

WAYS = (
    "nearest frame",
    "average",
    "wrong way",
    "one side",
    "−v for the way back",
    "both sides",
    "hidden left out",
    "exact flow",
    "exact flow, grown by 3",
)
"""In this order they stand in the table."""

Frame = Float[Tensor, "n c h w"]


def three_frames(case: str, n: int, seed: int) -> Clips:
    """Clips of three frames, the middle one to be guessed; in "a jump" the digit stands 8 pixels further in the second and third."""
    pace, looks = CASES[case]
    clips = World(frames=3, size=64, digit_size=16, slowly=pace[:2], quickly=pace[2:], **looks).sample(n, seed)
    return replace(clips, video=jump(clips.video, 8, seed)) if case == "a jump" else clips


def frames_between(before: Frame, after: Frame) -> dict[str, Frame]:
    """The frame half-way, made in seven ways; two of them are mistakes that have been published."""
    ends = torch.stack([before, after], dim=2)
    flow, back = estimate_flow(ends)[:, 0], estimate_flow(ends, backward=True)[:, 0]
    return {
        "nearest frame": before,
        "average": average(before, after),
        "wrong way": backward_warp(before, flow / 2),
        "one side": brought(before, flow, 0.5)[0],
        "−v for the way back": interpolate(before, after, flow, -flow),
        "both sides": average(brought(before, flow, 0.5)[0], brought(after, back, 0.5)[0]),
        "hidden left out": interpolate(before, after, flow, back),
    }


def exact_flows(clips: Clips, grown: int = 0) -> tuple[Float[Tensor, "n 2 h w"], Float[Tensor, "n 2 h w"]]:
    """The simulator's flow from the first frame to the last, and back; for digits that neither turn nor grow.

    `grown`: each digit's motion reaches so many pixels beyond its ink, as an estimated flow's does.
    """
    n, k = clips.digit.shape
    ways = clips.position[:, -1] - clips.position[:, 0]  # n k 2
    ground = -(clips.video.shape[2] - 1) * clips.pan[:, :, None, None]

    def at(frame: int) -> Float[Tensor, "n 2 h w"]:
        field = ground.expand(-1, -1, *clips.video.shape[-2:])
        for rank in reversed(range(k)):  # the nearest is written last
            who = torch.arange(n), (clips.depth == rank).int().argmax(1)
            reach = F.max_pool2d(clips.mask[who][:, [frame]], 2 * grown + 1, stride=1, padding=grown) >= SEEN
            field = torch.where(reach, ways[who][:, :, None, None], field)
        return field

    # from the last frame the digits stand elsewhere, and everything goes the other way
    return at(0), -at(-1)


def measure_interpolation(n: int = 64, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """PSNR of the frame half-way, by each way, where nothing, speed, crossing, distance or a jump makes it hard."""
    found: dict[str, dict[str, list[float]]] = {}
    for case in CASES:
        for seed in seeds:
            clips = three_frames(case, n, seed)
            before, middle, after = clips.video.unbind(2)
            made = frames_between(before, after)
            if case != "a jump":
                made["exact flow"] = interpolate(before, after, *exact_flows(clips))
                made["exact flow, grown by 3"] = interpolate(before, after, *exact_flows(clips, grown=3))
            for name, frame in made.items():
                value = psnr(frame[:, :, None], middle[:, :, None]).mean().item()
                found.setdefault(name, {}).setdefault(case, []).append(value)
    return {"n": n, "psnr": found}


def interpolation_table(found: Mapping[str, Mapping[str, list[float]]]) -> str:
    """PSNR in dB, the mean over the seeds and half of how far the seeds lie apart."""
    lines = [f"{'dB':24}" + "".join(f"{case:>15}" for case in CASES)]
    for name in WAYS:
        values = [found[name].get(case) for case in CASES]
        cells = [f"{mean(v):.1f} ± {(max(v) - min(v)) / 2:.1f}" if v else "–" for v in values]
        lines.append(f"{name:24}" + "".join(f"{cell:>15}" for cell in cells))
    return "\n".join(lines)


def gain_sentence(found: Mapping[str, Mapping[str, list[float]]], one: str, other: str) -> str:
    """By how many decibels one way is better than another, in each case: the least and the greatest of the seeds."""
    parts = []
    for case in CASES:
        gains = [a - b for a, b in zip(found[one][case], found[other][case], strict=True)]
        parts.append(f"{case} [{min(gains):+.1f}, {max(gains):+.1f}]")
    return f"{one}, over {other}: " + ", ".join(parts)

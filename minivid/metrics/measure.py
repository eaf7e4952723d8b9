"""Everything that is measured of each clip by itself, for a report (chapter 8; tests/metrics/test_report.py).

`measure(...)` gives one number a clip and metric, nan where a metric cannot say: which share of clips it could say something about
is reported with it. What cannot be measured at all is a sentence in `notes`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.data.world import World
from minivid.metrics import objects, physics, temporal
from minivid.metrics.features import Extractor
from minivid.metrics.reader import DigitReader, agreement, fit_reader
from minivid.metrics.text_score import TwoTowers, retrieval, text_score
from minivid.motion.flow import estimate_flow
from minivid.motion.trajectories import ink

BATCH = 32
"""Clips that are looked at together: what bounds the memory."""


@dataclass(frozen=True)
class Metric:
    """What a number means."""

    name: str
    group: str
    better: Literal["lower", "higher", "real"]
    """Which way is better; "real" is as near as possible to what real clips have."""
    about: str
    unit: str = ""
    still_wins: bool = False
    """A clip in which nothing moves would be best: such clips are left out."""


METRICS = {
    "dynamic_degree": Metric("dynamic degree", "motion", "real", "how fast the fastest 5 % of the pixels move", "px/frame"),
    "moving": Metric("clips that move", "motion", "higher", "by VBench's rule for static clips"),
    "warping_error": Metric("warping error", "frame to frame", "lower", "what estimated flow leaves unexplained", "", True),
    "smoothness": Metric("smoothness", "frame to frame", "higher", "every other frame guessed along the flow", "", True),
    "flicker": Metric("flicker", "frame to frame", "real", "VBench's; in clips that move, motion is most of it", "", True),
    "subject": Metric("subject consistency", "frame to frame", "higher", "cosine of frame features", "", True),
    "text": Metric("text score", "caption", "higher", "cosine of clip and caption, two towers"),
    "retrieval": Metric("caption found", "caption", "higher", "share of other captions that fit worse"),
    "says_digit": Metric("caption's digit", "caption", "higher", "read on every frame"),
    "says_direction": Metric("caption's direction", "caption", "higher", "of the first steps"),
    "says_speed": Metric("caption's speed", "caption", "higher", "of the first steps"),
    "trajectory": Metric("trajectory error", "the world's law", "lower", "from the best path between mirrors", "px", True),
    "bounces": Metric("lawful bounces", "the world's law", "higher", "at the edge, and elastic", "", True),
    "identity": Metric("identity persistence", "the world's law", "higher", "frames that show the digit of most frames", "", True),
    "unread": Metric("unread frames", "the world's law", "lower", "the reader of digits abstained"),
    "count": Metric("digit count right", "the world's law", "higher", "frames with as many digits as there should be"),
    "appearance": Metric("change of looks", "the world's law", "lower", "distance of aligned frames by their length", "", True),
    "mass": Metric("flicker of ink", "the world's law", "lower", "deviation of the amount of ink by its mean", "", True),
}  # fmt: skip


@dataclass(frozen=True)
class Clips:
    """What is evaluated, or what it is held against."""

    name: str
    video: Float[Tensor, "n c t h w"]
    caption: list[str] | None = None
    made: str = ""
    """How they were made, in a sentence."""


@dataclass(frozen=True)
class Judges:
    """The networks that look at clips; they come in from outside, with their names and hashes."""

    film: Extractor
    frames: Callable[[Float[Tensor, "n c t h w"]], Float[Tensor, "n t d"]]
    text: TwoTowers | None = None
    text_id: str = ""
    more: tuple[Extractor, ...] = ()
    """Further networks whose Fréchet distance is wanted, such as I3D."""


@dataclass(frozen=True)
class Measured:
    """One number for each clip and metric (a key of METRICS), and what could not be measured."""

    values: dict[str, Float[Tensor, "n"]]
    moving: Bool[Tensor, "n"]
    notes: list[str] = field(default_factory=list)
    motion: physics.Fit | None = None
    """Start and velocity of each clip, in a world of one digit with constant speed."""


@dataclass(frozen=True)
class Simulator:
    """A world and what reading its clips needs."""

    world: World
    reader: DigitReader
    least: float
    """Ink below which a piece is no digit."""

    @property
    def clean(self) -> bool:
        """Bright digits on black, which is all that looking for ink can tell apart."""
        return self.world.background == "black" and not self.world.light

    @property
    def straight(self) -> bool:
        """Constant speed between mirrors, from the first frame to the last."""
        return not (self.world.gravity or self.world.drag or self.world.change)


def simulator(world: World, seed: int = 0) -> Simulator:
    """Fit what measuring a world's clips needs; about two seconds."""
    reader = fit_reader(world, seed)
    brightness = ink(world.sample(200, (seed, 1)).video).sum((2, 3)).min().item()
    return Simulator(world, reader, least=0.4 * brightness / world.digits)


def measure(
    clips: Clips, judges: Judges, sim: Simulator | None = None, done: Callable[[str], None] = lambda part: None
) -> Measured:
    """Measure every clip by itself. `done` hears the name of each part when it is through."""
    values, notes = {}, []
    flow = in_batches(estimate_flow, clips.video)
    values["dynamic_degree"] = temporal.dynamic_degree(flow)
    moving = ~temporal.static(flow)
    values["moving"] = moving.float()
    done("motion")
    values |= frame_to_frame(clips.video, flow, judges, notes)
    done("frame to frame")
    if clips.caption is not None and judges.text is not None:
        values["text"] = text_score(judges.text, clips.video, clips.caption)
        values["retrieval"] = retrieval(judges.text, clips.video, clips.caption)
    else:
        notes.append("No text score: the clips have no captions in the world's language.")
    done("captions")
    motion = None
    if sim is None:
        notes.append("No simulator is known for these clips: the world's law and marginals are not measured.")
    elif not sim.clean:
        notes.append(
            "The world's law is measured on digits over black: this world has another background, or a wandering light."
        )
    else:
        of_world, motion = world_grounded(clips, sim, notes)
        values |= of_world
    done("the world's law")
    return Measured(values, moving, notes, motion)


def frame_to_frame(
    video: Float[Tensor, "n c t h w"], flow: Float[Tensor, "n steps 2 h w"], judges: Judges, notes: list[str]
) -> dict[str, Float[Tensor, "n"]]:
    """What needs no simulator."""
    back = in_batches(lambda some: estimate_flow(some, backward=True), video)
    values = {"warping_error": temporal.warping_error(video, flow, back)}
    if video.shape[2] >= 3:
        values["smoothness"] = in_batches(temporal.smoothness, video)
    else:
        notes.append("Smoothness needs three frames.")
    values["flicker"] = temporal.flicker(video)
    values["subject"] = temporal.subject_consistency(in_batches(judges.frames, video))
    return values


def world_grounded(
    clips: Clips, sim: Simulator, notes: list[str]
) -> tuple[dict[str, Float[Tensor, "n"]], physics.Fit | None]:
    """What the simulator's law says of the clips; and, of one digit at constant speed, the fitted motion."""
    world, video = sim.world, clips.video
    found = objects.find(video, sim.least)
    right = objects.count_right(found, world.digits)
    values = {"count": right.float().mean(1)}
    if world.digits == 1:
        alone, whole = [video], torch.ones(len(video), dtype=torch.bool)
    else:
        alone, whole = objects.isolate(video, world.digits, sim.least), right.all(1)
        notes.append("Of several digits, looks and paths are measured in clips whose digits never touch.")

    def of_each(function: Callable[[Tensor], Tensor]) -> Float[Tensor, "n"]:
        """The mean over the digits, where all of them were always found."""
        return torch.where(whole, torch.stack([function(one) for one in alone]).mean(0), torch.nan)

    if video.shape[2] > 1:
        values["appearance"], values["mass"] = of_each(objects.appearance), of_each(objects.mass_flicker)
    read = [objects.identity(one, sim.reader) for one in alone]
    values["identity"] = torch.stack([one.persistence for one in read]).mean(0)
    values["unread"] = torch.stack([one.abstained for one in read]).mean(0)
    motion = None
    if not sim.straight:
        notes.append("Paths are fitted at constant speed: this world has gravity, drag or a change half-way.")
    elif video.shape[2] < 6:
        notes.append("A path with a bounce has six frames or more: no trajectory is fitted.")
    else:
        fits = [physics.fit_trajectory(one) for one in alone]
        values["trajectory"] = torch.where(whole, torch.stack([fit.rmse for fit in fits]).mean(0), torch.nan)
        values["bounces"] = of_each(lambda one: physics.bounces(one).lawful().float())
        motion = fits[0] if world.digits == 1 else None
    if clips.caption is not None and world.digits == 1 and video.shape[2] > 2:
        kept = agreement(video, clips.caption, sim.reader)
        values["says_digit"] = kept.digit_always.float()
        values["says_direction"], values["says_speed"] = kept.direction.float(), kept.speed.float()
    return values, motion


def in_batches(function: Callable[[Tensor], Tensor], video: Float[Tensor, "n c t h w"]) -> Tensor:
    """A function of clips, some at a time."""
    return torch.cat([function(some) for some in video.split(BATCH)])


def trouble(mine: Measured, real: Measured) -> Float[Tensor, "n"]:
    """For each clip the share of real clips that do better, averaged over its metrics: 0.5 is like a real clip, 1 the worst.

    By it a report chooses its best, median and worst clips. A clip that does not move is worse than all that do.
    """
    ranks = []
    for key in mine.values.keys() & real.values.keys():
        metric, a, b = METRICS[key], mine.values[key], real.values[key]
        if metric.better == "real":
            middle = b.nanmedian()
            a, b = (a - middle).abs(), (b - middle).abs()
        elif metric.better == "higher":
            a, b = -a, -b
        b = b[b.isfinite()]
        better, equal = (b < a[:, None]).float().mean(1), (b == a[:, None]).float().mean(1)
        ranks.append(torch.where(a.isfinite() & bool(len(b)), better + 0.5 * equal, 1.0))
    return torch.where(mine.moving, torch.stack(ranks).mean(0), 1.0)

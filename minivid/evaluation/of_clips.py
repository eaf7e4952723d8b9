"""Everything that can be said of each clip by itself, for a report (chapter 8; tests/evaluation/test_report.py).

`per_clip(...)` gives one number a clip and metric, nan where a metric cannot say: which share of clips it could say something about
is reported with it. What cannot be measured at all is a sentence in `notes`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.data.captions import parse
from minivid.data.world import World
from minivid.evaluation.jury import Jury
from minivid.evaluation.score import Metric, Protocol, Row, Score
from minivid.evaluation.subject import Subject
from minivid.metrics import distribution, objects, physics, temporal
from minivid.metrics.reader import DigitReader, agreement, fit_reader
from minivid.metrics.text_score import retrieval, text_score
from minivid.motion.flow import estimate_flow
from minivid.motion.trajectories import ink

BATCH = 32
"""Clips that are looked at together: what bounds the memory."""


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

NETWORKS = {
    "warping_error": "flow DIS (OpenCV)",
    "smoothness": "flow DIS (OpenCV)",
    "dynamic_degree": "flow DIS (OpenCV)",
    "moving": "flow DIS (OpenCV)",
    "identity": "reader SVC (scikit-learn)",
    "unread": "reader SVC (scikit-learn)",
    "says_digit": "reader SVC (scikit-learn)",
}
"""Whose judgement a metric is, where it is not the course's network or plain arithmetic."""


@dataclass(frozen=True)
class PerClip:
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


def per_clip(
    subject: Subject, jury: Jury, sim: Simulator | None = None, done: Callable[[str], None] = lambda part: None
) -> PerClip:
    """Every metric of every clip by itself. `done` hears the name of each part when it is through."""
    values, notes = {}, list(subject.notes)
    flow = in_batches(estimate_flow, subject.video)
    values["dynamic_degree"] = temporal.dynamic_degree(flow)
    moving = ~temporal.static(flow)
    values["moving"] = moving.float()
    done("motion")
    values |= frame_to_frame(subject.video, flow, jury, notes)
    done("frame to frame")
    said = understood(subject.caption, notes) if subject.caption is not None else []
    if said and jury.text is not None:
        video, captions = subject.video[said], [subject.caption[i] for i in said]
        values["text"] = spread(text_score(jury.text, video, captions), said, len(subject.video))
        values["retrieval"] = spread(retrieval(jury.text, video, captions), said, len(subject.video))
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
        of_world, motion = world_grounded(subject, sim, notes)
        values |= of_world
    done("the world's law")
    return PerClip(values, moving, notes, motion)


def frame_to_frame(
    video: Float[Tensor, "n c t h w"], flow: Float[Tensor, "n steps 2 h w"], jury: Jury, notes: list[str]
) -> dict[str, Float[Tensor, "n"]]:
    """What needs no simulator."""
    back = in_batches(lambda some: estimate_flow(some, backward=True), video)
    values = {"warping_error": temporal.warping_error(video, flow, back)}
    if video.shape[2] >= 3:
        values["smoothness"] = in_batches(temporal.smoothness, video)
    else:
        notes.append("Smoothness needs three frames.")
    values["flicker"] = temporal.flicker(video)
    values["subject"] = temporal.subject_consistency(in_batches(jury.frames, video))
    return values


def world_grounded(
    subject: Subject, sim: Simulator, notes: list[str]
) -> tuple[dict[str, Float[Tensor, "n"]], physics.Fit | None]:
    """What the simulator's law says of the clips; and, of one digit at constant speed, the fitted motion."""
    world, video = sim.world, subject.video
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
    said = understood(subject.caption, []) if subject.caption is not None else []
    if said and world.digits == 1 and video.shape[2] > 2:
        kept = agreement(video[said], [subject.caption[i] for i in said], sim.reader)
        for key, right in (("digit", kept.digit_always), ("direction", kept.direction), ("speed", kept.speed)):
            values[f"says_{key}"] = spread(right.float(), said, len(video))
    return values, motion


def understood(captions: list[str], notes: list[str]) -> list[int]:
    """Which captions are of the world's language; a note names the first that is not."""
    said, foreign = [], []
    for i, caption in enumerate(captions):
        try:
            parse(caption)
            said.append(i)
        except ValueError:
            foreign.append(caption)
    if foreign:
        notes.append(
            f'{len(foreign)} of {len(captions)} captions are not of the world\'s language, as "{foreign[0]}": those clips have no '
            "caption's score."
        )
    return said


def spread(values: Float[Tensor, "m"], at: list[int], n: int) -> Float[Tensor, "n"]:
    """The values in their clips' places, nan elsewhere."""
    return torch.full((n,), torch.nan).index_copy(0, torch.tensor(at), values.float().cpu())


def in_batches(function: Callable[[Tensor], Tensor], video: Float[Tensor, "n c t h w"]) -> Tensor:
    """A function of clips, some at a time."""
    return torch.cat([function(some) for some in video.split(BATCH)])


def protocol(subject: Subject, n: int | None = None, **more) -> Protocol:
    """How the scores of these clips were taken."""
    _, _, frames, height, width = subject.video.shape
    return Protocol(n=n or len(subject.video), frames=frames, size=(height, width), **more)


def counted(key: str, found: PerClip) -> Float[Tensor, "m"]:
    """The values that a metric's mean is taken of."""
    values = found.values[key]
    return values[values.isfinite() & (found.moving | (not METRICS[key].still_wins))]


def mean_of(
    key: str, subject: Subject, jury: Jury, mine: PerClip, theirs: PerClip | None, draws: int, seed: int
) -> Row:
    """The mean of a metric over the clips that it can be taken of."""
    values = counted(key, mine)
    share = len(values) / len(subject.video)
    if len(values) < 2:
        return Row(key, METRICS[key], None, share)
    low, high = of_mean(values, draws, seed)
    of_real = counted(key, theirs) if theirs is not None and key in theirs.values else values[:0]
    floor = of_real.mean().item() if len(of_real) else None
    network = {"subject": jury.features.id, "text": jury.text_id, "retrieval": jury.text_id}.get(
        key, NETWORKS.get(key, "none")
    )
    score = Score(METRICS[key].name, values.mean().item(), low, high, floor, protocol(subject, network=network))
    return Row(key, METRICS[key], score, share)


def of_mean(values: Float[Tensor, "n"], draws: int, seed: int) -> tuple[float, float]:
    """The interval of a mean, which cannot leave the values' own range; of a share, Wilson's."""
    if ((values == 0) | (values == 1)).all():
        return distribution.share_interval(int(values.sum()), len(values))
    low, high = distribution.bootstrap(torch.mean, values, draws=draws, seed=seed)
    return max(low, values.min().item()), min(high, values.max().item())


def trouble(mine: PerClip, theirs: PerClip) -> Float[Tensor, "n"]:
    """For each clip the share of real clips that do better, averaged over its metrics: 0.5 is like a real clip, 1 the worst.

    By it a report chooses its best, median and worst clips. A clip that does not move is worse than all that do.
    """
    ranks = []
    for key in mine.values.keys() & theirs.values.keys():
        metric, a, b = METRICS[key], mine.values[key], theirs.values[key]
        if metric.better == "real":
            middle = b.nanmedian()
            a, b = (a - middle).abs(), (b - middle).abs()
        elif metric.better == "higher":
            a, b = -a, -b
        b = b[b.isfinite()]
        better, equal = (b < a[:, None]).float().mean(1), (b == a[:, None]).float().mean(1)
        ranks.append(torch.where(a.isfinite() & bool(len(b)), better + 0.5 * equal, 1.0))
    return torch.where(mine.moving, torch.stack(ranks).mean(0), 1.0)

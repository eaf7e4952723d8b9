"""1.10: where does a film cut?"""

import torch
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import of_truths, told
from minivid.course.exercise import Exercise, Probe, agrees, returned, shaped
from minivid.metrics.curation import cuts, mean_around


def _video(differences: Tensor, channels: int = 1) -> Tensor:
    """Even frames that go up and down by these differences (b t−1, brightness from 0 to 1), never out of [−1, 1]."""
    signs = (-1.0) ** torch.arange(differences.shape[1])
    levels = torch.cat([torch.zeros(len(differences), 1), (2 * differences * signs).cumsum(1)], dim=1)
    return (levels - 0.45)[:, None, :, None, None].repeat(1, channels, 1, 4, 6)


def _spread(seed: int, steps: int = 9) -> Tensor:
    """Small differences about 0.02, for two clips."""
    return 0.015 + 0.01 * torch.rand(2, steps, generator=torch.Generator().manual_seed(seed))


DEFAULTS = {
    "`ratio` was not used: this is what 3 gives.": lambda v, ratio, least: cuts(v, 3.0, least),
    "`least` was not used: this is what 0.05 gives.": lambda v, ratio, least: cuts(v, ratio, 0.05),
    "Neither `ratio` nor `least` was used: this is what 3 and 0.05 give.": lambda v, ratio, least: cuts(v, 3.0, 0.05),
}
"""Cuts are true or false, so that mistakes are told only where the probe's inputs give each of them cuts of its own."""


def _given(differences: Tensor, **more) -> dict:
    return {"video": _video(differences), "ratio": 3.0, "least": 0.05, **more}


def _one_cut(seed: int, size: float = 0.3, place: int = 4) -> dict:
    differences = _spread(seed)
    differences[0, place] = size
    return _given(differences)


def _half_changes(seed: int) -> dict:
    """One half of the picture gets lighter when the other gets darker."""
    given = _one_cut(seed)
    given["video"][:, :, :, :, 3:] *= -1
    return given


def _uneven(seed: int) -> dict:
    """Quiet films. In the first one two of 24 pixels change much, on average less than a cut does; in the second all change a little more than that."""
    given = _given(0.05 * _spread(seed))
    given["video"][0, :, 5:, 0, :2] += 0.9
    given["video"][1, :, 5:] += 0.12
    return given


def _colours(seed: int) -> dict:
    """At a cut one channel gets as much lighter as another gets darker."""
    given = _one_cut(seed)
    video = given["video"].repeat(1, 2, 1, 1, 1)
    video[:, 1] *= -1
    return {**given, "video": video}


def _quick_camera(seed: int) -> dict:
    """The camera stands, and then it is quick; in the second clip there is a cut while it is quick."""
    begins = torch.tensor([0.005] * 10 + [0.02, 0.04, 0.07] + [0.08] * 6)
    differences = begins * (1 + 0.1 * torch.rand(2, 19, generator=torch.Generator().manual_seed(seed)))
    differences[1, 16] = 0.6
    return _given(differences)


def _faint(seed: int) -> dict:
    """A still film, but for a grain of change: many times its neighbours, and nothing."""
    differences = 0.02 * _spread(seed)
    differences[:, 4] = 0.03
    return _given(differences)


def _near_the_ratio(seed: int) -> dict:
    """One of three equal clips' differences is 2.8 times those around it, another's 3.2 times."""
    differences = torch.full((2, 9), 0.04)
    differences[0, 4], differences[1, 4] = 2.8 * 0.04, 3.2 * 0.04
    return _given(differences)


def _at_the_ends(seed: int) -> dict:
    """Quick films with a cut right at the beginning or at the end, 2.6 and 3.4 times as strong as what is beside it."""
    differences = torch.full((4, 8), 0.06)
    for clip, (place, times) in enumerate(((0, 2.6), (0, 3.4), (-1, 2.6), (-1, 3.4))):
        far = slice(-2, None) if place == 0 else slice(2)
        differences[clip, far], differences[clip, place] = 0.02, times * 0.06
    return _given(differences)


def _farther(seed: int) -> dict:
    """In each clip a large difference in the middle, and two more at other distances from it."""
    differences = torch.full((5, 9), 0.02)
    differences[:, 4] = 0.2
    for clip, places in enumerate(((2, 6), (1, 7), (3, 5), (2, 3), (5, 6))):
        differences[clip, list(places)] = 0.16
    return _given(differences)


def _other_bounds(seed: int) -> dict:
    """Bounds that are not the default ones, and three large differences: one is below the ratio, one below the least, one is a cut."""
    differences = torch.tensor([0.08, 0.02, 0.08])[:, None].repeat(1, 9)
    differences[:, 4] = torch.tensor([0.36, 0.28, 0.45])
    return _given(differences, ratio=5.0, least=0.3)


_found = returned("cuts")
_same = agrees(cuts, _found)
_agrees = of_truths(_same)

EXERCISE = Exercise(
    id="1.10",
    title="Where does it cut?",
    points=3,
    stars=2,
    minutes=25,
    reference=cuts,
    answers=(cuts, mean_around),
    probes=(
        Probe(
            "shape",
            (
                "There is an answer for each two neighbouring frames of each clip: b t−1.",
                "d has one entry less than there are frames, and the padding is taken off again.",
                "`difference` is `b t-1` after `.mean((1, 3, 4))`, and so is what is returned.",
            ),
            _one_cut,
            _found,
            shaped(2, 9),
        ),
        Probe(
            "one cut",
            (
                "A cut in the middle of a quiet film should be found, there and nowhere else.",
                "The i-th answer is that of frames i and i + 1, true where both conditions hold.",
                "`(difference > least) & (difference > ratio * around)`.",
            ),
            _one_cut,
            _found,
            _agrees,
        ),
        Probe(
            "lighter here, darker there",
            (
                "A cut that makes some pixels lighter and as many darker is missed.",
                "Signs must not cancel, so |difference| comes before the mean.",
                "`.abs().mean((1, 3, 4))`.",
            ),
            _half_changes,
            _found,
            _agrees,
        ),
        Probe(
            "one colour for another",
            (
                "A cut that makes one channel lighter and another as much darker is missed.",
                "The mean over the channels comes after |difference|, together with that over the pixels.",
                "`.abs().mean((1, 3, 4))`.",
            ),
            _colours,
            _found,
            _agrees,
        ),
        Probe(
            "quick camera",
            (
                "In a film whose camera is quick all the time a cut is found where there is none, or one is missed.",
                "A difference is held against `ratio` times the *mean* of those around it, itself left out.",
                "`difference > ratio * total / count`.",
            ),
            _quick_camera,
            _found,
            _agrees,
        ),
        Probe(
            "a grain of change",
            (
                "In a film that stands still a grain of change is taken for a cut.",
                "It must be above `least` too, in brightness from 0 to 1: both conditions hold at a cut.",
                "`(difference > least) & (…)`, where `difference` is half of that in [−1, 1].",
            ),
            _faint,
            _found,
            _agrees,
        ),
        Probe(
            "a corner that changes",
            (
                "Two pixels that change much are taken for a cut though the mean is below `least`, or all that change a little more are missed.",
                "d is the mean of |difference|, in brightness from 0 to 1, not of squares.",
                "`(video[:, :, 1:] - video[:, :, :-1]).abs().mean((1, 3, 4)) / 2`.",
            ),
            _uneven,
            _found,
            _agrees,
        ),
        Probe(
            "just below, just above",
            (
                "Of differences 2.8 and 3.2 times those around, the second alone is a cut at ratio = 3.",
                "A difference that counts itself in makes the mean around higher.",
                "`for i in (0, 1, 3, 4)`: the third of the five shifted slices is the difference itself.",
            ),
            _near_the_ratio,
            _found,
            _agrees,
        ),
        Probe(
            "two on either side",
            (
                "It is wrong which differences count as being around.",
                "They are two before and two after: i−2, i−1, i+1, i+2.",
                "`F.pad(difference, (2, 2))`, and its slices from 0, 1, 3 and 4 on.",
            ),
            _farther,
            _found,
            _agrees,
        ),
        Probe(
            "at the ends",
            (
                "At the film's first and last pairs cuts are missed, or found where there are none.",
                "There are fewer neighbours: the mean is divided by the number of those that there are.",
                "`F.pad(torch.ones_like(difference), (2, 2))`, and the same four slices of it, added up.",
            ),
            _at_the_ends,
            _found,
            _agrees,
        ),
        Probe(
            "other bounds",
            (
                "With ratio = 3 and least = 0.05 it is right, with other values it is not.",
                "Both are arguments, and what they are by default is not always what they are.",
                "`(difference > least) & (difference > ratio * around)`.",
            ),
            _other_bounds,
            _found,
            of_truths(told(_same, _found, DEFAULTS)),
        ),
    ),
)

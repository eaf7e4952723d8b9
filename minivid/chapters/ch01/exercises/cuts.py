"""1.10: where does a film cut?"""

import torch
from torch import Tensor

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


_found = returned("cuts")
_agrees = agrees(cuts, _found)

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
            "There is an answer for each two neighbouring frames of each clip: b t−1, of true and false.",
            _one_cut,
            _found,
            shaped(2, 9),
        ),
        Probe(
            "one cut",
            "A cut in the middle of a quiet film should be found, there and nowhere else. Look at which answer belongs to which pair: the i-th is that of frames i and i + 1.",
            _one_cut,
            _found,
            _agrees,
        ),
        Probe(
            "lighter here, darker there",
            "A cut that makes some pixels lighter and as many darker is missed. Look at the mean: signs must not cancel, so |difference| comes first.",
            _half_changes,
            _found,
            _agrees,
        ),
        Probe(
            "quick camera",
            "In a film whose camera is quick all the time a cut is found where there is none, or one is missed. Look at what a difference is held against: `ratio` times the mean of those around it, itself left out.",
            _quick_camera,
            _found,
            _agrees,
        ),
        Probe(
            "a grain of change",
            "In a film that stands still a grain of change is taken for a cut. Look at the second condition: above `least` too, both of them.",
            _faint,
            _found,
            _agrees,
        ),
        Probe(
            "just below, just above",
            "Of differences 2.8 and 3.2 times those around, the second alone is a cut at ratio = 3. Look at the mean around: a difference that counts itself in makes it higher.",
            _near_the_ratio,
            _found,
            _agrees,
        ),
        Probe(
            "two on either side",
            "It is wrong which differences count as being around. Look at the window: two before and two after, i−2, i−1, i+1, i+2.",
            _farther,
            _found,
            _agrees,
        ),
        Probe(
            "at the ends",
            "At the film's first and last pair there are neighbours on one side only. Look at what the mean is divided by: the number of those that there are.",
            _at_the_ends,
            _found,
            _agrees,
        ),
    ),
)

"""8.8: consistency, never without how much moves."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, returned, shaped, told_apart
from minivid.metrics import temporal
from minivid.metrics.temporal import dynamic_degree, subject_consistency


def consistency_and_motion(
    features: Float[Tensor, "b t d"], flow: Float[Tensor, "b s 2 h w"]
) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """(consistency, dynamic degree) of clips, from their frames' features and their flow in pixels (VBench, Huang et al. 2024)."""
    return subject_consistency(features), dynamic_degree(flow)


def _clips(
    seed: int,
    t: int = 5,
    opposed: bool = False,
    even: bool = False,
    steady: bool = True,
    size: tuple[int, int] = (10, 20),
) -> dict:
    """Features that drift (or turn to their opposite) and a flow. `even`: all pixels move alike; `steady`: all pairs do; size: of a picture."""
    generator = torch.Generator().manual_seed(seed)
    first, others = torch.rand(3, 1, 4, generator=generator), torch.rand(3, t - 1, 4, generator=generator)
    features = torch.cat([first, others * (3 + torch.rand(3, t - 1, 1, generator=generator))], dim=1)
    if opposed:
        features[:, 2::2] *= -1
    shape = (3, t - 1, 2, 1, 1) if even else (3, t - 1, 2, *size)
    flow = torch.randn(shape, generator=generator).expand(3, t - 1, 2, *size).clone()
    flow = flow[:, :1].expand_as(flow).clone() if steady else flow * torch.logspace(-1, 0.5, t - 1).reshape(-1, 1, 1, 1)
    return {"features": features, "flow": flow}


_measured = returned("consistency", "degree")
_consistency_agrees = agrees(consistency_and_motion, _measured, "consistency")


def _between_two(arrays: Arrays, inputs: dict) -> bool | str:
    """The consistency of two frames; where it is another number, which one may be known."""
    verdict = _consistency_agrees(arrays, inputs)
    if verdict is True:
        return True
    consistency, degree = consistency_and_motion(**inputs)
    mistakes = {
        "They come back in the other order: first the consistency, then the degree.": degree,
        "The half is missing: ½ of the sum of both.": 2 * consistency,
    }
    return told_apart(arrays["consistency"], consistency, mistakes)


_degree_agrees = agrees(consistency_and_motion, _measured, "degree")

EXERCISE = Exercise(
    id="8.8",
    title="Steady, or merely still",
    points=2,
    stars=1,
    minutes=15,
    reference=consistency_and_motion,
    promises=Promises(tensor=False),
    answers=(consistency_and_motion, temporal.subject_consistency, temporal.dynamic_degree),
    probes=(
        Probe(
            "two numbers a clip",
            "It should return (consistency, degree), each with a number for every clip.",
            _clips,
            _measured,
            shaped(3),
        ),
        Probe(
            "two frames",
            "With two frames the consistency is the cosine between them: no frame is held against itself, and lengths do not count.",
            partial(_clips, t=2),
            _measured,
            _between_two,
        ),
        Probe(
            "before and first",
            "Each frame but the first is held against the one before it *and* against the first frame, half and half.",
            partial(_clips, t=6),
            _measured,
            _consistency_agrees,
        ),
        Probe(
            "opposites",
            "A negative cosine counts as 0, each one before any mean.",
            partial(_clips, t=6, opposed=True),
            _measured,
            _consistency_agrees,
        ),
        Probe(
            "length",
            "When all pixels move alike, the degree is the length of that motion, √(dx² + dy²), in pixels a frame.",
            partial(_clips, even=True),
            _measured,
            _degree_agrees,
        ),
        Probe(
            "fastest",
            "Of 200 pixels the 10 fastest count (5 %), and the degree is their mean: what stands still must not hide what moves.",
            _clips,
            _measured,
            _degree_agrees,
        ),
        Probe(
            "pair by pair",
            "The pairs move unequally: each pair has its own fastest pixels, and the degree is the mean over the pairs.",
            partial(_clips, steady=False),
            _measured,
            agrees(consistency_and_motion, _measured),
        ),
        Probe(
            "other sizes",
            "Pictures of 10 × 20 pixels are right, smaller ones are not: 5 % of 12 × 15 are 9, so count the pixels, and write no number of them out.",
            partial(_clips, t=4, size=(12, 15)),
            _measured,
            agrees(consistency_and_motion, _measured),
        ),
    ),
)

"""5.7: flow matching: the straight path and its velocity."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, Promises, returned
from minivid.diffusion.objective import Objective, Video, diffuse, target
from minivid.diffusion.schedule import like


def flow_pair(x: Video, eps: Video, t: Float[Tensor, "b"]) -> tuple[Video, Video]:
    """z = (1 − t) x + t ε, and the velocity along this path, ε − x: what a flow model is trained on."""
    t = like(t, x)
    return diffuse(x, eps, 1 - t, t), target(Objective.FLOW, x, eps, 1 - t, t)


def _pairs(seed: int, t: float | None = None, clips: int = 4) -> dict:
    """As many clips as columns, by default four; one time for all, or one for each."""
    generator = torch.Generator().manual_seed(seed)
    x, eps = torch.randn(2, clips, 2, 3, 3, clips, generator=generator)
    times = torch.full((clips,), t) if t is not None else torch.rand(4, generator=generator) * 0.6 + 0.2
    return {"x": x, "eps": eps, "t": times}


def _told(z=None, v=None):
    """The answer with another z or another velocity, functions of (x, ε, t)."""

    def made(x: Tensor, eps: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        right, level = flow_pair(x, eps, t), like(t, x)
        return (z(x, eps, level) if z else right[0], v(x, eps, level) if v else right[1])

    return made


def _columns(x: Tensor, eps: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    t = t.flatten()
    return (1 - t) * x + t * eps, eps - x


_pair = returned("z", "velocity")

EXERCISE = Exercise(
    id="5.7",
    title="A straight path",
    points=2,
    stars=1,
    minutes=10,
    reference=flow_pair,
    answers=(flow_pair, target, diffuse),
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "where it begins",
            (
                "At t = 0 nothing is noise: z should be x, and the velocity ε − x, as everywhere on the path.",
                "In this course t = 0 is the clip and t = 1 the noise. (Several published models count the other way.)",
                "`z = (1 - t) * x + t * eps`, `velocity = eps - x`.",
            ),
            partial(_pairs, t=0.0),
            _pair,
            told_by(
                flow_pair,
                _pair,
                {
                    "Time runs the other way here: at t = 0 this is noise.": _told(
                        z=lambda x, eps, t: t * x + (1 - t) * eps
                    ),
                    "Time and velocity run the other way here: at t = 0 this is noise.": _told(
                        z=lambda x, eps, t: t * x + (1 - t) * eps, v=lambda x, eps, t: x - eps
                    ),
                    "The velocity points to the clip, and time runs to the noise.": _told(v=lambda x, eps, t: x - eps),
                    "The velocity is ε alone here, as v = α ε − σ x is where nothing is noise; a straight path's is ε − x everywhere.": _told(
                        v=lambda x, eps, t: eps
                    ),
                    "The velocity is x here, and should be ε − x.": _told(v=lambda x, eps, t: x),
                    "The velocity is multiplied by t: it is the same everywhere on the path.": _told(
                        v=lambda x, eps, t: t * (eps - x)
                    ),
                    "The noise is not weighed.": _told(z=lambda x, eps, t: (1 - t) * x + eps),
                    "They come back in the other order: first z, then the velocity.": lambda x, eps, t: flow_pair(
                        x, eps, t
                    )[::-1],
                },
            ),
        ),
        Probe(
            "half-way",
            (
                "At its beginning the path is right; in the middle it is not (1 − t) x + t ε.",
                "It is a straight line: the weights add up to 1, not their squares.",
                "`(1 - t) * x + t * eps`; the velocity is the same everywhere.",
            ),
            partial(_pairs, t=0.4, clips=3),
            _pair,
            told_by(
                flow_pair,
                _pair,
                {
                    "These weights are √(1 − t²) and t: that is a circle, not a line.": _told(
                        z=lambda x, eps, t: (1 - t**2).sqrt() * x + t * eps
                    ),
                    "These weights are a cosine and a sine: that is a circle, not a line.": _told(
                        z=lambda x, eps, t: torch.cos(torch.pi / 2 * t) * x + torch.sin(torch.pi / 2 * t) * eps
                    ),
                    "These weights are √(1 − t) and √t: a circle again.": _told(
                        z=lambda x, eps, t: (1 - t).sqrt() * x + t.sqrt() * eps
                    ),
                    "The clip is not weighed.": _told(z=lambda x, eps, t: x + t * eps),
                    "The velocity leads from z to ε here, and should lead from x to ε.": _told(
                        v=lambda x, eps, t: (1 - t) * (eps - x)
                    ),
                },
            ),
        ),
        Probe(
            "a time for each clip",
            (
                "With one time for all clips it is right; each clip has its own.",
                "t has the shape (b,). Against b c t h w it is lined up with the last axis, the columns.",
                "`t = like(t, x)` gives it the shape (b, 1, 1, 1, 1).",
            ),
            _pairs,
            _pair,
            told_by(
                flow_pair,
                _pair,
                {
                    "These weights scale columns, not clips.": _columns,
                    "All clips have the first one's time.": lambda x, eps, t: flow_pair(x, eps, t[:1].expand(len(x))),
                },
            ),
        ),
    ),
)

"""5.7, 5.8 and 5.9: flow matching: the straight path and its velocity, the timestep shift, and Euler's way back."""

import itertools
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, Promises, returned
from minivid.diffusion.objective import Objective, Video, diffuse, target
from minivid.diffusion.schedule import like
from minivid.diffusion.shift import shift_time


def flow_pair(x: Video, eps: Video, t: Float[Tensor, "b"]) -> tuple[Video, Video]:
    """z = (1 − t) x + t ε, and the velocity along this path, ε − x: what a flow model is trained on."""
    t = like(t, x)
    return diffuse(x, eps, 1 - t, t), target(Objective.FLOW, x, eps, 1 - t, t)


def _pairs(seed: int, t: float | None = None) -> dict:
    """As many clips as columns; one time for all, or one for each."""
    generator = torch.Generator().manual_seed(seed)
    x, eps = torch.randn(2, 4, 2, 3, 3, 4, generator=generator)
    times = torch.full((4,), t) if t is not None else torch.rand(4, generator=generator) * 0.6 + 0.2
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

FLOW_PAIR = Exercise(
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
                    "This is v, α ε − σ x, and not the velocity of a straight path.": _told(
                        v=lambda x, eps, t: (1 - t) * eps - t * x
                    ),
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
            partial(_pairs, t=0.4),
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
                    "The noise is not weighed.": _told(z=lambda x, eps, t: (1 - t) * x + eps),
                    "The clip is not weighed.": _told(z=lambda x, eps, t: x + t * eps),
                    "The velocity is multiplied by t.": _told(v=lambda x, eps, t: t * (eps - x)),
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


def _times(seed: int, shift: float, ends: bool = False) -> dict:
    inside = torch.rand(2, 4, generator=torch.Generator().manual_seed(seed)) * 0.8 + 0.1
    return {"t": torch.tensor([0.0, 1.0]) if ends else inside, "shift": shift}


_moved = returned("t")

SHIFT = Exercise(
    id="5.8",
    title="The timestep shift",
    points=2,
    stars=1,
    minutes=10,
    reference=shift_time,
    probes=(
        Probe(
            "a shift of 1",
            (
                "A shift by s = 1 should change nothing.",
                "With s = 1 the fraction is t / 1: look at what stands below the line.",
                "`shift * t / (1 + (shift - 1) * t)`.",
            ),
            partial(_times, shift=1.0),
            _moved,
            told_by(
                shift_time,
                _moved,
                {
                    "1 + s t stands below the line; it should be 1 + (s − 1) t.": lambda t, shift: (
                        shift * t / (1 + shift * t)
                    ),
                    "1 − s t stands below the line; it should be 1 + (s − 1) t.": lambda t, shift: (
                        shift * t / (1 - shift * t)
                    ),
                },
            ),
        ),
        Probe(
            "the ends",
            (
                "t = 0 and t = 1 should stay where they are, whatever the shift.",
                "At t = 1 the fraction is s / (1 + s − 1).",
                "`shift * t / (1 + (shift - 1) * t)`.",
            ),
            partial(_times, shift=4.0, ends=True),
            _moved,
            told_by(
                shift_time,
                _moved,
                {
                    "The times are only multiplied: noise would be reached too early.": lambda t, shift: shift * t,
                    "The times are only divided.": lambda t, shift: t / shift,
                    "The factor s above the line is missing.": lambda t, shift: t / (1 + (shift - 1) * t),
                },
            ),
        ),
        Probe(
            "a shift of 4",
            (
                "The ends stay; the times between are not where they should be.",
                "A shift above 1 moves times towards 1, towards noise: t = ½ becomes s / (s + 1).",
                "`shift * t / (1 + (shift - 1) * t)`.",
            ),
            partial(_times, shift=4.0),
            _moved,
            told_by(
                shift_time,
                _moved,
                {
                    "The times move towards the clip: the shift is used upside down (or the time runs the other way).": lambda t, shift: (
                        t / (t + shift * (1 - t))
                    ),
                    "This is a power of t.": lambda t, shift: t ** (1 / shift),
                    "The times are shifted twice, as in a published scheduler.": lambda t, shift: shift_time(
                        shift_time(t, shift), shift
                    ),
                },
            ),
        ),
    ),
)


def euler(model: Callable[[Tensor, Tensor], Tensor], z: Video, times: Float[Tensor, "n"]) -> Video:
    """Euler's way along dz/dt = model(z, t) from the first of these times to the last; the model is told one time a clip."""
    for now, then in itertools.pairwise(times):
        z = z + (then - now) * model(z, now.expand(len(z)))
    return z


def _constant(velocity: Tensor):
    return lambda z, t: velocity


def _field(seed: int, times: list[float], kind: str) -> dict:
    generator = torch.Generator().manual_seed(seed)
    z, c = torch.randn(2, 2, 1, 2, 3, 3, generator=generator)
    models = {
        "constant": _constant(c),
        "by time": lambda z, t: c * like(t, z),
        "by place": lambda z, t: c - 0.7 * z * like(t, z),
    }
    return {"model": models[kind], "z": z, "times": torch.tensor(times)}


def _ends(obj, inputs: dict) -> dict:
    asked = []

    def model(z: Tensor, t: Tensor) -> Tensor:
        asked.append(torch.as_tensor(t).detach().clone().float().reshape(-1))
        return inputs["model"](z, torch.as_tensor(t).float().expand(len(z)) if torch.as_tensor(t).ndim == 0 else t)

    return {"z": obj(model, inputs["z"].clone(), inputs["times"].clone())}


def _walk(step):
    """Euler's loop with another step(z, v, now, then)."""

    def made(model, z, times):
        for now, then in itertools.pairwise(times):
            z = step(model, z, now, then)
        return z

    return made


def _told_at(model, z: Tensor, now: Tensor) -> Tensor:
    return model(z, now.expand(len(z)))


EULER = Exercise(
    id="5.9",
    title="Euler's way back",
    points=2,
    stars=2,
    minutes=10,
    reference=euler,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "a constant velocity",
            (
                "Under a constant velocity c the way from t = 1 to 0 ends at z − c, in any number of steps.",
                "A step is (next time − this time) times the velocity, and the times fall: the sign comes by itself.",
                "`z = z + (then - now) * model(z, …)`.",
            ),
            partial(_field, times=[1.0, 0.7, 0.3, 0.0], kind="constant"),
            _ends,
            told_by(
                euler,
                _ends,
                {
                    "It goes the wrong way: to more noise.": _walk(
                        lambda model, z, now, then: z - (then - now) * _told_at(model, z, now)
                    ),
                    "Each step is a whole one, whatever lies between the times.": _walk(
                        lambda model, z, now, then: z - _told_at(model, z, now)
                    ),
                    "The last step is not taken.": lambda model, z, times: euler(model, z, times[:-1]),
                },
            ),
        ),
        Probe(
            "steps of different lengths",
            (
                "With a velocity that depends on the time the end is not where these steps lead.",
                "The model is asked at the time where the step begins, and the step is as long as its own two times are apart.",
                "`for now, then in zip(times[:-1], times[1:])`, and `model(z, now.expand(len(z)))`.",
            ),
            partial(_field, times=[1.0, 0.9, 0.4, 0.0], kind="by time"),
            _ends,
            told_by(
                euler,
                _ends,
                {
                    "The model is asked at the time where the step ends.": _walk(
                        lambda model, z, now, then: z + (then - now) * _told_at(model, z, then)
                    ),
                    "All steps are equally long.": lambda model, z, times: _even(model, z, times),
                },
            ),
        ),
        Probe(
            "asked anew",
            (
                "With a velocity that depends on z as well the end is not where these steps lead.",
                "The model sees the z that the last step has left, not the one at the beginning.",
                "`z` is written over in each step, and handed to the model in the next.",
            ),
            partial(_field, times=[1.0, 0.6, 0.5, 0.0], kind="by place"),
            _ends,
            told_by(
                euler,
                _ends,
                {"The model is shown the first z at every step.": lambda model, z, times: _stale(model, z, times)},
            ),
        ),
    ),
)


def _even(model, z: Tensor, times: Tensor) -> Tensor:
    length = (times[-1] - times[0]) / (len(times) - 1)
    for now in times[:-1]:
        z = z + length * _told_at(model, z, now)
    return z


def _stale(model, z: Tensor, times: Tensor) -> Tensor:
    first = z
    for now, then in itertools.pairwise(times):
        z = z + (then - now) * _told_at(model, first, now)
    return z

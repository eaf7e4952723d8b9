"""5.9: Euler's way back along a flow."""

import itertools
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, WrongAnswer, describe
from minivid.diffusion.objective import Video
from minivid.diffusion.schedule import like


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
        "by time": lambda z, t: c * like(t, z) ** 2,  # not straight in t: its middle is not the mean of its ends
        "by place": lambda z, t: c - 0.7 * z * like(t, z),
    }
    return {"model": models[kind], "z": z, "times": torch.tensor(times)}


def _ends(obj, inputs: dict) -> dict:
    def model(z: Tensor, t: Tensor) -> Tensor:
        if not isinstance(t, Tensor) or t.shape != (len(z),):
            raise WrongAnswer(
                f"the model was told {describe(t)} as its time; expected one number a clip, of shape ({len(z)},)"
            )
        return inputs["model"](z, t)

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


EXERCISE = Exercise(
    id="5.9",
    title="Euler's way back",
    points=2,
    stars=2,
    minutes=10,
    reference=euler,
    probes=(
        Probe(
            "a constant velocity",
            (
                "Under a constant velocity c the way from t = 1 to 0 ends at z − c, in any number of steps.",
                "A step is (next time − this time) times the velocity, and the times fall: the sign comes by itself.",
                "`z = z + (then - now) * model(z, …)`.",
            ),
            partial(_field, times=[1.0, 0.75, 0.4, 0.0], kind="constant"),
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
                    "The first step is not taken.": lambda model, z, times: euler(model, z, times[1:]),
                    "Only the first step is taken.": lambda model, z, times: euler(model, z, times[:2]),
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
                    "The model is asked at the time half-way.": _walk(
                        lambda model, z, now, then: z + (then - now) * _told_at(model, z, (now + then) / 2)
                    ),
                    "The velocity is the mean of a step's both ends: that is Heun's step, and Euler's has that of its beginning.": _walk(
                        lambda model, z, now, then: (
                            z + (then - now) * (_told_at(model, z, now) + _told_at(model, z, then)) / 2
                        )
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

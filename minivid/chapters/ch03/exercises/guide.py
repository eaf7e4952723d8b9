"""3.7: classifier-free guidance, a model made from a model."""

from functools import partial

import torch

from minivid.course.exercise import Exercise, Probe, WrongAnswer, agrees, describe
from minivid.diffusion.guidance import guided


def _model_with(scale: float, seed: int, caption: bool = True) -> dict:
    generator = torch.Generator().manual_seed(seed)
    z, conditional, unconditional = torch.randn(3, 2, 1, 3, 4, 4, generator=generator)
    t = torch.randn(2, generator=generator)
    return {
        "z": z,
        "t": t,
        "conditional": conditional,
        "unconditional": unconditional,
        "scale": scale,
        "caption": caption,
    }


def _model(inputs: dict):
    """A model that answers one way with a caption, another without, and in both depends on z and t."""

    def model(z, t, cond=None):
        return (inputs["unconditional"] if cond is None else inputs["conditional"]) + z * t.reshape(-1, 1, 1, 1, 1)

    return model


def _guided(obj, inputs: dict) -> dict:
    made = obj(_model(inputs), inputs["scale"])
    if not callable(made):
        raise WrongAnswer(f"it returned {describe(made)}; expected a new model, a function of (z, t, cond)")
    return {"out": made(inputs["z"], inputs["t"], "a caption" if inputs["caption"] else None)}


_agrees = agrees(guided, _guided)

EXERCISE = Exercise(
    id="3.7",
    title="Guidance without a classifier",
    points=2,
    stars=1,
    minutes=10,
    reference=guided,
    name="guide",
    probes=(
        Probe(
            "scale 1",
            "At scale 1 guidance is off: the new model should say what the model says with its caption.",
            partial(_model_with, 1.0),
            _guided,
            _agrees,
        ),
        Probe(
            "scale 0",
            "At scale 0 the caption should have no effect: the new model should say what model(z, t, None) says.",
            partial(_model_with, 0.0),
            _guided,
            _agrees,
        ),
        Probe(
            "scale 3",
            "It should be u + s (c − u), a straight line through u and c that goes on beyond c.",
            partial(_model_with, 3.0),
            _guided,
            _agrees,
        ),
        Probe(
            "no caption",
            "Without a caption there is nothing to guide towards: with cond = None the answer should be model(z, t, None).",
            partial(_model_with, 3.0, caption=False),
            _guided,
            _agrees,
        ),
    ),
)

"""3.7: classifier-free guidance, a model made from a model."""

from functools import partial

import torch

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, Promises, WrongAnswer, describe
from minivid.diffusion.guidance import guided


def _model_with(scale: float, seed: int, caption: bool = True, asked_before: bool = False) -> dict:
    """Clips of five channels, since a published guidance reaches the first three alone. `asked_before`: the new model has been called
    once, with another clip and level."""
    generator = torch.Generator().manual_seed(seed)
    z, conditional, unconditional = torch.randn(3, 2, 5, 3, 4, 4, generator=generator)
    return {
        "z": z,
        "t": torch.randn(2, generator=generator),
        "conditional": conditional,
        "unconditional": unconditional,
        "scale": scale,
        "caption": caption,
        "asked_before": asked_before,
    }


def _answers(inputs: dict, z: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model says with the caption, and without; both depend on z and on t."""
    told = z * t.reshape(-1, 1, 1, 1, 1)
    return inputs["conditional"] + told, inputs["unconditional"] + told


def _guided(obj, inputs: dict) -> dict:
    def model(z, t, cond=None):
        return _answers(inputs, z, t)[cond is None]

    made = obj(model, inputs["scale"])
    if inputs["asked_before"] and callable(made):
        made(1 + inputs["z"], 1 + inputs["t"], "a caption")
    if isinstance(made, torch.Tensor) or not callable(made):
        raise WrongAnswer(f"it returned {describe(made)}; expected a new model, a function of (z, t, cond)")
    said = made(inputs["z"].clone(), inputs["t"].clone(), "a caption" if inputs["caption"] else None)
    if said is None:
        raise WrongAnswer("the new model returned None; expected a clip of z's shape")
    return {"out": said}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    (c, u), s = _answers(inputs, inputs["z"], inputs["t"]), inputs["scale"]
    expected = u if not inputs["caption"] else u + s * (c - u)
    unheard = expected - inputs["z"] * inputs["t"].reshape(-1, 1, 1, 1, 1)
    at_1 = {
        "It is 2 c − u: it counts from c, c + s (c − u), the other convention, which is off at 0.": 2 * c - u,
        "It says what the model says without its caption.": u,
        "It is c − u alone, without the u that it is added to.": c - u,
        "It is u + c: what is added to u is the difference c − u.": u + c,
        "The model was not told the noise level that the new one was called with.": unheard,
    }
    at_0 = {
        "It says what the model says with its caption.": c,
        "It is 0: nothing is left where s is 0.": 0 * c,
        "The model was not told the noise level that the new one was called with.": unheard,
    }
    beyond = {
        "It goes no further than c.": c,
        "The strength is squared.": u + s**2 * (c - u),
        "It stays at u.": u,
    }
    by_scale = {1.0: at_1, 0.0: at_0}
    mistakes = by_scale.get(s, beyond) if inputs["caption"] else {"It is guided all the same.": u + s * (c - u)}
    some = {
        f"Only {channels} guided; every channel should be.": torch.cat([expected[:, :n], c[:, n:]], dim=1)
        for n, channels in ((1, "the first channel is"), (3, "the first three channels are"))
    }
    return told_apart(arrays["out"], expected, mistakes | some)


EXERCISE = Exercise(
    id="3.7",
    title="Guidance without a classifier",
    points=2,
    stars=1,
    minutes=10,
    reference=guided,
    name="guide",
    promises=Promises(gradient=True),  # section 3.11 follows a gradient through the model
    probes=(
        Probe(
            "scale 1",
            (
                "At s = 1 guidance is off: the new model should say what the model says with its caption.",
                "u + 1 · (c − u) is c: look at which of the two is counted from.",
                "`u + scale * (c - u)` with `u = model(z, t, None)` and `c = model(z, t, cond)`.",
            ),
            partial(_model_with, 1.0),
            _guided,
            _agrees,
        ),
        Probe(
            "scale 0",
            (
                "At s = 0 the caption should have no effect: the new model should say what `model(z, t, None)` says.",
                "u + 0 · (c − u) is u: one of the two calls must be made without the caption.",
                "`u = model(z, t, None)`.",
            ),
            partial(_model_with, 0.0),
            _guided,
            _agrees,
        ),
        Probe(
            "beyond",
            (
                "At s = 0 and at s = 1 it is right, beyond that it is not u + s (c − u).",
                "It is a straight line through u and c that goes on beyond c.",
                "`u + scale * (c - u)`, for any `scale`.",
            ),
            partial(_model_with, 2.5),
            _guided,
            _agrees,
        ),
        Probe(
            "no caption",
            (
                "Without a caption there is nothing to guide towards: with `cond=None` the answer should be `model(z, t, None)`.",
                "See what your model does when it is itself called with None.",
                "`if cond is None: return unconditional`.",
            ),
            partial(_model_with, 3.0, caption=False),
            _guided,
            _agrees,
        ),
        Probe(
            "asked again",
            (
                "The first time the new model is right; the second time, with another z, it is not.",
                "A sampler asks it at every step, each time with another clip and another level: nothing may be kept from the call before.",
                "Both calls of `model` stand inside the function that you return.",
            ),
            partial(_model_with, 2.5, asked_before=True),
            _guided,
            _agrees,
        ),
    ),
)

"""3.7: one step of ancestral sampling, with the network's guess in the clean clip's place."""

from functools import partial

import torch

from minivid.course.exercise import Exercise, Probe, agrees, close, returned
from minivid.diffusion.samplers import ancestral_step


def _step(seed: int, noise: bool = True, last: bool = False) -> dict:
    generator = torch.Generator().manual_seed(seed)
    x_hat, z_t, drawn = torch.randn(3, 2, 1, 3, 4, 4, generator=generator)
    logsnr_t = torch.rand((), generator=generator) * 4 - 2
    logsnr_s = torch.full((), 20.0) if last else logsnr_t + 0.5 + torch.rand((), generator=generator)
    return {
        "x_hat": x_hat,
        "z_t": z_t,
        "logsnr_s": logsnr_s,
        "logsnr_t": logsnr_t,
        "noise": drawn * noise,
    }


_arrived = returned("z_s")
_agrees = agrees(ancestral_step, _arrived, rtol=1e-3, atol=1e-4)


def _twice(obj, inputs: dict) -> dict:
    return {"once": _arrived(obj, inputs)["z_s"], "again": _arrived(obj, inputs)["z_s"]}


EXERCISE = Exercise(
    id="3.7",
    title="One ancestral step",
    points=2,
    stars=2,
    minutes=15,
    reference=ancestral_step,
    probes=(
        Probe(
            "the noise given",
            "Two calls with the same `noise` should give the same z_s: use the noise that is handed in, draw none.",
            _step,
            _twice,
            lambda arrays, inputs: bool((arrays["once"] == arrays["again"]).all()),
        ),
        Probe(
            "mean",
            "Without noise the step should arrive at the posterior's mean, with x̂ where the clean clip would be.",
            partial(_step, noise=False),
            _arrived,
            _agrees,
        ),
        Probe(
            "last step",
            "At the last step (λₛ = 20, nearly clean) no noise may be left to see: its size is the posterior's, with σₛ, not the forward "
            "step's, with σₜ.",
            partial(_step, last=True),
            _arrived,
            lambda arrays, inputs: close(arrays["z_s"], inputs["x_hat"], rtol=1e-2, atol=1e-2),
        ),
        Probe(
            "size of the noise",
            "The mean is right. What is added should be the noise times the *root* of the posterior's variance.",
            _step,
            _arrived,
            _agrees,
        ),
    ),
)

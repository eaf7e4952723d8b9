"""4.7: one DDIM step backwards, from clip towards noise; the network is asked at the level that z has."""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, describe, told_apart
from minivid.diffusion.inversion import ddim_inversion
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import predict
from minivid.diffusion.schedule import COSINE, variance_preserving


def inversion_step(model, z: Video, logsnr_s: Tensor, logsnr_t: Tensor) -> Video:
    """z at level s, one step noisier: at level t."""
    x_hat, eps_hat = predict(model, z, logsnr_s, COSINE, Objective.V)
    alpha_t, sigma_t = variance_preserving(logsnr_t)
    return alpha_t * x_hat + sigma_t * eps_hat


def _clip(seed: int, clean: bool = False) -> dict:
    """A clip between levels, or all but clean; what the network says there, and by how much it depends on the level."""
    generator = torch.Generator().manual_seed(seed)
    z, v = torch.randn(2, 3, 1, 2, 4, 4, generator=generator)
    logsnr_s = 1 + torch.rand((), generator=generator) + 12 * clean
    return {"z": z, "v": v, "logsnr_s": logsnr_s, "logsnr_t": logsnr_s - 1 - torch.rand((), generator=generator)}


def _v(inputs: dict, z: Tensor, t: Tensor) -> Tensor:
    """What the network says; another level, another answer."""
    return inputs["v"] + 0.2 * torch.tanh(t / 4).reshape(-1, 1, 1, 1, 1) * z


def _stepped(obj, inputs: dict) -> dict:
    asked, given = [], []

    def model(z, t, cond=None):
        if not isinstance(t, Tensor) or t.shape != (len(z),):
            raise WrongAnswer(
                f"the model was told {describe(t)} as its level; expected one number a clip, of shape ({len(z)},)"
            )
        asked.append(t.detach().clone())
        given.append(z.detach().clone())
        return _v(inputs, z, t)

    out = obj(model, inputs["z"].clone(), inputs["logsnr_s"].clone(), inputs["logsnr_t"].clone())
    if not asked:
        raise WrongAnswer("the model was not called")
    return {"asked": asked[0], "given": given[0], "calls": len(asked), "z": out}


def _asked_right(arrays: Arrays, inputs: dict) -> bool | str:
    s, t, n = inputs["logsnr_s"], inputs["logsnr_t"], len(inputs["z"])
    if arrays["calls"] != 1:
        return f"The model was called {arrays['calls']} times; one call is enough."
    mistakes = {"It was asked at the level that z goes to; expected the level that z has.": t.expand(n)}
    phi = torch.atan(torch.exp(-s / 2)).expand(n)
    mistakes |= {
        "It was told an angle, and expects λ.": phi,
        "It was told a time from 0 to 1, and expects λ.": phi * 2 / torch.pi,
        "It was told α, and expects λ.": torch.sigmoid(s).sqrt().expand(n),
        "It was asked half-way between the levels; expected the level that z has.": ((s + t) / 2).expand(n),
    }
    verdict = told_apart(arrays["asked"], s.expand(n), mistakes)
    if verdict is not True:
        return verdict
    return bool(np.allclose(arrays["given"], inputs["z"].numpy(), atol=1e-5)) or "What the model was given is not z."


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, s, t = inputs["z"], inputs["logsnr_s"], inputs["logsnr_t"]
    (alpha_s, sigma_s), (alpha_t, sigma_t) = variance_preserving(s), variance_preserving(t)
    v = _v(inputs, z, s.expand(len(z)))
    x_hat, eps_hat = alpha_s * z - sigma_s * v, sigma_s * z + alpha_s * v
    turn = torch.atan(torch.exp(-t / 2)) - torch.atan(torch.exp(-s / 2))
    mistakes = {
        "It went the other way, to less noise: what z and v say is read at s, and mixed at t.": torch.cos(turn) * z
        - torch.sin(turn) * v,
        "This is a straight step along v, z + δ v, which leaves the arc.": z + turn * v,
        "z itself is mixed with ε̂, and x̂ should be.": alpha_t * z + sigma_t * eps_hat,
        "z is where it was: x̂ and ε̂ are read and mixed with α and σ of one level, and should be read at s and mixed at t.": z,
        "Clip and noise are exchanged: α goes with x̂, σ with ε̂.": sigma_t * x_hat + alpha_t * eps_hat,
        "This is x̂ itself.": x_hat,
        "This is ε̂ itself.": eps_hat,
        "The noise is not in it.": alpha_t * x_hat,
        "ε̂ is subtracted, and should be added.": alpha_t * x_hat - sigma_t * eps_hat,
        "What the network says was read as ε, and it says v.": alpha_t * (z - sigma_s * v) / alpha_s + sigma_t * v,
        "In ε̂ = σ z + α v stands a minus.": alpha_t * x_hat + sigma_t * (sigma_s * z - alpha_s * v),
        "In x̂ = α z − σ v stands a plus.": alpha_t * (alpha_s * z + sigma_s * v) + sigma_t * eps_hat,
        "What the network says was read as the clip, and it says v.": alpha_t * v
        + sigma_t * (z - alpha_s * v) / sigma_s,
    }
    return told_apart(arrays["z"], alpha_t * x_hat + sigma_t * eps_hat, mistakes)


EXERCISE = Exercise(
    id="4.7",
    title="Backwards, from clip to noise",
    points=3,
    stars=2,
    minutes=15,
    reference=inversion_step,
    answers=(inversion_step, ddim_inversion, predict),
    probes=(
        Probe(
            "where it is asked",
            (
                "The network was not asked about z at the level that z has.",
                "z is at s, the cleaner level; a network that is told another level is told something untrue of what it sees.",
                "`v = model(z, logsnr_s.expand(len(z)), None)`.",
            ),
            _clip,
            _stepped,
            _asked_right,
        ),
        Probe(
            "the step",
            (
                "It is asked right, and the clip that comes back is not the one at level t.",
                "x̂ and ε̂ are read from z and v with α and σ of s; what comes back is α x̂ + σ ε̂ with those of t.",
                "`alpha_t * x_hat + sigma_t * eps_hat`, with `x_hat, eps_hat = to_x_eps(Objective.V, v, z, alpha_s, sigma_s)`.",
            ),
            _clip,
            _stepped,
            _agrees,
        ),
        Probe(
            "from the clip itself",
            (
                "In the middle it is right; where the clip is all but clean, and the way begins, it is not.",
                "At high λ σ is almost 0: is something divided by it, or kept from becoming small?",
                "ε̂ = σ z + α v needs no division.",
            ),
            partial(_clip, clean=True),
            _stepped,
            _agrees,
        ),
    ),
)

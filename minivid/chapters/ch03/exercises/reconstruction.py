"""3.10: reconstruction guidance, the gradient that makes the unknown part fit the known one."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, agrees, close, describe
from minivid.diffusion.objective import Video

FRAMES, KNOWN = 6, 3


def reconstruction_guided(
    denoise: Callable[[Tensor], Tensor],
    z: Video,
    known: Video,
    mask: Bool[Tensor, "b c t h w"],
    alpha: Float[Tensor, ""],
    weight: float,
) -> Video:
    """x̂ − (w α / 2) ∇_z ‖known − x̂‖², the squares summed where the mask is True; x̂ = denoise(z) (Ho et al. 2022, eq. 7)."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        x_hat = denoise(z)
        error = (known - x_hat)[mask].square().sum()
        gradient = torch.autograd.grad(error, z)[0]
    return (x_hat - 0.5 * weight * alpha * gradient).detach()


def _clip(seed: int, weight: float = 0.5) -> dict:
    """A clip whose first frames are known, and a denoiser in which all frames see one another."""
    generator = torch.Generator().manual_seed(seed)
    z, known = torch.randn(2, 2, 1, FRAMES, 3, 3, generator=generator)
    mask = (torch.arange(FRAMES) < KNOWN).reshape(1, 1, -1, 1, 1).expand_as(z)
    mixing = torch.eye(FRAMES) + 0.3 * torch.randn(FRAMES, FRAMES, generator=generator)
    alpha = 0.4 + 0.5 * torch.rand((), generator=generator)
    return {"mixing": mixing, "z": z, "known": known, "mask": mask, "alpha": alpha, "weight": weight}


def _denoiser(mixing: Tensor):
    return lambda z: torch.tanh(torch.einsum("ij,bcjhw->bcihw", mixing, z))


def _ask(obj, inputs: dict, **others) -> Tensor:
    """The frames that are to be filled in: what a sampler does with the known ones is its own affair."""
    asked = inputs | others
    denoise = _denoiser(asked.pop("mixing"))
    x = obj(denoise, asked["z"].clone(), asked["known"], asked["mask"], asked["alpha"], asked["weight"])
    if not isinstance(x, Tensor) or x.shape != asked["z"].shape:
        raise WrongAnswer(f"it returned {describe(x)}; expected a clip of z's shape, {tuple(asked['z'].shape)}")
    return x[:, :, KNOWN:]


def _corrected(obj, inputs: dict) -> dict:
    return {"x": _ask(obj, inputs)}


def _corrected_in_a_sampler(obj, inputs: dict) -> dict:
    with torch.no_grad():
        return _corrected(obj, inputs)


def _with_another_unknown_part(obj, inputs: dict) -> dict:
    other = torch.where(inputs["mask"], inputs["known"], inputs["known"] + 1)
    return {"x": _ask(obj, inputs), "other": _ask(obj, inputs, known=other)}


def _moved(arrays: Arrays, inputs: dict):
    """How far the frames were moved from x̂, and how far they should have been."""
    x_hat = _denoiser(inputs["mixing"])(inputs["z"])[:, :, KNOWN:].numpy()
    return arrays["x"] - x_hat, _ask(reconstruction_guided, inputs).numpy() - x_hat


_agrees = agrees(reconstruction_guided, _corrected, rtol=1e-3, atol=1e-4)

EXERCISE = Exercise(
    id="3.10",
    title="Reconstruction guidance",
    points=4,
    stars=3,
    minutes=25,
    reference=reconstruction_guided,
    probes=(
        Probe(
            "weight 0",
            "With weight 0 the unknown part should be denoise(z), unchanged.",
            partial(_clip, weight=0.0),
            _corrected,
            _agrees,
        ),
        Probe(
            "reaches the unknown part",
            "The frames to be filled in did not move: the gradient must run through the network, to z (and not to x̂).",
            _clip,
            _corrected,
            lambda arrays, inputs: bool(abs(_moved(arrays, inputs)[0]).max() > 1e-4),
        ),
        Probe(
            "known part only",
            "What `known` holds where the mask is False should not matter: only the part under the mask has a reconstruction error.",
            _clip,
            _with_another_unknown_part,
            lambda arrays, inputs: close(arrays["x"], arrays["other"], atol=1e-4),
        ),
        Probe(
            "direction",
            "The error of the known part should fall: x̂ is moved *against* the gradient.",
            _clip,
            _corrected,
            lambda arrays, inputs: bool(np.multiply(*_moved(arrays, inputs)).sum() > 0),
        ),
        Probe(
            "length",
            "The step should be (w α / 2) times the gradient of the *sum* of squares; a mean divides it by their number.",
            _clip,
            _corrected,
            _agrees,
        ),
        Probe(
            "in a sampler",
            "Samplers run under no_grad: switch gradients on inside, with `torch.enable_grad()`.",
            _clip,
            _corrected_in_a_sampler,
            _agrees,
        ),
        Probe(
            "detached",
            "The result still holds the graph of this step, and with it the memory of every step before: detach it.",
            _clip,
            lambda obj, inputs: {"attached": _ask(obj, inputs).requires_grad},
            lambda arrays, inputs: not arrays["attached"],
        ),
    ),
)

"""3.10: reconstruction guidance, the gradient that makes the unknown part fit the known one."""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, close, describe
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


def _clip(seed: int, guided: bool = True) -> dict:
    """Clips some of whose frames are known, and a denoiser in which all frames see one another."""
    generator = torch.Generator().manual_seed(seed)
    z, known = torch.randn(2, 2, 1, FRAMES, 3, 3, generator=generator)
    mask = (torch.randperm(FRAMES, generator=generator) < KNOWN).reshape(1, 1, -1, 1, 1).expand_as(z)
    mixing = torch.eye(FRAMES) + 0.3 * torch.randn(FRAMES, FRAMES, generator=generator)
    alpha = 0.4 + 0.5 * torch.rand((), generator=generator)
    weight = guided * (0.6 + 0.3 * torch.rand((), generator=generator).item())
    return {"mixing": mixing, "z": z, "known": known, "mask": mask, "alpha": alpha, "weight": weight}


def _denoiser(mixing: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda z: torch.tanh(torch.einsum("ij,bcjhw->bcihw", mixing, z))


def _asked(obj, inputs: dict, **others) -> Tensor:
    asked = inputs | others
    denoise = _denoiser(asked.pop("mixing"))
    x = obj(denoise, asked["z"].clone(), asked["known"].clone(), asked["mask"].clone(), asked["alpha"], asked["weight"])
    if not isinstance(x, Tensor) or x.shape != asked["z"].shape:
        raise WrongAnswer(f"it returned {describe(x)}; expected a clip of z's shape, {tuple(asked['z'].shape)}")
    return x


def _corrected(obj, inputs: dict) -> dict:
    return {"x": _asked(obj, inputs)}


def _corrected_in_a_sampler(obj, inputs: dict) -> dict:
    try:
        with torch.no_grad():
            return _corrected(obj, inputs)
    except RuntimeError as error:
        if "does not require grad" not in str(error):
            raise
        raise WrongAnswer(
            "under `torch.no_grad()`, as a sampler calls it, there is no gradient to be found: switch them on inside, "
            "`with torch.enable_grad():`, before the network is asked"
        ) from None


def _with_another_unknown_part(obj, inputs: dict) -> dict:
    other = torch.where(inputs["mask"], inputs["known"], inputs["known"] + 1)
    return {"x": _asked(obj, inputs), "other": _asked(obj, inputs, known=other)}


def _found(inputs: dict) -> tuple[Tensor, Tensor, Tensor]:
    """x̂, the gradient of the squared error by z, and the same of the error by x̂."""
    z = inputs["z"].clone().requires_grad_()
    x_hat = _denoiser(inputs["mixing"])(z)
    error = (inputs["known"] - x_hat)[inputs["mask"]].square().sum()
    by_z, by_x_hat = torch.autograd.grad(error, (z, x_hat))
    return x_hat.detach(), by_z, by_x_hat


def _is_moved(arrays: Arrays, inputs: dict) -> bool | str:
    """The whole clip; what it is instead, where that can be said."""
    x_hat, gradient, by_x_hat = _found(inputs)
    mask, known, z, weight, alpha = (inputs[name] for name in ("mask", "known", "z", "weight", "alpha"))
    step, many = 0.5 * weight * alpha, int(mask.sum())
    expected = x_hat - step * gradient
    pasted = "The known part is put in x̂'s place; it should be moved like the rest. What a sampler does with it is its own affair."
    mistakes = {
        "It is z that is moved here, not x̂.": z - step * gradient,
        "It is the step alone, without the x̂ that is moved.": -step * gradient,
        pasted: torch.where(mask, known, expected),
    }
    if weight:
        mistakes |= {
            "It is x̂ as it was.": x_hat,
            "The gradient is taken by x̂; it should run through the network, to z: so nothing reaches the open frames.": (
                x_hat - step * by_x_hat
            ),
            "The known part is put in x̂'s place, and nothing is moved: that is replacement.": torch.where(
                mask, known, x_hat
            ),
            "The known part stands still; it should be moved like the rest.": torch.where(mask, x_hat, expected),
            "Only the known part is moved.": torch.where(mask, expected, x_hat),
            "It is moved up the gradient.": x_hat + step * gradient,
            "It is the gradient of the *mean* of the squares.": x_hat - step / many * gradient,
            "It is the gradient of the mean over the whole clip.": x_hat - step / mask.numel() * gradient,
            "The half is missing.": x_hat - 2 * step * gradient,
            "α is missing.": x_hat - step / alpha * gradient,
            "w is missing.": x_hat - step / weight * gradient,
            "α is squared.": x_hat - step * alpha * gradient,
            "w is squared.": x_hat - step * weight * gradient,
            "It is the gradient of the norm, not of its square.": (
                x_hat - step * gradient / (2 * (known - x_hat)[mask].square().sum().sqrt())
            ),
            "It is the gradient alone.": gradient,
            "It is the error of z, the noisy clip; it should be that of x̂.": (
                x_hat - step * torch.where(mask, 2 * (z - known), torch.zeros(()))
            ),
        }
    said = told_apart(arrays["x"], expected, mistakes, rtol=1e-3, atol=1e-4)
    if said is False:
        wrong = abs(arrays["x"] - expected.numpy()) > 1e-4 + 1e-3 * abs(expected.numpy())
        parts = [bool(wrong[part.numpy()].any()) for part in (mask, ~mask)]
        where = {(True, False): "Only the known part is wrong.", (False, True): "Only the open part is wrong."}
        return where.get(tuple(parts), False)
    return said


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
            (
                "With weight 0 the result should be x̂ = denoise(z), unchanged, in all frames.",
                "It is x̂ that is moved, by w times something.",
                "`return x_hat - weight * …`.",
            ),
            partial(_clip, guided=False),
            _corrected,
            _is_moved,
        ),
        Probe(
            "known part only",
            (
                "What `known` holds where the mask is False changed the result.",
                "Only the part under the mask has a reconstruction error.",
                "`(known - x_hat)[mask]`.",
            ),
            _clip,
            _with_another_unknown_part,
            lambda arrays, inputs: close(arrays["x"], arrays["other"], atol=1e-4),
        ),
        Probe(
            "whole clip",
            (
                "It is not x̂ − (w α / 2) times the gradient, in all frames, known and open.",
                "The error is a *sum* of squares; its gradient is by z, through the network; x̂ is moved against it.",
                "`x_hat - weight * alpha / 2 * torch.autograd.grad(error, z)[0]`.",
            ),
            _clip,
            _corrected,
            _is_moved,
        ),
        Probe(
            "in a sampler",
            (
                "Called under `torch.no_grad()`, as a sampler does, it gives another result.",
                "Gradients are switched on inside, before the network is asked.",
                "`with torch.enable_grad():`",
            ),
            _clip,
            _corrected_in_a_sampler,
            _is_moved,
        ),
        Probe(
            "detached",
            (
                "The result still holds the graph of this step, and with it the memory of every step before.",
                "What is given back should know nothing of how it was found.",
                "`.detach()`.",
            ),
            _clip,
            lambda obj, inputs: {"attached": _asked(obj, inputs).requires_grad},
            lambda arrays, inputs: not arrays["attached"],
        ),
    ),
)

"""3.9: one training step. Judged by what the network is shown, by the gradient that the optimizer meets, and by the weights afterwards."""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, close, describe
from minivid.diffusion.objective import Objective, Video, per_clip_loss, target
from minivid.diffusion.schedule import COSINE, like
from minivid.train import update_ema

CLIP_NORM = 1.0


def training_step(
    model: nn.Module,
    ema: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: Video,
    eps: Video,
    u: Float[Tensor, "b"],
    cond,
    decay: float,
) -> tuple[Tensor, Tensor]:
    """One step on the mean squared error of v, the gradient clipped to norm 1; returns the loss and the norm before clipping."""
    loss = per_clip_loss(model, x, eps, u, cond, COSINE, Objective.V).mean()
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
    optimizer.step()
    update_ema(ema, model, decay)
    return loss.detach(), norm


class Network(nn.Module):
    """Says `weight · z + bias`, a bias for each channel, and keeps what it is shown."""

    def __init__(self, weight: Tensor, bias: Tensor):
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
        self.shown: list[tuple[Tensor, Tensor, bool]] = []

    def forward(self, z, t, cond=None):
        self.shown.append((z.detach().clone(), t.detach().clone(), cond == "a caption"))
        return self.weight * z + self.bias.reshape(-1, 1, 1, 1)


class Descent:
    """Plain gradient descent that keeps the gradients it met; not a torch optimizer, so nothing but zero_grad and step is there."""

    def __init__(self, parameters):
        self.parameters, self.met = list(parameters), []

    def zero_grad(self, set_to_none: bool = True) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in self.parameters]
        self.met.append(torch.cat([gradient.flatten() for gradient in gradients]))
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter -= 0.1 * gradient


def _batches(seed: int, far: bool = False) -> dict:
    """Two batches, as many clips as columns. The network begins near the truth, with a gradient shorter than 1, or `far` from it."""
    generator = torch.Generator().manual_seed(seed)
    x, eps = torch.randn(2, 2, 4, 2, 3, 5, 4, generator=generator)
    bias = (2.0 if far else 0.2) * (1 + torch.rand(2, generator=generator))
    average = torch.randn(3, generator=generator)
    return {
        "x": x,
        "eps": eps,
        "u": 0.1 + 0.8 * torch.rand(2, 4, generator=generator),
        "weight": torch.full((1,), 3.0 if far else 0.1),
        "bias": bias,
        "average": average,
        "decay": 0.9,
    }


def _trained(obj, inputs: dict) -> dict:
    """Two steps in a row: what the network was shown, loss and norm, the gradients met, the weights and their average after each."""
    model = Network(inputs["weight"], inputs["bias"])
    ema = Network(inputs["average"][:1], inputs["average"][1:]).requires_grad_(False)
    optimizer, told, after = Descent(model.parameters()), [], []
    for x, eps, u in zip(inputs["x"], inputs["eps"], inputs["u"], strict=True):
        said = obj(model, ema, optimizer, x.clone(), eps.clone(), u.clone(), "a caption", inputs["decay"])
        if not model.shown:
            raise WrongAnswer("the model was never called")
        if not isinstance(said, tuple | list) or len(said) != 2:
            raise WrongAnswer(f"it returned {describe(said)}; expected the pair (loss, norm)")
        for name, value in zip(("the loss", "the norm"), said, strict=True):
            if not isinstance(value, float | Tensor) or (isinstance(value, Tensor) and value.numel() != 1):
                raise WrongAnswer(f"{name} is {describe(value)}; expected one number")
        told.append([float(value) for value in said])
        after.append([torch.cat([p.detach().clone().flatten() for p in net.parameters()]) for net in (model, ema)])
    if len(optimizer.met) != 2:
        raise WrongAnswer(f"in two steps `optimizer.step()` was called {len(optimizer.met)} times")
    shown = [torch.stack(part) for part in list(zip(*model.shown, strict=True))[:2]]
    return {
        "z": shown[0],
        "t": shown[1],
        "captioned": all(captioned for *_, captioned in model.shown),
        "loss": torch.tensor([loss for loss, _ in told]),
        "norm": torch.tensor([norm for _, norm in told]),
        "met": torch.stack(optimizer.met),
        "weights": torch.stack([weights for weights, _ in after]),
        "average": torch.stack([average for _, average in after]),
    }


def _agrees(name: str, step: slice | int = slice(None), **tolerance):
    """The same as the reference's, in one of the two steps or in both."""

    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        expected = _trained(training_step, inputs)[name]
        return close(arrays[name][step], expected[step], **tolerance)

    return compare


def _is_v_loss(arrays: Arrays, inputs: dict) -> bool | str:
    """The loss of the first step; what it is instead, where that can be said."""
    x, eps, u = (inputs[name][0] for name in ("x", "eps", "u"))
    alpha, sigma = (like(level, x) for level in COSINE.alpha_sigma(COSINE.logsnr(u)))
    v = target(Objective.V, x, eps, alpha, sigma)
    out = Network(inputs["weight"], inputs["bias"])(alpha * x + sigma * eps, u).detach()
    found = arrays["loss"][0]
    named = {
        "It is held against the noise ε; it should be v.": (out - eps).square().mean(),
        "It is held against the clean clip x; it should be v.": (out - x).square().mean(),
        "v has the wrong sign: it is α ε − σ x.": (out + v).square().mean(),
        "α and σ are exchanged in v = α ε − σ x.": (out - sigma * eps + alpha * x).square().mean(),
        "This is the mean of the difference, not of its square.": (out - v).mean(),
        "This is the mean absolute difference, not the mean square.": (out - v).abs().mean(),
        "This is the root of the mean square.": (out - v).square().mean().sqrt(),
        "This is the sum over a clip's values; it should be the mean.": (out - v).square().flatten(1).sum(1).mean(),
        "This is the sum over the batch; it should be the mean.": (out - v).square().sum(),
    }
    if close(found, (out - v).square().mean(), rtol=1e-3) is True:
        return True
    return next((text for text, value in named.items() if close(found, value, rtol=1e-3) is True), False)


def _is_met(arrays: Arrays, inputs: dict) -> bool | str:
    return bool(abs(arrays["met"][0]).max() > 0) or "When `optimizer.step()` was called there was no gradient."


def _is_clipped(arrays: Arrays, inputs: dict) -> bool | str:
    length = np.linalg.norm(arrays["met"][0].astype(np.float64))
    if length > 1.001 * CLIP_NORM:
        return f"The optimizer met a gradient of length {length:.1f}."
    return _agrees("met", 0, rtol=1e-2)(arrays, inputs)


def _is_average(arrays: Arrays, inputs: dict) -> bool | str:
    before, weights, decay = inputs["average"].numpy(), arrays["weights"][0], inputs["decay"]
    old = torch.cat([inputs["weight"], inputs["bias"]]).numpy()
    named = {
        "The average did not change: change the weights of `ema` in place.": before,
        "Most of the average should stay: decay · average + (1 − decay) · weight, not the other way round.": (
            (1 - decay) * before + decay * weights
        ),
        "It follows the weights as they were before `optimizer.step()`.": decay * before + (1 - decay) * old,
        "It is a copy of the weights.": weights,
    }
    expected = decay * before + (1 - decay) * weights
    if close(arrays["average"][0], expected, rtol=1e-3) is True:
        return _agrees("average", rtol=1e-3)(arrays, inputs)
    return next((text for text, value in named.items() if close(arrays["average"][0], value, rtol=1e-3) is True), False)


EXERCISE = Exercise(
    id="3.9",
    title="The training step",
    points=5,
    stars=3,
    minutes=25,
    reference=training_step,
    answers=(training_step, per_clip_loss, update_ema),
    probes=(
        Probe(
            "noised clip",
            "The model should see z = α x + σ ε, each clip at the noise level of its own u (reshape α and σ to b 1 1 1 1).",
            _batches,
            _trained,
            _agrees("z", rtol=1e-3, atol=1e-3),
        ),
        Probe(
            "noise level",
            "The model is told the log-SNR λ of each clip, one number a clip, never u.",
            _batches,
            _trained,
            _agrees("t", rtol=1e-3, atol=1e-2),
        ),
        Probe(
            "caption",
            "The condition should reach the model: model(z, λ, cond).",
            _batches,
            _trained,
            lambda arrays, inputs: bool(arrays["captioned"]),
        ),
        Probe(
            "loss",
            "The loss is the mean of (output − v)² over all values of the batch, with v = α ε − σ x.",
            _batches,
            _trained,
            _is_v_loss,
        ),
        Probe(
            "gradient",
            "Nothing would be learnt. In this order: zero_grad, backward, clip, step; and the loss stays connected to the network's output "
            "(no detach, no_grad or item before backward).",
            _batches,
            _trained,
            _is_met,
        ),
        Probe(
            "own gradient",
            "The first step is right, the second met the first one's gradient too: `optimizer.zero_grad()` once a step.",
            _batches,
            _trained,
            _agrees("met", rtol=1e-2, atol=1e-4),
        ),
        Probe(
            "clipped",
            "A long gradient is made as long as 1, in its own direction, before the optimizer takes its step: "
            "`nn.utils.clip_grad_norm_(model.parameters(), 1.0)`.",
            partial(_batches, far=True),
            _trained,
            _is_clipped,
        ),
        Probe(
            "norm",
            "What is returned beside the loss is the gradient's norm *before* clipping, which `clip_grad_norm_` gives back.",
            partial(_batches, far=True),
            _trained,
            _agrees("norm", 0, rtol=1e-2),
        ),
        Probe(
            "average",
            "After the optimizer's step each weight of `ema` becomes decay · itself + (1 − decay) · the model's new weight.",
            _batches,
            _trained,
            _is_average,
        ),
    ),
)

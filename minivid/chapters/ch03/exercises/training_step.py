"""3.9: one training step. Judged by what the network is shown, by the gradient that the optimizer meets, and by the weights afterwards."""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, Promises, WrongAnswer, close, describe
from minivid.diffusion.objective import Objective, Video, per_clip_loss
from minivid.diffusion.schedule import COSINE, LINEAR, like
from minivid.train import update_ema

CLIP_NORM = 1.0


def training_step(
    model: nn.Module,
    ema: nn.Module,
    optimizer,
    x: Video,
    eps: Video,
    u: Float[Tensor, "b"],
    cond,
    decay: float,
) -> tuple[Tensor, Tensor]:
    """One step on the mean squared error of v, the gradient clipped to norm 1; returns the loss and the norm before clipping.

    optimizer: whatever has `zero_grad` and `step`.
    """
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
        "decay": 0.6 + 0.3 * torch.rand((), generator=generator).item(),
    }


def _trained(obj, inputs: dict) -> dict:
    """Two steps in a row: what the network was shown, loss and norm, the gradients met, the weights and their average after each."""
    model = Network(inputs["weight"], inputs["bias"])
    ema = Network(inputs["average"][:1], inputs["average"][1:]).requires_grad_(False)
    optimizer, told, after = Descent(model.parameters()), [], []
    for x, eps, u in zip(inputs["x"], inputs["eps"], inputs["u"], strict=True):
        told.append(_told(obj, model, ema, optimizer, x.clone(), eps.clone(), u.clone(), inputs["decay"]))
        after.append([torch.cat([p.detach().clone().flatten() for p in net.parameters()]) for net in (model, ema)])
    if len(optimizer.met) != 2:
        raise WrongAnswer(
            f"in two steps `optimizer.step()` was called {len(optimizer.met)} times; expected once a step"
        )
    if len(model.shown) != 2:
        raise WrongAnswer(f"in two steps the model was called {len(model.shown)} times; expected once a step")
    return {
        "z": torch.stack([z for z, _, _ in model.shown]),
        "t": torch.stack([t for _, t, _ in model.shown]),
        "captioned": all(captioned for _, _, captioned in model.shown),
        "attached": any(weight.requires_grad for weight in ema.parameters()),
        "loss": torch.tensor([loss for loss, _ in told]),
        "norm": torch.tensor([norm for _, norm in told]),
        "met": torch.stack(optimizer.met),
        "weights": torch.stack([weights for weights, _ in after]),
        "average": torch.stack([average for _, average in after]),
    }


def _told(obj, model: Network, ema: Network, optimizer: Descent, x, eps, u, decay: float) -> list[float]:
    """What the student's step returns, loss and norm."""
    try:
        said = obj(model, ema, optimizer, x, eps, u, "a caption", decay)
    except RuntimeError as error:
        if "does not require grad" not in str(error):
            raise
        if model.shown:
            raise WrongAnswer(
                "the loss does not hang on the network's weights any more, so there is no gradient to be found: no `no_grad`, `detach` or "
                "`item` before `backward`"
            ) from None
    if not model.shown:
        raise WrongAnswer("the model was never called; `ema` is not trained, only drawn along")
    if not isinstance(said, tuple | list) or len(said) != 2:
        raise WrongAnswer(f"it returned {describe(said)}; expected the pair (loss, norm)")
    for name, value in zip(("the loss", "the norm"), said, strict=True):
        if not isinstance(value, float | Tensor) or (isinstance(value, Tensor) and value.numel() != 1):
            raise WrongAnswer(f"{name} is {describe(value)}; expected one number")
    return [value.item() if isinstance(value, Tensor) else value for value in said]


def _agrees(name: str, step: slice | int = slice(None), **tolerance):
    """The same as the reference's, in one of the two steps or in both."""

    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        return close(arrays[name][step], _trained(training_step, inputs)[name][step], **tolerance)

    return compare


def _first(inputs: dict) -> tuple[Tensor, ...]:
    """Of the first batch: clips, noise, levels, α, σ."""
    x, eps, u = (inputs[name][0] for name in ("x", "eps", "u"))
    logsnr = COSINE.logsnr(u)
    return x, eps, logsnr, *(like(level, x) for level in COSINE.alpha_sigma(logsnr))


def _is_noised(arrays: Arrays, inputs: dict) -> bool | str:
    x, eps, _, alpha, sigma = _first(inputs)
    u = inputs["u"][0]
    linear_alpha, linear_sigma = (like(level, x) for level in LINEAR.alpha_sigma(LINEAR.logsnr(u)))
    mistakes = {
        "It is shown the clean clip.": x,
        "It is shown the noise alone.": eps,
        "The weights scale columns here, not clips: α of shape (b,) is lined up with the last axis.": (
            alpha.flatten() * x + sigma.flatten() * eps
        ),
        "All clips have the first one's level here.": alpha[:1] * x + sigma[:1] * eps,
        "The weights are 1 − u and u, a straight line: that is another schedule.": (1 - like(u, x)) * x
        + like(u, x) * eps,
        "This is the linear schedule.": linear_alpha * x + linear_sigma * eps,
        "α and σ are exchanged.": sigma * x + alpha * eps,
        "The weights are α² and σ².": alpha**2 * x + sigma**2 * eps,
        "u was taken for λ.": like(torch.sigmoid(u).sqrt(), x) * x + like(torch.sigmoid(-u).sqrt(), x) * eps,
        "It is shown v.": alpha * eps - sigma * x,
    }
    known = told_apart(arrays["z"][0], alpha * x + sigma * eps, mistakes, rtol=1e-3, atol=1e-3)
    if isinstance(known, str) or known:
        return known
    return (
        "The noise that is handed in is not in it." if _has_other_noise(arrays["z"][0], x, eps, alpha, sigma) else False
    )


def _has_other_noise(z: np.ndarray, x: Tensor, eps: Tensor, alpha: Tensor, sigma: Tensor) -> bool:
    """What is left of z without the clip does not go with ε."""
    rest = ((torch.as_tensor(z) - alpha * x) / sigma).flatten()
    return bool(abs(torch.corrcoef(torch.stack([rest, eps.flatten()]))[0, 1]) < 0.3)


def _is_told_the_level(arrays: Arrays, inputs: dict) -> bool | str:
    _, _, logsnr, alpha, _ = _first(inputs)
    mistakes = {
        "It is told the time u.": inputs["u"][0],
        "It is told log(α/σ), half of λ.": logsnr / 2,
        "It is told −λ.": -logsnr,
        "It is told α.": alpha.flatten(),
        "It is told α².": alpha.flatten() ** 2,
        "It is told the signal-to-noise ratio α²/σ², not its logarithm.": logsnr.exp(),
    }
    return told_apart(arrays["t"][0], logsnr, mistakes, rtol=1e-3, atol=1e-2)


def _is_v_loss(arrays: Arrays, inputs: dict) -> bool | str:
    x, eps, logsnr, alpha, sigma = _first(inputs)
    v, network = alpha * eps - sigma * x, Network(inputs["weight"], inputs["bias"]).requires_grad_(False)
    out = network(alpha * x + sigma * eps, logsnr)
    off = out - v
    mistakes = {
        "The output is held against the noise ε; it should be v.": (out - eps).square().mean(),
        "The output is held against the clean clip x; it should be v.": (out - x).square().mean(),
        "The output is held against ε − x, the velocity of a straight path; it should be v.": (out - eps + x)
        .square()
        .mean(),
        "v has the wrong sign.": (out + v).square().mean(),
        "α and σ are exchanged in v.": (out - sigma * eps + alpha * x).square().mean(),
        "There is a plus in v where a minus should be: that is α ε + σ x.": (out - alpha * eps - sigma * x)
        .square()
        .mean(),
        "The output is held against z; it should be v.": (out - alpha * x - sigma * eps).square().mean(),
        "This is the mean of the difference, not of its square.": off.mean(),
        "This is the mean absolute difference, not the mean square.": off.abs().mean(),
        "This is the root of the mean square.": off.square().mean().sqrt(),
        "What is returned first is the gradient's norm; it should be the loss.": _trained(training_step, inputs)[
            "norm"
        ][0],
        "This is half the mean square.": 0.5 * off.square().mean(),
        "This is the sum over a clip's values; it should be the mean.": off.square().flatten(1).sum(1).mean(),
        "This is the sum over the batch; it should be the mean.": off.square().flatten(1).mean(1).sum(),
        "This is the sum over all values; it should be the mean.": off.square().sum(),
    }
    return told_apart(arrays["loss"][0], off.square().mean(), mistakes, rtol=1e-4, atol=1e-6)  # one number: chance hits


def _is_met(arrays: Arrays, inputs: dict) -> bool | str:
    if abs(arrays["met"][0]).max() == 0:
        return "When `optimizer.step()` was called there was no gradient."
    return _agrees("met", 0, rtol=1e-2, atol=1e-4)(arrays, inputs)


def _is_of_its_own(arrays: Arrays, inputs: dict) -> bool | str:
    model = inputs | {
        "weight": torch.as_tensor(arrays["weights"][0][:1]),
        "bias": torch.as_tensor(arrays["weights"][0][1:]),
    }
    only_second = _trained(training_step, {**model, **{name: inputs[name].flip(0) for name in ("x", "eps", "u")}})[
        "met"
    ][0]
    return close(arrays["met"][1], only_second, rtol=1e-2, atol=1e-4)


def _is_clipped(arrays: Arrays, inputs: dict) -> bool | str:
    expected = _trained(training_step, inputs)
    whole = (expected["norm"][0] * expected["met"][0]).numpy()
    parts = whole[:1], whole[1:]  # weight and bias
    mistakes = {
        "It is not clipped when the step is taken.": whole,
        "Each number of it is cut to [−1, 1] by itself, which turns it into another direction.": np.clip(whole, -1, 1),
        "Each weight's gradient is made as long as 1 by itself, which turns the whole into another direction.": np.concatenate(
            [part / max(1.0, np.linalg.norm(part)) for part in parts]
        ),
    }
    said = told_apart(arrays["met"][0], expected["met"][0], mistakes, rtol=1e-2)
    length = np.linalg.norm(arrays["met"][0].astype(np.float64))
    return said or f"The optimizer met a gradient of length {length:.1f}."


def _is_norm(arrays: Arrays, inputs: dict) -> bool | str:
    expected = _trained(training_step, inputs)["norm"][0]
    mistakes = {
        "It is the norm after clipping.": torch.ones(()),
        "It is the square of the norm.": expected**2,
        "It is the loss once more.": arrays["loss"][0],
    }
    return told_apart(arrays["norm"][0], expected, mistakes, rtol=1e-2)


def _is_average(arrays: Arrays, inputs: dict) -> bool | str:
    before, weights, decay = inputs["average"].numpy(), arrays["weights"][0], inputs["decay"]
    if _agrees("weights", rtol=1e-2)(arrays, inputs) is not True:
        return "The model's own weights have changed by something else than the optimizer's step."
    old = torch.cat([inputs["weight"], inputs["bias"]]).numpy()
    mistakes = {
        "It did not change; it is `ema`'s own weights that should, in place.": before,
        "Most of it was thrown away: decay is the share of the average that stays.": (1 - decay) * before
        + decay * weights,
        "It follows the weights as they were before the optimizer's step.": decay * before + (1 - decay) * old,
        "It is a copy of the weights.": weights,
        "The two shares do not add up to 1: the weights are added whole.": decay * before + weights,
        "The two shares do not add up to 1: nothing of the average is taken away.": before + (1 - decay) * weights,
        "The old average has gone, and only a share of the weights stands there.": (1 - decay) * weights,
    }
    if arrays["attached"]:
        return "Its numbers are right, and it was changed with gradients on, so that it holds the graph of all steps so far."
    first = told_apart(arrays["average"][0], decay * before + (1 - decay) * weights, mistakes)
    return first if first is not True else _agrees("average", rtol=1e-2, atol=1e-4)(arrays, inputs)


EXERCISE = Exercise(
    id="3.9",
    title="The training step",
    points=5,
    stars=3,
    minutes=25,
    reference=training_step,
    promises=Promises(tensor=False),
    answers=(training_step, per_clip_loss, update_ema),
    probes=(
        Probe(
            "noised clip",
            (
                "The model does not see z = α x + σ ε, each clip at the noise level of its own u.",
                "λ comes from u by the schedule, α and σ from λ; both are (b,) and must multiply b c t h w.",
                "`alpha, sigma = (like(level, x) for level in variance_preserving(cosine_logsnr(u)))`.",
            ),
            _batches,
            _trained,
            _is_noised,
        ),
        Probe(
            "noise level",
            (
                "What the model is shown is right; what it is told of the noise is not λ, one number a clip.",
                "A network knows no schedule: it is told the log-SNR.",
                "`model(z, logsnr, cond)` with `logsnr = cosine_logsnr(u)`, of shape (b,).",
            ),
            _batches,
            _trained,
            _is_told_the_level,
        ),
        Probe(
            "caption",
            ("The condition does not reach the model.", "The model takes three things.", "`model(z, logsnr, cond)`."),
            _batches,
            _trained,
            lambda arrays, inputs: bool(arrays["captioned"]),
        ),
        Probe(
            "loss",
            (
                "The loss is not the mean of (output − v)² over all values of the batch, with v = α ε − σ x.",
                "Look at what the output is held against, and at how the differences become one number.",
                "`(v_hat - (alpha * eps - sigma * x)).square().mean()`.",
            ),
            _batches,
            _trained,
            _is_v_loss,
        ),
        Probe(
            "gradient",
            (
                "The loss is right; the gradient that the optimizer meets in its first step is not the loss's.",
                "The order is: forget the old gradient, find the new one, clip it, take the step.",
                "`optimizer.zero_grad()`, `loss.backward()`, `nn.utils.clip_grad_norm_(…)`, `optimizer.step()`.",
            ),
            _batches,
            _trained,
            _is_met,
        ),
        Probe(
            "own gradient",
            (
                "The first step is right; in the second the optimizer met the first one's gradient too.",
                "`backward` *adds* to what is there.",
                "`optimizer.zero_grad()`, once a step.",
            ),
            _batches,
            _trained,
            _is_of_its_own,
        ),
        Probe(
            "clipped",
            (
                "A gradient longer than 1 should be made as long as 1, in its own direction, before the optimizer takes its step.",
                "Clipping stands between `backward` and `step`, and takes all of the model's weights together.",
                "`nn.utils.clip_grad_norm_(model.parameters(), 1.0)`.",
            ),
            partial(_batches, far=True),
            _trained,
            _is_clipped,
        ),
        Probe(
            "norm",
            (
                "What is returned beside the loss is not the gradient's norm before it was clipped.",
                "Clipping itself knows it.",
                "`norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)`.",
            ),
            partial(_batches, far=True),
            _trained,
            _is_norm,
        ),
        Probe(
            "average",
            (
                "The moving average is not what it should be: decay · itself + (1 − decay) · the weight after the step.",
                "It is changed last, and in place: weight by weight, those of `ema` and those of `model` side by side.",
                "`average.lerp_(weight, 1 - decay)` for `average, weight` in `zip(ema.parameters(), model.parameters())`, under `torch.no_grad()`.",
            ),
            _batches,
            _trained,
            _is_average,
        ),
    ),
)

"""3.8: the sampling loop, a generator of (z, x̂). Random-valued: each step's noise is worked out from what the loop yields."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from minivid.chapters.ch03.exercises.judging import SIGMAS, is_independent, is_standard_normal
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, all_of, close, describe
from minivid.diffusion.bound import posterior
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import ancestral, ancestral_step, ddim, predict
from minivid.diffusion.schedule import COSINE

STEPS = 4
AXES = ("steps", "clips", "channels", "frames", "rows", "columns")


def sampler(
    model, z: Video, steps: int, cond=None, generator: torch.Generator | None = None
) -> Iterator[tuple[Video, Video]]:
    """Ancestral sampling with a network that says v, down the cosine schedule: (z, x̂) after each step, the last of which adds no noise."""
    return ancestral(model, z, COSINE, Objective.V, steps, cond, generator=generator)


class Network(nn.Module):
    """Its answer depends on the clip, the level and the caption; it has a weight, and keeps what it was told."""

    def __init__(self, mixing: Tensor):
        super().__init__()
        self.mixing = nn.Parameter(mixing.clone())
        self.levels: list[Tensor] = []
        self.captions: list[bool] = []

    def forward(self, z, t, cond=None):
        self.levels.append(t.detach().clone())
        self.captions.append(cond == "a caption")
        level = torch.tanh(t).reshape(-1, *[1] * (z.ndim - 1))
        return torch.tanh(torch.einsum("ij,bcjhw->bcihw", self.mixing, z)) + 0.2 * level - 0.1 * (cond is None)


def _noise(seed: int) -> dict:
    generator = torch.Generator().manual_seed(seed)
    z, mixing = torch.randn(2, 1, 8, 16, 16, generator=generator), torch.randn(8, 8, generator=generator)
    return {"z": z, "mixing": 0.4 * mixing, "seed": seed + 1}


def _begun(obj, inputs: dict, network: Network) -> Iterator:
    """The student's loop, not yet run."""
    path = obj(network, inputs["z"].clone(), STEPS, "a caption", torch.Generator().manual_seed(inputs["seed"]))
    if not hasattr(path, "__next__"):
        raise WrongAnswer(f"it returned {describe(path)}; expected a generator: `yield` (z, x̂) after each step")
    return path


def _next(path: Iterator, shape: torch.Size) -> tuple[Tensor, Tensor] | None:
    """The pair that it yields next; None at its end."""
    pair = next(path, None)
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise WrongAnswer(f"it yielded {describe(pair)}; expected the pair (z, x̂)")
    for name, part in zip(("z", "x̂"), pair, strict=True):
        if not isinstance(part, Tensor) or part.shape != shape:
            raise WrongAnswer(f"{name} is {describe(part)}; expected a clip of the noise's shape, {tuple(shape)}")
    return pair


def _walked(obj, inputs: dict) -> dict:
    """All that the loop yields, as it was when it was yielded; what the network was told on the way."""
    network = Network(inputs["mixing"])
    path, pairs, kept = _begun(obj, inputs, network), [], []
    asked = 0
    while len(pairs) <= STEPS and (pair := _next(path, inputs["z"].shape)):
        asked = asked or len(network.levels)
        pairs.append(pair)
        kept.append([part.detach().clone() for part in pair])
    if len(pairs) != STEPS:
        raise WrongAnswer(
            f"with steps={STEPS} it yielded {'more' if len(pairs) > STEPS else len(pairs)} pairs; expected one a step"
        )
    if len({level.shape for level in network.levels}) != 1:
        raise WrongAnswer("the network was told levels of different shapes; expected one number a clip, at each step")
    return {
        "z": torch.stack([z for z, _ in kept]),
        "x_hat": torch.stack([x_hat for _, x_hat in kept]),
        "levels": torch.stack(network.levels),
        "captioned": all(network.captions),
        "asked": asked,
        "attached": any(part.requires_grad for pair in pairs for part in pair),
        "changed": any(
            not torch.equal(a, b)
            for pair, copy in zip(pairs, kept, strict=True)
            for a, b in zip(pair, copy, strict=True)
        ),
    }


def _twice(obj, inputs: dict) -> dict:
    return {name: _walked(obj, inputs)["z"] for name in ("once", "again")}


GRID = COSINE.logsnr(torch.linspace(1, 0, STEPS + 1))


def _one_at_a_time(arrays: Arrays, inputs: dict) -> bool | str:
    if arrays["asked"] != 1:
        return f"The network had been asked {arrays['asked']} times before the first pair came out."
    return not arrays["changed"] or "A pair changed after it had been yielded."


def _falling(arrays: Arrays, inputs: dict) -> bool | str:
    levels = arrays["levels"]
    if levels.shape[1:] != (len(inputs["z"]),):
        return f"The network was told a level of shape {levels.shape[1:]}."
    told = [levels[0], *(after for before, after in pairwise(levels) if (before != after).any())]
    found = ", ".join(f"{level[0]:.1f}" for level in told)
    expected = ", ".join(f"{level:.1f}" for level in GRID[:-1])
    right = len(told) == STEPS and all(np.allclose(level, at, atol=0.1) for level, at in zip(told, GRID, strict=False))
    return right or f"It was told λ = {found}; in {STEPS} steps it is {expected}."


def _before(arrays: Arrays, inputs: dict) -> np.ndarray:
    """z before each step."""
    return np.concatenate([inputs["z"].numpy()[None], arrays["z"][:-1]])


def _guessed(arrays: Arrays, inputs: dict) -> bool | str:
    network = Network(inputs["mixing"])
    for step, (z, x_hat) in enumerate(zip(_before(arrays, inputs), arrays["x_hat"], strict=True)):
        if not np.isfinite(z).all():
            break  # the step before is at fault, and is judged below
        expected, _ = predict(network, torch.as_tensor(z), GRID[step], COSINE, Objective.V, "a caption")
        verdict = close(x_hat, expected, rtol=1e-2, atol=1e-2)
        if verdict is not True:
            return f"In step {step + 1} of {STEPS} it is another. {verdict or ''}".strip()
    return True


def _drawn(arrays: Arrays, inputs: dict) -> np.ndarray:
    """What the noise of each step but the last must have been, in units of the posterior's deviation."""
    noise = []
    for step, before in enumerate(_before(arrays, inputs)[:-1]):
        x_hat, z_t = torch.as_tensor(arrays["x_hat"][step]), torch.as_tensor(before)
        mean, variance = posterior(x_hat, z_t, GRID[step + 1], GRID[step])
        noise.append((arrays["z"][step] - mean.numpy()) / variance.sqrt().item())
    return np.stack(noise).astype(np.float64)


def _is_centred(arrays: Arrays, inputs: dict) -> bool | str:
    """z_s less the posterior's mean has nothing of z_t or of x̂ in it."""
    noise = _drawn(arrays, inputs)
    if not np.isfinite(noise).all():
        return (
            "There are values that are not finite: is λ of where you *arrive* handed to `posterior` first, as logsnr_s?"
        )
    for name, known in (("z", _before(arrays, inputs)[:-1]), ("x̂", arrays["x_hat"][:-1])):
        for step in range(STEPS - 1):
            if abs((noise[step] * known[step]).sum()) > SIGMAS * (known[step].astype(np.float64) ** 2).sum() ** 0.5:
                return f"In step {step + 1} of {STEPS} the weight of {name} is another."
    return True


def _is_of_that_size(arrays: Arrays, inputs: dict) -> bool | str:
    noise = _drawn(arrays, inputs)
    for step, size in enumerate((noise**2).mean((1, 2, 3, 4, 5)) ** 0.5):
        if abs(size**2 - 1) > SIGMAS * (2 / noise[step].size) ** 0.5:
            return f"In step {step + 1} of {STEPS} the noise is {size:.2f} times what it should be."
    return True


EXERCISE = Exercise(
    id="3.8",
    title="The sampling loop",
    points=4,
    stars=3,
    minutes=25,
    reference=sampler,
    answers=(sampler, ancestral, ancestral_step, ddim),
    probes=(
        Probe(
            "pairs",
            "`yield z, x_hat` stands in the loop, once a step, and each pair is made when it is asked for: new tensors, none that a later "
            "step changes.",
            _noise,
            _walked,
            _one_at_a_time,
        ),
        Probe(
            "levels",
            "From noise to clip: the network is told λ(u) for u from 1 down, in equal steps, one number for each clip; the last of the "
            "steps + 1 levels is where the last step arrives.",
            _noise,
            _walked,
            _falling,
        ),
        Probe(
            "caption",
            "The condition should reach the network at each step: model(z, λ, cond).",
            _noise,
            _walked,
            lambda arrays, inputs: bool(arrays["captioned"]),
        ),
        Probe(
            "guess",
            "x̂ = α z − σ v̂, with α and σ of the level where the step begins, and z as the step found it.",
            _noise,
            _walked,
            _guessed,
        ),
        Probe(
            "last step",
            "The last step adds no noise: its z *is* x̂.",
            _noise,
            _walked,
            lambda arrays, inputs: close(arrays["z"][-1], arrays["x_hat"][-1]),
        ),
        Probe(
            "mean",
            "x̂ is right. z should then move to the posterior's mean, with x̂ where the clean clip would be, and noise be added that knows "
            "nothing of either.",
            _noise,
            _walked,
            _is_centred,
        ),
        Probe(
            "size of the noise",
            "The mean is right. What is added should be standard normal noise times the *root* of the posterior's variance.",
            _noise,
            _walked,
            _is_of_that_size,
        ),
        Probe(
            "fresh noise",
            "The noise should be drawn anew for every step and every value: torch.randn with the whole shape of z, inside the loop.",
            _noise,
            _walked,
            lambda arrays, inputs: all_of(
                is_independent(_drawn(arrays, inputs), AXES), is_standard_normal(_drawn(arrays, inputs))
            ),
        ),
        Probe(
            "repeatable",
            "Two generators of one seed gave different clips: draw from `generator`, not from torch's global one.",
            _noise,
            _twice,
            lambda arrays, inputs: bool((arrays["once"] == arrays["again"]).all()),
        ),
        Probe(
            "without gradients",
            "What comes out still holds the network's graph, and with it the memory of every step before: ask the network under "
            "`torch.no_grad()`.",
            _noise,
            _walked,
            lambda arrays, inputs: not arrays["attached"],
        ),
    ),
)

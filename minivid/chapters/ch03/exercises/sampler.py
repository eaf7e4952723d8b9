"""3.8: the sampling loop, a generator of (z, x̂). Random-valued: each step's noise is worked out from what the loop yields."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from minivid.chapters.ch03.exercises.judging import SIGMAS, is_independent, is_standard_normal, told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, all_of, close, describe
from minivid.diffusion.bound import posterior
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import ancestral, ancestral_step, ddim
from minivid.diffusion.schedule import COSINE, like, variance_preserving

STEPS, MORE_STEPS = 4, 6
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


def _noise(seed: int, steps: int = STEPS) -> dict:
    """The noise is drawn from another seed than the loop's generator, and than torch's global one while it is judged."""
    generator = torch.Generator().manual_seed(seed + 1)
    z, mixing = torch.randn(2, 1, 8, 16, 16, generator=generator), torch.randn(8, 8, generator=generator)
    return {"z": z, "mixing": 0.4 * mixing, "seed": seed + 2, "steps": steps}


def _begun(obj, inputs: dict, network: Network) -> Iterator:
    """The student's loop, not yet run."""
    path = obj(
        network, inputs["z"].clone(), inputs["steps"], "a caption", torch.Generator().manual_seed(inputs["seed"])
    )
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
    path, pairs, kept, steps = _begun(obj, inputs, network), [], [], inputs["steps"]
    asked, gradients = 0, True
    while len(pairs) <= steps and (pair := _next(path, inputs["z"].shape)):
        asked = asked or len(network.levels)
        gradients = gradients and torch.is_grad_enabled()
        pairs.append(pair)
        kept.append([part.detach().clone() for part in pair])
    if len(pairs) != steps:
        raise WrongAnswer(
            f"with steps={steps} it yielded {'more' if len(pairs) > steps else len(pairs)} pairs; expected one a step"
        )
    if len({level.shape for level in network.levels}) != 1:
        raise WrongAnswer("the network was told levels of different shapes; expected one number a clip, at each step")
    return {
        "z": torch.stack([z for z, _ in kept]),
        "x_hat": torch.stack([x_hat for _, x_hat in kept]),
        "levels": torch.stack(network.levels),
        "captioned": all(network.captions),
        "asked": asked,
        "gradients": gradients,
        "attached": any(part.requires_grad for pair in pairs for part in pair),
        "changed": any(
            not torch.allclose(a, b, rtol=0, atol=0, equal_nan=True)
            for pair, copy in zip(pairs, kept, strict=True)
            for a, b in zip(pair, copy, strict=True)
        ),
    }


def _twice(obj, inputs: dict) -> dict:
    return {name: _walked(obj, inputs)["z"] for name in ("once", "again")}


def _other_seeds(obj, inputs: dict) -> dict:
    """z from generators of two seeds."""
    return {
        name: _walked(obj, inputs | {"seed": inputs["seed"] + more})["z"] for more, name in enumerate(("one", "other"))
    }


def _grid(inputs: dict) -> Tensor:
    """λ from noise to clip, one more than steps."""
    return COSINE.logsnr(torch.linspace(1, 0, inputs["steps"] + 1))


def _one_at_a_time(arrays: Arrays, inputs: dict) -> bool | str:
    if arrays["asked"] != 1:
        return f"The network had been asked {arrays['asked']} times before the first pair came out."
    if np.array_equal(arrays["z"][0], inputs["z"].numpy()):
        return "The first z that came out is the noise of the beginning: z is yielded as it is after the step."
    return not arrays["changed"] or "A pair changed after it had been yielded."


def _falling(arrays: Arrays, inputs: dict) -> bool | str:
    levels, grid, steps = arrays["levels"], _grid(inputs), inputs["steps"]
    if levels.shape[1:] != (len(inputs["z"]),):
        return f"The network was told a level of shape {levels.shape[1:]}."
    told = [levels[0], *(after for before, after in pairwise(levels) if (before != after).any())]
    found = ", ".join(f"{level[0]:.1f}" for level in told)
    expected = ", ".join(f"{level:.1f}" for level in grid[:-1])
    right = len(told) == steps and all(np.allclose(level, at, atol=0.1) for level, at in zip(told, grid, strict=False))
    return right or f"It was told λ = {found}; in {steps} steps it is {expected}."


def _leaves_no_trace(arrays: Arrays, inputs: dict) -> bool | str:
    if not arrays["gradients"]:
        return "While the loop waits at its `yield`, gradients are switched off for whoever called it."
    return (
        not arrays["attached"]
        or "What comes out still holds the network's graph, and with it the memory of every step before."
    )


def _before(arrays: Arrays, inputs: dict) -> np.ndarray:
    """z before each step."""
    return np.concatenate([inputs["z"].numpy()[None], arrays["z"][:-1]])


def _guessed(arrays: Arrays, inputs: dict) -> bool | str:
    """x̂ of every step, up to one that begins with what is not finite: that is the step before's fault, and is judged below."""
    before = torch.as_tensor(_before(arrays, inputs))
    steps = int(before.flatten(1).isfinite().all(1).long().cumprod(0).sum())
    network, z = Network(inputs["mixing"]).requires_grad_(False), before[:steps]
    grid = _grid(inputs)
    v = torch.stack([network(z[i], grid[i].expand(len(z[i])), "a caption") for i in range(steps)])
    (alpha, sigma), (alpha_s, sigma_s) = (
        tuple(like(level, z) for level in variance_preserving(levels[:steps])) for levels in (grid[:-1], grid[1:])
    )
    mistakes = {
        "It is the network's answer itself; that is v.": v,
        "The network's answer is taken for ε; it is v.": (z - sigma * v) / alpha,
        "α and σ are exchanged.": sigma * z - alpha * v,
        "The sign of v̂ is another.": alpha * z + sigma * v,
        "α and σ are those of the level where the step arrives.": alpha_s * z - sigma_s * v,
        "It is ε̂, the noise.": sigma * z + alpha * v,
        "Where z should stand is the noise of the beginning.": alpha * before[0] - sigma * v,
    }
    return told_apart(arrays["x_hat"][:steps], alpha * z - sigma * v, mistakes, rtol=1e-2, atol=1e-2)


def _drawn(arrays: Arrays, inputs: dict) -> np.ndarray:
    """What the noise of each step but the last must have been, in units of the posterior's deviation."""
    noise, grid = [], _grid(inputs)
    for step, before in enumerate(_before(arrays, inputs)[:-1]):
        x_hat, z_t = torch.as_tensor(arrays["x_hat"][step]), torch.as_tensor(before)
        mean, variance = posterior(x_hat, z_t, grid[step + 1], grid[step])
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
        for step in range(inputs["steps"] - 1):
            if abs((noise[step] * known[step]).sum()) > SIGMAS * (known[step].astype(np.float64) ** 2).sum() ** 0.5:
                if step and abs(np.corrcoef(noise[step].flat, noise[step - 1].flat)[0, 1]) > 0.9:
                    return f"The noise that is added in step {step + 1} is that of the step before."
                return f"In step {step + 1} of {inputs['steps']} the weight of {name} is another."
    return True


def _is_of_that_size(arrays: Arrays, inputs: dict) -> bool | str:
    noise = _drawn(arrays, inputs)
    for step, size in enumerate((noise**2).mean((1, 2, 3, 4, 5)) ** 0.5):
        if abs(size**2 - 1) > SIGMAS * (2 / noise[step].size) ** 0.5:
            return f"In step {step + 1} of {inputs['steps']} the noise is {size:.2f} times what it should be."
    return True


def _ends_at_the_guess(arrays: Arrays, inputs: dict) -> bool | str:
    return close(arrays["z"][-1], arrays["x_hat"][-1])


def _all_right(arrays: Arrays, inputs: dict) -> bool | str:
    return all_of(
        *(judge(arrays, inputs) for judge in (_falling, _guessed, _is_centred, _is_of_that_size, _ends_at_the_guess))
    )


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
            (
                "The pairs do not come one at a time, each made when it is asked for.",
                "`yield` stands inside the loop over the steps, and what has been yielded is not changed afterwards: no `+=` on z.",
                "`yield z, x_hat`, as the last line of the loop.",
            ),
            _noise,
            _walked,
            _one_at_a_time,
        ),
        Probe(
            "levels",
            (
                "The network is not told the levels of the way from noise to clip, one number for each clip.",
                "There are steps + 1 of them, λ(u) for u from 1 down to 0 in equal parts; the network is asked at all but the last.",
                "`levels = cosine_logsnr(torch.linspace(1, 0, steps + 1))`, and `model(z, levels[i].expand(len(z)), cond)`.",
            ),
            _noise,
            _walked,
            _falling,
        ),
        Probe(
            "caption",
            (
                "The caption does not reach the network at every step.",
                "The model takes three things.",
                "`model(z, logsnr, cond)`.",
            ),
            _noise,
            _walked,
            lambda arrays, inputs: bool(arrays["captioned"]),
        ),
        Probe(
            "guess",
            (
                "The levels are right; x̂ is not α z − σ v̂.",
                "α and σ are those of the level where the step begins, and z is what the step before left (at first the noise).",
                "`alpha * z - sigma * model(…)` with `alpha, sigma = variance_preserving(levels[i])`.",
            ),
            _noise,
            _walked,
            _guessed,
        ),
        Probe(
            "mean",
            (
                "x̂ is right; the step from z to the next z is not a draw around the posterior's mean.",
                "The mean has x̂ where the clean clip would be, z as it was before the step, λ of where you arrive first and that of where you are "
                "second. The noise that is added knows nothing of either.",
                "`mean, variance = posterior(x_hat, z, levels[i + 1], levels[i])`, and noise drawn inside the loop.",
            ),
            _noise,
            _walked,
            _is_centred,
        ),
        Probe(
            "size of the noise",
            (
                "The mean is right, the noise that is added has another size.",
                "Standard normal noise is multiplied by a standard *deviation*.",
                "`mean + variance.sqrt() * noise`.",
            ),
            _noise,
            _walked,
            _is_of_that_size,
        ),
        Probe(
            "fresh noise",
            (
                "The noise is not drawn anew for every value of every step.",
                "`torch.randn` stands inside the loop, and gets the whole shape of z.",
                "`noise = torch.randn(z.shape, generator=generator)`.",
            ),
            _noise,
            _walked,
            lambda arrays, inputs: is_independent(_drawn(arrays, inputs), AXES),
        ),
        Probe(
            "normal",
            (
                "The noise has the right size and is not normal: bell-shaped.",
                "Look at which function draws it, and whether what it draws is changed.",
                "`torch.randn`, as it comes.",
            ),
            _noise,
            _walked,
            lambda arrays, inputs: is_standard_normal(_drawn(arrays, inputs)),
        ),
        Probe(
            "last step",
            (
                "The last step should add no noise: its z is x̂ itself.",
                "At the end of the way nothing is drawn any more.",
                "`z = x_hat if i == steps - 1 else …`.",
            ),
            _noise,
            _walked,
            _ends_at_the_guess,
        ),
        Probe(
            "repeatable",
            (
                "Two generators of one seed gave different clips.",
                "The noise comes from torch's global generator, not from the one that is handed in.",
                "`torch.randn(…, generator=generator)`.",
            ),
            _noise,
            _twice,
            lambda arrays, inputs: bool((arrays["once"] == arrays["again"]).all()),
        ),
        Probe(
            "its own seed",
            (
                "Two generators of different seeds gave the same clip.",
                "The noise comes from a generator that is made inside the loop, not from the one that is handed in.",
                "`torch.randn(…, generator=generator)`, and no `manual_seed`.",
            ),
            _noise,
            _other_seeds,
            lambda arrays, inputs: bool((arrays["one"][0] != arrays["other"][0]).any()),
        ),
        Probe(
            "any number of steps",
            (
                f"With {STEPS} steps it is right, with another number it is not.",
                "How many steps there are is the caller's affair.",
                "`range(steps)`, and `steps + 1` levels.",
            ),
            partial(_noise, steps=MORE_STEPS),
            _walked,
            _all_right,
        ),
        Probe(
            "without gradients",
            (
                "Gradients should be off while the network is asked, and only then.",
                "Nothing is learnt here, so no graph need be kept; and what the caller does between two pairs is the caller's affair.",
                "`with torch.no_grad():` around the call of `model`, and not around the `yield`.",
            ),
            _noise,
            _walked,
            _leaves_no_trace,
        ),
    ),
)

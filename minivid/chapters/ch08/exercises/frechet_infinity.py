"""8.6: the Fréchet distance of endlessly many clips, from a line in 1/N. Judged by what the distance is asked."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, agrees, close
from minivid.metrics import distribution
from minivid.metrics.distribution import frechet_distance, some


def frechet_infinity(
    a: Float[Tensor, "n d"],
    b: Float[Tensor, "m d"],
    sizes: Sequence[int],
    generator: torch.Generator,
    distance: Callable[[Tensor, Tensor], float | Tensor] = frechet_distance,
) -> float:
    """FD∞: `distance` of subsets of a of these sizes to b, fitted by a line in 1/N; its value at 1/N = 0 (Chong & Forsyth 2020)."""
    found = torch.tensor([float(distance(some(a, n, generator), b)) for n in sizes], dtype=torch.float64)
    size = torch.tensor(sizes, dtype=torch.float64)
    line = torch.stack([torch.ones_like(size), 1 / size], dim=1)
    return torch.linalg.lstsq(line, found[:, None]).solution[0, 0].item()


def _features(seed: int) -> dict:
    """Forty clips whose first feature is their number, and a distance that is `truth` + `slope` / N and some `noise`."""
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(40, 3, generator=generator), torch.randn(25, 3, generator=generator)
    a[:, 0] = torch.arange(40)
    truth, slope = (1 + torch.rand(2, generator=generator) * 5).tolist()
    return {"a": a, "b": b, "sizes": [5, 10, 20, 30, 40], "truth": truth, "slope": 3 * slope, "seed": seed}


def _noisy(seed: int) -> dict:
    generator = torch.Generator().manual_seed(seed + 1)
    noise = torch.randn(5, generator=generator).tolist()
    return _features(seed) | {"noise": noise}


def _ask(obj, inputs: dict) -> dict:
    """The result, with a distance that depends on N alone and writes down what it is given."""
    rows, others = [], []

    def distance(a, b):
        if len(rows) >= len(inputs["sizes"]):
            raise WrongAnswer(
                f"the distance was called more than {len(inputs['sizes'])} times; there are that many sizes"
            )
        noise = inputs["noise"][len(rows)] if "noise" in inputs else 0.0
        rows.append(a[:, 0].clone())
        others.append(b.shape == inputs["b"].shape and bool((b == inputs["b"]).all()))
        return inputs["truth"] + inputs["slope"] / len(a) + noise

    generator = torch.Generator().manual_seed(inputs["seed"])
    limit = obj(inputs["a"].clone(), inputs["b"].clone(), list(inputs["sizes"]), generator, distance)
    lengths = torch.tensor([len(row) for row in rows])
    return {"limit": limit, "sizes": lengths, "rows": torch.cat(rows or [torch.zeros(0)]), "whole": all(others)}


def _again(obj, inputs: dict) -> dict:
    first = _ask(obj, inputs)
    second = _ask(obj, inputs)
    other = _ask(obj, inputs | {"seed": inputs["seed"] + 1})
    return {"first": first["rows"], "second": second["rows"], "other": other["rows"], "sizes": first["sizes"]}


def _sizes_agree(arrays: Arrays, inputs: dict) -> bool | str:
    sizes = arrays["sizes"].tolist()
    if sizes != inputs["sizes"]:
        return f"The distance was asked for subsets of {sizes}; expected {inputs['sizes']}."
    return bool(arrays["whole"]) or "The second set was not all of b."


def _groups(rows, sizes) -> list[list[float]]:
    parts, begin = [], 0
    for size in sizes.tolist():
        parts.append(rows[begin : begin + size].tolist())
        begin += size
    return parts


def _without_repetition(arrays: Arrays, inputs: dict) -> bool | str:
    groups = _groups(arrays["rows"], arrays["sizes"])
    if any(len(set(group)) < len(group) for group in groups):
        return "A clip was drawn twice."
    return all(set(group) <= set(range(40)) for group in groups) or "Some rows are none of a's."


def _drawn_anew(arrays: Arrays, inputs: dict) -> bool | str:
    if (arrays["first"] != arrays["second"]).any():
        return "Two generators of one seed gave different subsets."
    if not (arrays["first"] != arrays["other"]).any():
        return "Generators of two seeds gave the same subsets."
    groups = [set(group) for group in _groups(arrays["first"], arrays["sizes"])[:-1]]  # the last is all of a
    nested = all(small <= large for small, large in pairwise(groups))
    if nested:
        return "Each subset holds the one before it."
    in_a_row = all(max(group) - min(group) + 1 == len(group) for group in groups)
    return not in_a_row or "The rows are neighbours: each is drawn by itself."


def _is_the_truth(arrays: Arrays, inputs: dict) -> bool | str:
    verdict = close(arrays["limit"], inputs["truth"], rtol=1e-3, atol=1e-3)
    if verdict is False and close(arrays["limit"], inputs["slope"], rtol=1e-3) is True:
        return "This is the line's slope."
    return verdict


EXERCISE = Exercise(
    id="8.6",
    title="Endlessly many clips",
    points=3,
    stars=2,
    minutes=20,
    reference=frechet_infinity,
    answers=(frechet_infinity, distribution.frechet_infinity),
    probes=(
        Probe(
            "sizes",
            "For each N of `sizes`, in their order, `distance` should be called with N rows of a, and with all of b.",
            _features,
            _ask,
            _sizes_agree,
        ),
        Probe(
            "without repetition",
            "A subset has each clip at most once, and takes whole rows: torch.randperm, not torch.randint.",
            _features,
            _ask,
            _without_repetition,
        ),
        Probe(
            "drawn anew",
            "Each size's rows are drawn by themselves, from `generator`: not the first N, not from torch's global numbers, not with a seed "
            "set inside.",
            _features,
            _again,
            _drawn_anew,
        ),
        Probe(
            "limit",
            "The distance was exactly c + s / N, so the answer is c: the line is one in 1/N (not in N, nor in its root), and its value at "
            "1/N = 0 is the intercept.",
            _features,
            _ask,
            _is_the_truth,
        ),
        Probe(
            "least squares",
            "Now chance moves every distance a little: the line should be the least-squares one through *all* sizes, each with the same "
            "weight.",
            _noisy,
            _ask,
            agrees(frechet_infinity, _ask, "limit", rtol=1e-3, atol=1e-3),
        ),
    ),
)

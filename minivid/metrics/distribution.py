"""How far two sets of clips are apart: Fréchet and kernel distances of features, with interval and floor (chapter 8).

Features are `n d`, one row for each clip; all arithmetic is in float64. Every one of these numbers depends on N, so
none is worth much without the two that stand at the end of this file: what the clips' chance did to it, and what
real clips get against real ones. Checked by tests/metrics/test_distribution.py and, against torchmetrics, scipy and
scikit-learn, tests/oracles/test_metrics_distribution.py.
"""

from collections.abc import Callable, Sequence
from statistics import mean, stdev
from typing import Literal

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from minivid.metrics.inputs import feature_pair, features
from minivid.tools.seeds import plain_generator

Divisor = Literal["N-1", "N"]


def frechet_distance(a: Tensor, b: Tensor, divisor: Divisor = "N-1") -> float:
    """‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) of the Gaussians that fit two sets of features (Dowson & Landau 1982).

    `a`: n d, `b`: m d. Fewer clips than features are allowed: the covariances are then of low rank, and the bias is
    large. `divisor`: "N-1", or "N" as some implementations of FVD have it. Raises ValueError for a single clip,
    NaN, different d.
    """
    a, b = feature_pair(a, b)
    root_a, root_b = root(covariance(a, divisor)), root(covariance(b, divisor))
    shift = (a.mean(0) - b.mean(0)).square().sum()
    overlap = torch.linalg.svdvals(root_a @ root_b.T).sum()  # Tr (Σ₁Σ₂)^½: the singular values of √Σ₁√Σ₂
    return (shift + root_a.square().sum() + root_b.square().sum() - 2 * overlap).item()


def covariance(x: Float[Tensor, "n d"], divisor: Divisor = "N-1") -> Float[Tensor, "d d"]:
    """The features' covariance, divided by N − 1 or by N."""
    if divisor not in ("N-1", "N"):
        raise ValueError(f'A covariance is divided by "N-1" or by "N"; this is divisor={divisor!r}.')
    centred = x - x.mean(0)
    return centred.T @ centred / (len(x) - (divisor == "N-1"))


def root(sigma: Float[Tensor, "d d"]) -> Float[Tensor, "r d"]:
    """R with RᵀR = Σ and a row for each eigenvalue that is not zero in this arithmetic."""
    value, vector = torch.linalg.eigh(sigma)
    there = value > value[-1] * len(value) * torch.finfo(value.dtype).eps
    return (vector[:, there] * value[there].sqrt()).T


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """KVD: the unbiased MMD² of two sets of features with the kernel (aᵀb / d + 1)³ (Bińkowski et al. 2018).

    Zero on average when the sets come from one distribution, whatever N; so it is often a little below.
    """
    a, b = feature_pair(a, b)
    within = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (kernel(a, a, 3, 1.0), kernel(b, b, 3, 1.0))]
    return (sum(within) - 2 * kernel(a, b, 3, 1.0).mean()).item()


def jedi(a: Tensor, b: Tensor) -> float:
    """JEDi's statistic: 100 · the biased MMD² with the kernel (aᵀb / d)² (Luo et al. 2025, of V-JEPA's features)."""
    a, b = feature_pair(a, b)
    return 100 * (kernel(a, a, 2).mean() + kernel(b, b, 2).mean() - 2 * kernel(a, b, 2).mean()).item()


def kernel(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"], degree: int, coef0: float = 0.0) -> Float[Tensor, "n m"]:
    """The polynomial kernel (aᵀb / d + coef0)^degree of every row of a with every row of b."""
    return (a @ b.T / a.shape[1] + coef0) ** degree


def frechet_infinity(a: Tensor, b: Tensor, sizes: int = 15, seed: int = 0, both: bool = False) -> float:
    """FD∞: Fréchet distances of growing subsets, fitted by a line in 1/N; its intercept (Chong & Forsyth 2020).

    Subsets of `a` have N/10 to N clips and are held against all of `b`, as published: the bias that `b`'s own size
    makes remains. With `both`, `b` is cut in the same proportion and that bias is fitted too. Needs 20 clips in
    each set.
    """
    a, b = feature_pair(a, b)
    if min(len(a), len(b)) < 20:
        raise ValueError(f"FD∞ fits a line through subsets of 20 clips or more; these sets have {len(a)} and {len(b)}.")
    chance = plain_generator(seed)
    share = torch.linspace(0.1, 1, sizes, dtype=torch.float64)
    distance = [
        frechet_distance(some(a, round(s * len(a)), chance), some(b, round(s * len(b)), chance) if both else b)
        for s in share.tolist()
    ]
    line = torch.stack([torch.ones_like(share), 1 / share], dim=1)
    return torch.linalg.lstsq(line, torch.tensor(distance, dtype=torch.float64)[:, None]).solution[0, 0].item()


def some(x: Float[Tensor, "n d"], n: int, chance: torch.Generator) -> Float[Tensor, "m d"]:
    """n rows, drawn without repetition."""
    return x[torch.randperm(len(x), generator=chance)[:n]]


def bootstrap(
    statistic: Callable[..., float | Tensor], *samples: Tensor, draws: int = 200, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """The interval (low, high) in which `statistic(*samples)` lies for most samples of these sizes.

    Each sample is drawn again from its own rows, with repetition, `draws` times. A repeated clip makes a distance
    between sets larger, so the interval is moved by what the draws are larger on average: it says how much chance
    there is in the value, at this N, and not how far the value is from that of endless clips. Works for
    `torch.mean` of one metric per clip, too.
    """
    if not 0 < level < 1:
        raise ValueError(f"An interval's level lies between 0 and 1, such as 0.95; this is {level}.")
    if short := [len(sample) for sample in samples if len(sample) < 2]:
        raise ValueError(f"A sample of {short[0]} clip(s) cannot be drawn again; an interval needs at least two.")
    chance = plain_generator(seed)
    again = [
        float(statistic(*(x[torch.randint(len(x), (len(x),), generator=chance)] for x in samples)))
        for _ in range(draws)
    ]
    drawn = torch.tensor(again, dtype=torch.float64)
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = (drawn.quantile(tails) - drawn.mean() + float(statistic(*samples))).tolist()
    return low, high


def share_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval (low, high) of a share measured as `hits` of n (Wilson 1927): it knows that 20 of 20 is not all."""
    found = stats.binomtest(hits, n).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of at least two values, and Student's 95 % interval of it: (mean, low, high)."""
    middle, student = mean(values), float(stats.t.ppf(0.975, len(values) - 1))
    half = student * stdev(values) / len(values) ** 0.5
    return middle, middle - half, middle + half


def paired_interval(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    """The mean of a − b and its interval, where the values belong together in pairs: of the same clip, or the same seed."""
    return mean_interval([one - other for one, other in zip(a, b, strict=True)])


def floor(
    statistic: Callable[[Tensor, Tensor], float | Tensor],
    real: Tensor,
    n: int | None = None,
    repeats: int = 10,
    seed: int = 0,
) -> float:
    """What real clips get against real ones: the mean of `statistic` over `repeats` pairs of disjoint sets of n clips.

    `real`: features of at least 2n clips. A score of N clips is to be read beside the floor of n = N; by default n
    is half of the clips there are. Raises ValueError where they are too few.
    """
    real = features(real, "The real features")
    n = len(real) // 2 if n is None else n
    if n < 2 or len(real) < 2 * n:
        raise ValueError(
            f"A floor of n = {n} clips against n others needs {max(4, 2 * n)} real clips; there are {len(real)}."
        )
    chance = plain_generator(seed)
    total = 0.0
    for _ in range(repeats):
        mixed = some(real, 2 * n, chance)
        total += float(statistic(mixed[:n], mixed[n:]))
    return total / repeats

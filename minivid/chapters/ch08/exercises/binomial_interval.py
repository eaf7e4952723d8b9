"""8.11: Wilson's interval for a share of votes."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, close, returned


def binomial_interval(wins: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval (low, high) for the share of wins among n votes (Wilson 1927)."""
    share = wins / n
    middle = share + z**2 / (2 * n)
    half = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def _votes(share: float | None, least: int, most: int, seed: int) -> dict:
    """n votes, between least and most; a share of them wins, or some number when that is None."""
    generator = torch.Generator().manual_seed(seed)
    n = 2 * int(torch.randint(least // 2, most // 2 + 1, (), generator=generator))
    wins = round(share * n) if share is not None else int(torch.randint(1, n // 3, (), generator=generator))
    return {"wins": wins, "n": n}


_interval = returned("low", "high")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    for name, expected in zip(("low", "high"), binomial_interval(**inputs), strict=True):
        verdict = close(arrays[name], expected, rtol=1e-4, atol=2e-4)
        if verdict is False:
            return f"For {inputs['wins']} wins of {inputs['n']}, {name} is {float(arrays[name]):.3f}, expected {expected:.3f}."
        if verdict is not True:
            return verdict
    return True


def _ordered(arrays: Arrays, inputs: dict) -> bool | str:
    return bool(arrays["low"] < inputs["wins"] / inputs["n"] < arrays["high"])


EXERCISE = Exercise(
    id="8.11",
    title="How sure is a vote?",
    points=1,
    stars=1,
    minutes=10,
    reference=binomial_interval,
    probes=(
        Probe(
            "low and high",
            "It should return (low, high), and the measured share lies between them.",
            partial(_votes, 0.5, 20, 60),
            _interval,
            _ordered,
        ),
        Probe(
            "thousands of votes",
            "With thousands of votes every good interval is p̂ ± 1.96 √(p̂ (1 − p̂) / n): 95 %, a root, and n under it.",
            partial(_votes, 0.3, 8000, 20_000),
            _interval,
            _agrees,
        ),
        Probe(
            "all wins",
            "Ten wins of ten do not make [1, 1], and no share is above 1: Wilson's interval takes the variance at the share that it asks about, "
            "not at the measured one.",
            partial(_votes, 1.0, 6, 14),
            _interval,
            _agrees,
        ),
        Probe(
            "few votes",
            "With few votes it is not symmetric about p̂: its middle is drawn towards ½, and middle and half width are both divided by 1 + z² / n.",
            partial(_votes, None, 8, 16),
            _interval,
            _agrees,
        ),
    ),
)

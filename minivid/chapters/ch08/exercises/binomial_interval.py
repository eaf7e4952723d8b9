"""8.11: Wilson's interval for a share of votes."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, all_of, close, returned


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


def _surer(seed: int) -> dict:
    return _votes(None, 8, 16, seed) | {"z": 2.58}


_interval = returned("low", "high")


_close = partial(close, rtol=1e-4, atol=2e-4)


def _is_near(arrays: Arrays, ends: tuple[float, float]) -> bool | str:
    return all_of(_close(arrays["low"], ends[0]), _close(arrays["high"], ends[1]))


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    for name, expected in zip(("low", "high"), binomial_interval(**inputs), strict=True):
        verdict = _close(arrays[name], expected)
        if verdict is False:
            return f"For {inputs['wins']} wins of {inputs['n']}, {name} is {float(arrays[name]):.3f}, expected {expected:.3f}."
        if verdict is not True:
            return verdict
    return True


def _formed(
    share: float, spread: float, more: float = 0.5, of_middle: bool = True, of_half: bool = True
) -> tuple[float, float]:
    """Wilson's interval with what may be mistaken in it; spread: z² / n. more: how much of that the middle gets; which of both is divided."""
    divisor = 1 + spread
    middle = (share + more * spread) / (divisor if of_middle else 1)
    half = (spread * share * (1 - share) + spread**2 / 4) ** 0.5 / (divisor if of_half else 1)
    return middle - half, middle + half


def _wald(share: float, n: int | float) -> tuple[float, float]:
    half = 1.96 * (share * (1 - share) / n) ** 0.5
    return share - half, share + half


def _told(arrays: Arrays, inputs: dict) -> bool | str:
    """As `_agrees`; a mistake that is known is called by its name."""
    verdict = _agrees(arrays, inputs)
    wins, n = inputs["wins"], inputs["n"]
    asked, more_votes = (wins / n, 1.96**2 / n), n + 1.96**2
    mistakes = {
        "The variance is taken at the measured share, and should be at the share that is asked about.": _wald(
            wins / n, n
        ),
        "Neither the middle nor the half width is divided by 1 + z² / n.": _formed(
            *asked, of_middle=False, of_half=False
        ),
        "The half width is divided by 1 + z² / n, and the middle is not.": _formed(*asked, of_middle=False),
        "The middle is divided by 1 + z² / n, and the half width is not.": _formed(*asked, of_half=False),
        "The middle begins as p̂ + z² / n here, and should as p̂ + z² / 2n.": _formed(*asked, more=1.0),
        "z is 2 here, and should be 1.96.": binomial_interval(wins, n, 2.0),
        "This is Agresti and Coull's interval: Wald's, about Wilson's middle, of z² more votes.": _wald(
            (wins + 1.96**2 / 2) / more_votes, more_votes
        ),
    }
    if verdict is True:
        return True
    return next((said for said, ends in mistakes.items() if _is_near(arrays, ends) is True), verdict)


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
            "Ten wins of ten do not make [1, 1], and no share is above 1.",
            partial(_votes, 1.0, 6, 14),
            _interval,
            _told,
        ),
        Probe(
            "few votes",
            "With few votes it is not symmetric about p̂: its middle is drawn towards ½, and middle and half width are both divided by 1 + z² / n.",
            partial(_votes, None, 8, 16),
            _interval,
            _told,
        ),
        Probe(
            "another z",
            "With z = 1.96 it is right, with z = 2.58, for 99 %, it is not: z is an argument, and stands in the body as a name.",
            _surer,
            _interval,
            _agrees,
        ),
    ),
)

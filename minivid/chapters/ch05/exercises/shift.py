"""5.8: the timestep shift."""

from functools import partial

import torch

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Arrays, Comparison, Exercise, Probe, close, returned
from minivid.diffusion.shift import shift_time


def _times(seed: int, shift: float, ends: bool = False) -> dict:
    inside = torch.rand(2, 4, generator=torch.Generator().manual_seed(seed)) * 0.8 + 0.1
    return {"t": torch.tensor([0.0, 0.3, 1.0]) if ends else inside, "shift": shift}


_moved = returned("t")


def _ends_stay(told: Comparison) -> Comparison:
    """Only the first and the last time decide; the one between tells mistakes apart that agree at the ends."""

    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        there = arrays["t"]
        stay = there.shape == (3,) and close(there[[0, 2]], torch.tensor([0.0, 1.0])) is True
        return stay or told(arrays, inputs)

    return compare


EXERCISE = Exercise(
    id="5.8",
    title="The timestep shift",
    points=2,
    stars=1,
    minutes=10,
    reference=shift_time,
    probes=(
        Probe(
            "a shift of 1",
            (
                "A shift by s = 1 should change nothing.",
                "With s = 1 the fraction is t / 1: look at what stands below the line.",
                "`shift * t / (1 + (shift - 1) * t)`.",
            ),
            partial(_times, shift=1.0),
            _moved,
            told_by(
                shift_time,
                _moved,
                {
                    "1 + s t stands below the line; it should be 1 + (s − 1) t.": lambda t, shift: (
                        shift * t / (1 + shift * t)
                    ),
                    "1 + (s + 1) t stands below the line; it should be 1 + (s − 1) t.": lambda t, shift: (
                        shift * t / (1 + (shift + 1) * t)
                    ),
                    "Brackets are missing below the line: s − 1 is one number, and multiplies t.": lambda t, shift: (
                        shift * t / (1 + shift - 1 * t)
                    ),
                    "1 − s t stands below the line; it should be 1 + (s − 1) t.": lambda t, shift: (
                        shift * t / (1 - shift * t)
                    ),
                },
            ),
        ),
        Probe(
            "the ends",
            (
                "t = 0 and t = 1 should stay where they are, whatever the shift.",
                "At t = 1 the fraction is s / (1 + s − 1).",
                "`shift * t / (1 + (shift - 1) * t)`.",
            ),
            partial(_times, shift=4.0, ends=True),
            _moved,
            _ends_stay(
                told_by(
                    shift_time,
                    _moved,
                    {
                        "The times are only multiplied: noise would be reached too early.": lambda t, shift: shift * t,
                        "The times are only divided.": lambda t, shift: t / shift,
                        "The factor s above the line is missing.": lambda t, shift: t / (1 + (shift - 1) * t),
                        "Brackets are missing: all of 1 + (s − 1) t stands below the line.": lambda t, shift: (
                            shift * t / 1 + (shift - 1) * t
                        ),
                    },
                ),
            ),
        ),
        Probe(
            "a shift of 4",
            (
                "The ends stay; the times between are not where they should be.",
                "A shift above 1 moves times towards 1, towards noise: t = ½ becomes s / (s + 1).",
                "`shift * t / (1 + (shift - 1) * t)`.",
            ),
            partial(_times, shift=4.0),
            _moved,
            told_by(
                shift_time,
                _moved,
                {
                    "The times move towards the clip: the shift is used upside down (or the time runs the other way).": lambda t, shift: (
                        t / (t + shift * (1 - t))
                    ),
                    "This is a power of t.": lambda t, shift: t ** (1 / shift),
                    "This is a power of t, and towards the clip.": lambda t, shift: t**shift,
                    "The times are multiplied, and cut at 1.": lambda t, shift: (shift * t).clamp(max=1),
                    "It is shifted by the root of s.": lambda t, shift: shift_time(t, shift**0.5),
                    "The times are shifted twice, as in a published scheduler.": lambda t, shift: shift_time(
                        shift_time(t, shift), shift
                    ),
                },
            ),
        ),
    ),
)

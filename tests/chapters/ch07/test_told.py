"""A named mistake is named only where it alone gives what was found; and which are named, of chapter 7's answers."""

import numpy as np
import pytest

from minivid.chapters.ch07 import told
from minivid.chapters.ch07.exercises import first_frame, forward_noise, smoothed
from minivid.course.probing import examine

ONE, TWO = np.array([1.0]), np.array([2.0])


def test_a_mistake_is_named_where_it_alone_gives_what_was_found():
    mistakes = {"It is one.": ONE, "It is also one.": ONE, "It is two.": TWO}
    assert told.the_only_one(ONE, TWO, mistakes) is False
    assert told.the_only_one(TWO, 3 * ONE, mistakes) == "It is two."
    assert told.the_only_one(TWO, TWO, mistakes) is True
    assert told.the_only_one(np.array([1.0, 2.0]), TWO, mistakes) == "The shape is (2,), expected (1,)."


@pytest.mark.parametrize(
    ("module", "answer", "probe"),
    [
        (smoothed, lambda z, moved_first, foreground, share: z.clone(), "background everywhere"),
        (
            smoothed,
            lambda z, moved_first, foreground, share: share * moved_first + (1 - share) * z,
            "foreground everywhere",
        ),
        (forward_noise, lambda z, alphas, t0, t1, noise: z.clone(), "one step"),
        (
            first_frame,
            lambda x, frames: x.unflatten(0, (-1, frames)).roll(1, 1).flatten(0, 1),
            "the first frame itself",
        ),
    ],
)
def test_what_more_than_one_mistake_would_give_is_said_in_the_probe_s_words(module, answer, probe):
    outcome = examine(module.EXERCISE, answer, 0)
    asked = next(one for one in module.EXERCISE.probes if one.name == probe)
    assert (outcome.probe, outcome.message) == (probe, asked.hints[0])

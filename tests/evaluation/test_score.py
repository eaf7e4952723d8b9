"""A score is compared with one that was taken in the same way, or with none."""

from dataclasses import replace

import pytest

from minivid.evaluation.score import Protocol, Score, compare

PROTOCOL = Protocol(n=256, frames=16, size=(32, 32), divisor="N-1", network="judge 1a2b3c")
SCORE = Score("fvd", 12.0, 10.0, 14.0, 2.5, PROTOCOL)


def test_intervals_that_lie_apart_are_told_from_those_that_do_not():
    assert compare(SCORE, replace(SCORE, value=20.0, low=15.0, high=25.0)) == (-8.0, True)
    assert compare(SCORE, replace(SCORE, value=13.0, low=11.0, high=15.0)) == (-1.0, False)
    assert compare(SCORE, replace(SCORE, value=5.0, low=4.0, high=6.0)) == (7.0, True)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"network": "judge 4d5e6f"}, r"network \(judge 1a2b3c and judge 4d5e6f\)"),
        ({"n": 128}, r"n \(256 and 128\)"),
        ({"divisor": "N"}, r"divisor \(N-1 and N\)"),
        ({"resize": "bilinear 224"}, "resize"),
        ({"frames": 8, "size": (16, 16)}, r"frames .*, size"),
    ],
    ids=["network", "n", "divisor", "resize", "two"],
)
def test_a_score_of_another_protocol_is_refused_and_the_difference_named(change, named):
    with pytest.raises(ValueError, match=named):
        compare(SCORE, replace(SCORE, protocol=replace(PROTOCOL, **change)))


def test_two_metrics_are_not_compared():
    with pytest.raises(ValueError, match="fvd and kvd are two metrics"):
        compare(SCORE, replace(SCORE, name="kvd"))


def test_a_score_prints_all_that_it_needs_to_be_read():
    text = str(SCORE)
    for part in ("fvd 12", "[10, 14]", "floor 2.5", "N 256", "T 16", "32×32", "÷ N-1", "judge 1a2b3c"):
        assert part in text
    assert "too few" not in text
    assert "too few for 400 features" in str(replace(PROTOCOL, features=400))

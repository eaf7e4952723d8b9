"""The streams are those that shipped weights, receipts and notebooks were made by."""

import pytest
import torch

from minivid.tools.seeds import generator, plain_generator
from minivid.train import Step


@pytest.mark.parametrize(
    "stream, first",
    [
        (generator(0, "motion"), [897438, 148673, 695016]),
        (generator((7, 2), "steps"), [789193, 87979, 842563]),
        (plain_generator(5), [453411, 996814, 766767]),
        (Step(3, 1000).generator(), [301896, 207257, 19254]),
    ],
)
def test_a_stream_is_what_it_was_when_the_weights_were_made(stream, first):
    assert torch.randint(10**6, (3,), generator=stream).tolist() == first


@pytest.mark.parametrize("seed", [-1, True])
def test_a_bad_seed_is_a_sentence(seed):
    for begin in (lambda: plain_generator(seed), lambda: generator(seed, "motion")):
        with pytest.raises(ValueError, match="seed is a whole number from 0 on"):
            begin()


def test_a_seed_that_torch_cannot_hold_is_a_sentence():
    plain_generator(2**64 - 1)
    with pytest.raises(ValueError, match=r"whole number below 2\*\*64.*choose a smaller one"):
        plain_generator(2**64)

"""What most probes are made of: a call with copies of the inputs, and judges that compare with the reference or ask for a shape."""

import numpy as np
import pytest
import torch

from minivid.course.exercise import Probe, WrongAnswer, agrees, plain, returned, shaped


def halves(x, y):
    return x / 2, y / 2


PARTS = returned("first", "second")
INPUTS = {"x": torch.ones(2), "y": 2 * torch.ones(3)}


def test_what_is_returned_is_named_and_anything_else_is_a_wrong_answer():
    assert plain(PARTS(halves, INPUTS))["second"].tolist() == [1, 1, 1]
    assert plain(returned("sum")(lambda x, y: x.sum() + y.sum(), INPUTS))["sum"] == 8
    with pytest.raises(WrongAnswer, match=r"returned None; expected \(first, second\)"):
        PARTS(lambda x, y: None, INPUTS)


def test_what_an_answer_changes_in_place_is_a_copy():
    inputs = {"maps": [torch.ones(2)], "x": torch.ones(2)}
    returned("out")(lambda maps, x: maps[0].zero_() + x.zero_(), inputs)
    assert inputs["x"].tolist() == inputs["maps"][0].tolist() == [1, 1]


def test_agreement_is_with_the_reference_on_the_same_inputs_in_the_arrays_that_are_named():
    off = plain(PARTS(lambda x, y: (x / 2, y / 2 + 0.01), INPUTS))
    assert agrees(halves, PARTS)(off, INPUTS) is False
    assert agrees(halves, PARTS, "first")(off, INPUTS) is True
    assert agrees(halves, PARTS, atol=0.1)(off, INPUTS) is True
    assert "shape is (3,), expected (2,)" in agrees(halves, PARTS, "first")({"first": np.ones(3)}, INPUTS)


def test_a_shape_that_is_not_the_one_asked_for_is_a_sentence():
    assert shaped(3)({"loss": np.ones(3)}, {}) is True
    assert shaped(3)({"loss": np.ones((3, 1))}, {}) == "loss has the shape (3, 1), expected (3,)."


@pytest.mark.parametrize(("hint", "number"), [("one", 1), (("one", "two", "three"), 3)])
def test_a_probe_has_one_to_three_hints(hint, number):
    assert len(Probe("a", hint, dict, dict, dict).hints) == number
    with pytest.raises(ValueError, match="expected what is off, where, the line"):
        Probe("a", ("1", "2", "3", "4"), dict, dict, dict)

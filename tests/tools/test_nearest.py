"""One way to say which name may have been meant."""

import pytest

from minivid.tools.nearest import did_you_mean, listed, nearest


def test_the_nearest_name_is_offered_and_all_of_them_where_none_is_near():
    assert nearest("labb", {"lab": 1, "test": 2}) == "lab" and nearest("frobnicate", ["lab"]) is None
    assert did_you_mean("labb", ["lab", "test"]) == "did you mean lab?"
    assert did_you_mean("frobnicate", ["lab", "test", "zoo"]) == "there are lab, test and zoo."


def test_several_can_be_offered_the_nearest_first():
    assert did_you_mean("slowl", ["quickly", "slow", "slowly"], most=2) == "did you mean slowly or slow?"


@pytest.mark.parametrize(
    "names, said", [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_names_are_listed_as_one_says_them(names, said):
    assert listed(names, "or") == said

"""An order is a slope."""

import pytest

from minivid.chapters.ch04.figures import show_orders, slope


@pytest.mark.parametrize("order", [1, 2, 2.5])
def test_the_slope_is_the_order(order):
    calls = [4, 8, 16, 32]
    assert slope(calls, [3 * count**-order for count in calls]) == pytest.approx(order)


def test_every_line_says_its_order():
    calls = [4, 8, 16]
    picture = show_orders({"one": (calls, [1 / n for n in calls]), "two": (calls, [1 / n**2 for n in calls])})
    (axes,) = picture.axes
    assert [text.get_text() for text in axes.texts] == ["one: order 1.00", "two: order 2.00"]
    assert axes.get_xscale() == axes.get_yscale() == "log"

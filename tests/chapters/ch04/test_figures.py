"""An order is a slope."""

import pytest
import torch

from minivid.chapters.ch04.figures import show_orders, show_ways, slope


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


def test_every_start_has_its_path_and_two_straight_steps():
    times = torch.tensor([1.0, 0.5, 0.0])
    picture = show_ways(times, torch.tensor([[2.0, -1.0], [1.5, 0.0], [1.0, -2.0]]), torch.tensor([3.0, 0.5]))
    (axes,) = picture.axes
    path, along, average = ([list(line.get_ydata()) for line in axes.get_lines()[first::3]] for first in range(3))
    assert path == [[2, 1.5, 1], [-1, 0, -2]] and along == [[2, -1], [-1, -1.5]] and average == [[2, 1], [-1, -2]]
    assert len(axes.get_legend().get_texts()) == 3

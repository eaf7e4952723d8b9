"""An order is a slope; a fan has one beginning; dots lie where their clips are bright."""

import pytest
import torch

from minivid.chapters.ch04.figures import show_brightness, show_fans, show_orders, show_ways, slope


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


def test_a_fan_begins_at_its_one_value_and_every_panel_has_its_runs():
    levels = torch.linspace(-4, 8, 5)
    fans = {"still": torch.ones(5, 3), "moving": torch.rand(5, 7)}
    still, moving = show_fans(fans, levels, (0.3, 0.4)).axes
    assert len(still.get_lines()) == 3 + 1 and len(moving.get_lines()) == 7 + 1
    assert still.get_lines()[-1].get_xydata().tolist() == [[-4, 1]]
    assert still.get_ylim() == moving.get_ylim()


def test_each_row_of_dots_holds_its_clips_and_the_middle_ninety_in_a_hundred():
    (axes,) = show_brightness({"real": [-1.0, 0.0, 1.0], "flat": [0.25] * 4}).axes
    bar, dots, flat, _ = axes.get_lines()
    assert bar.get_xdata().tolist() == pytest.approx([-0.9, 0.9]) and dots.get_xdata().tolist() == [-1, 0, 1]
    assert flat.get_xdata().tolist() == [0.25, 0.25]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["real", "flat"]


def test_every_start_has_its_path_and_two_straight_steps():
    times = torch.tensor([1.0, 0.5, 0.0])
    picture = show_ways(times, torch.tensor([[2.0, -1.0], [1.5, 0.0], [1.0, -2.0]]), torch.tensor([3.0, 0.5]))
    (axes,) = picture.axes
    path, along, average = ([list(line.get_ydata()) for line in axes.get_lines()[first::3]] for first in range(3))
    assert path == [[2, 1.5, 1], [-1, 0, -2]] and along == [[2, -1], [-1, -1.5]] and average == [[2, 1], [-1, -2]]
    assert len(axes.get_legend().get_texts()) == 3

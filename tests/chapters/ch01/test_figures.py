"""The chapter's charts show what their receipts hold."""

import pytest

from minivid.chapters.ch01.figures import memory_chart, routes_chart
from minivid.course.receipt import receipt


def test_the_memory_chart_has_every_measured_point_beside_its_estimate():
    counted = receipt("01_memory")
    (axes,) = memory_chart(counted).axes
    dots = {(x, y) for line in axes.lines[::2] for x, y in line.get_xydata().tolist()}
    assert dots == {(point["clip"][2], point["measured"] / 1e6) for point in counted["grid"]}
    assert all(line.get_marker() == "o" for line in axes.lines[::2]) and len(axes.lines) == 6


def test_the_routes_chart_has_a_bar_for_each_route_and_its_number_inside_the_frame():
    costs = receipt("01_routes")
    picture = routes_chart(costs)
    picture.draw_without_rendering()
    numbers, peaks, seconds = picture.axes
    for axes in (numbers, peaks, seconds):
        assert len(axes.patches) == len(costs["routes"])
        assert all(text.get_window_extent().x1 <= picture.bbox.x1 for text in axes.texts)
    latents = list(costs["routes"]).index("latents")
    assert latents >= 0 and min(bar.get_width() for bar in seconds.patches) == pytest.approx(
        costs["routes"]["latents"]["calls"] * costs["routes"]["latents"]["call"]
    )

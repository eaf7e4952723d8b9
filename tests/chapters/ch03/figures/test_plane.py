"""Panels side by side: equal, on the page, and with what they were given."""

import torch

from minivid.chapters.ch03.figures import Panel, show_plane
from minivid.show.style import PAGE

POINTS = torch.tensor([[0.0, 1.0], [1.0, -1.0]])


def test_panels_are_squares_on_the_page_under_their_names():
    picture = show_plane({name: Panel(POINTS, torch.tensor([0, 1])) for name in "abcd"})
    assert picture.pixels[0] <= PAGE
    assert [text.get_text() for text in picture.texts] == list("abcd")
    for axes in picture.axes:
        box = axes.get_window_extent()
        assert round(box.width) == round(box.height)


def test_a_panel_draws_what_it_is_given():
    everything = Panel(
        POINTS,
        sizes=torch.tensor([1.0, 2.0]),
        behind=POINTS,
        arrows=(POINTS, POINTS),
        paths=torch.zeros(3, 2, 2),
        star=POINTS[0],
        cross=POINTS[1],
    )
    full, empty = show_plane({"full": everything, "empty": Panel()}).axes
    assert len(full.collections) == 5 and len(full.lines) == 2
    assert not empty.collections and not empty.lines

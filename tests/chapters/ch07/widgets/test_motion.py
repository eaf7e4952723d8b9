"""The pad: its arrow is δ, its film is asked for once a δ, and the twin has a row for each."""

import pytest
import torch

from minivid.chapters.ch07.widgets import motion_pad, motion_pad_still


def filmed(delta):
    """A film whose brightness is δ's x."""
    return torch.full((3, 4, 6, 6), delta[0] / 2)


def test_the_arrow_points_along_delta_and_downwards_is_down():
    picture = motion_pad_still(filmed, [(1.0, -0.5), (-2.0, 1.5)])
    arrows = [axes.collections[0] for axes in picture.axes if axes.collections]
    assert [(arrow.U[0], arrow.V[0]) for arrow in arrows] == [(1.0, -0.5), (-2.0, 1.5)]
    low, high = next(axes for axes in picture.axes if axes.collections).get_ylim()
    assert low > high


def test_the_sliders_ask_for_a_film_and_show_it():
    asked = []

    def noted(delta):
        asked.append(delta)
        return filmed(delta)

    widget = motion_pad(noted, (-1.0, 0.0))
    (x, y), (arrow, page) = (row.children for row in widget.children)
    before = bytes(arrow.value), page.value
    x.value = 1.0
    y.value = 0.5
    assert asked == [(-1.0, 0.0), (1.0, 0.0), (1.0, 0.5)]
    assert "δ = (1, 0.5)" in page.value and "image/gif" in page.value
    assert (bytes(arrow.value), page.value) != before


def test_no_delta_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="list of pairs"):
        motion_pad_still(filmed, [])

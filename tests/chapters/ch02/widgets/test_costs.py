"""The chart's bars are the formulas' numbers, and the dial draws the clip that it is turned to."""

import numpy as np
import pytest

from minivid.chapters.ch02.experiments import ATTENTIONS, CONVOLUTIONS
from minivid.chapters.ch02.widgets import convolution_chart, cost_dial, cost_dial_still, growth_chart
from minivid.chapters.ch02.widgets.costs import operations, scores_kept
from minivid.course import receipt


def bars(axes) -> list[float]:
    return [patch.get_width() for patch in axes.patches]


def test_bars_are_the_formulas_numbers():
    left, right = cost_dial_still(((4, 16),)).axes
    np.testing.assert_allclose(bars(left), [value / 1e9 for value in operations((4, 16, 16)).values()])
    expected = [max(value / 1e6, 1e-3) for value in scores_kept((4, 16, 16)).values()]
    np.testing.assert_allclose(bars(right), expected)


def test_full_attention_keeps_a_score_a_head_and_pair_and_windows_a_few():
    kept = scores_kept((4, 16, 16))
    assert kept["full"] == 4 * 8 * 1024**2
    assert kept["space, then time"] == 4 * 8 * 1024 * (256 + 4)
    assert kept["windows 2×4×4"] == 4 * 8 * 1024 * 32
    assert kept["linear"] == kept["(2+1)D"] == 0


def test_doubling_a_clip_doubles_what_is_linear_and_quadruples_full_attention_in_the_end():
    one, two = operations((128, 64, 64)), operations((128, 64, 128))
    for name in (*CONVOLUTIONS, "windows 2×4×4", "linear"):
        assert two[name] == 2 * one[name]
    assert two["full"] == pytest.approx(4 * one["full"], rel=0.01)


def test_the_dial_draws_anew():
    widget = cost_dial()
    (frames, _side), image = widget.children[0].children, widget.children[1]
    before = bytes(image.value)
    frames.value = 64
    assert bytes(image.value) != before


def test_charts_of_receipts_show_every_row():
    picture = convolution_chart(receipt("02_convolutions")["rows"])
    assert [len(axes.patches) for axes in picture.axes] == [len(CONVOLUTIONS)] * 4
    picture = growth_chart(receipt("02_attention")["along"])
    assert [len(axes.get_lines()) for axes in picture.axes] == [len(ATTENTIONS)] * 4

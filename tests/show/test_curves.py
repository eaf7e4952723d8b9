"""Line charts: the numbers given, intervals, labels at the ends, and words for what does not fit."""

import itertools

import numpy as np
import pytest
import torch

from minivid.show import show_curves


def test_lines_and_bands_are_those_given():
    picture = show_curves(
        [0, 1, 2],
        {"loss": torch.tensor([3.0, 2.0, 1.0])},
        bands={"loss": ([2, 1, 0], [4, 3, 2])},
        xlabel="step",
        ylabel="loss",
    )
    [axes] = picture.axes
    np.testing.assert_array_equal(axes.get_lines()[0].get_xydata(), [[0, 3], [1, 2], [2, 1]])
    assert axes.collections[0].get_datalim(axes.transData).intervaly.tolist() == [0, 4]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")


def test_names_stand_at_the_ends_and_do_not_overlap():
    picture = show_curves(range(3), {"eps": [1, 1, 1.0], "v": [1, 1, 1.001], "x_hat": [1, 1, 1.002]})
    [axes] = picture.axes
    heights = sorted(text.get_window_extent().y0 for text in axes.texts)
    assert [text.get_text() for text in axes.texts] == ["eps", "v", "x\u0302"]
    assert all(above - below > 10 for below, above in itertools.pairwise(heights))
    assert all(text.get_window_extent().x1 <= picture.pixels[0] for text in axes.texts)


def test_a_region_s_words_keep_clear_of_the_line():
    falling = show_curves(range(50), {"loss": np.exp(-np.arange(50) / 10)}, regions={"predicts zero": 1.0})
    rising = show_curves(range(50), {"score": 1 - np.exp(-np.arange(50) / 10)}, regions={"real": (0.9, 1.0)})
    assert falling.axes[0].texts[0].get_ha() == "right"
    assert rising.axes[0].texts[0].get_ha() == "left"


def test_names_of_lines_that_end_at_the_top_stay_within_the_frame():
    [axes] = show_curves(range(3), {f"s = {s}": [0, s, 9] for s in range(5)}).axes
    heights = [text.get_window_extent().get_points()[:, 1].mean() for text in axes.texts]
    assert max(heights) <= axes.bbox.y1 + 1
    assert all(above - below > 10 for below, above in itertools.pairwise(heights))  # and in order


def test_a_dashed_line_is_dashed_and_no_other():
    lines = show_curves(range(2), {"a": [1, 2], "b": [1, 2]}, dashed=["b"]).axes[0].get_lines()
    assert [line.get_linestyle() for line in lines] == ["-", "--"]
    with pytest.raises(ValueError, match=r"dashed \['c'\] are no curves; the curves are \['a'\]"):
        show_curves(range(2), {"a": [1, 2]}, dashed=["c"])


def test_numbers_along_x_are_whole_where_the_range_is_wide():
    for low, high in ((-12, 8), (0, 20), (-5, 5)):
        axes = show_curves([low, high], {"loss": [1, 2]}).axes[0]
        assert all(tick == round(tick) for tick in axes.get_xticks())


def test_unfinished_lines_are_drawn():
    show_curves(range(3), {"a": [1, float("nan"), float("nan")], "b": [float("nan")] * 3}).png()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0, 1], {"loss": [1]}), "loss has 1 values but x has 2"),
        (([0, 1], {}), "no curve"),
        (([0, 1], {"loss": [[1, 2], [3, 4]]}), r"loss has shape \(2, 2\).*Average the seeds"),
    ],
)
def test_what_does_not_fit_is_said(arguments, words):
    with pytest.raises(ValueError, match=words):
        show_curves(arguments[0], {name: np.array(y) for name, y in arguments[1].items()})


def test_a_band_without_its_line_is_said():
    with pytest.raises(ValueError, match=r"bands \['v'\] belong to no curve"):
        show_curves([0], {"eps": [1]}, bands={"v": ([0], [1])})


def test_names_stand_beside_their_lines_on_any_scale():
    """Limits are settled lazily: names placed before that were far outside the picture."""
    axes = show_curves(range(3), {"up": [0.0, 10.0, 20.0], "down": [0.0, -10.0, -20.0]}).axes[0]
    low, high = axes.get_ylim()
    shares = {text.get_text(): text.get_position()[1] for text in axes.texts}
    for name, end in (("up", 20.0), ("down", -20.0)):
        assert abs(shares[name] - (end - low) / (high - low)) < 0.02


@pytest.mark.parametrize("low, high", [(0.08, 1.0), (0.3, 0.9), (1e-4, 10.0), (2.0, 30.0)])
def test_a_logarithmic_axis_has_three_plain_numbers_at_least(low, high):
    axes = show_curves([0, 1], {"loss": [low, high]}, log=True).axes[0]
    axes.figure.canvas.draw()
    bottom, top = axes.get_ylim()
    shown = [
        label.get_text()
        for label, at in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
        if bottom <= at <= top
    ]
    assert len(shown) >= 3 and all(float(text) > 0 for text in shown)

"""A bar a training: its parts follow one another, and the number beside it is the whole ones'."""

from minivid.chapters.ch05.widgets import framing_bars


def test_parts_follow_one_another_and_the_number_is_that_of_the_whole_ones():
    bars = {
        "square": {"whole": 0.5, "cut": 0.25, "gone": 0.25},
        "wide": {"whole": 0.0, "cut": 1.0, "gone": 0.0},
    }
    (axes,) = framing_bars(bars, "Is the digit there?").axes
    drawn = [[(bar.get_x(), bar.get_width()) for bar in part] for part in axes.containers]
    assert drawn == [[(0, 0.5)], [(0.5, 0.25)], [(0.75, 0.25)], [(0, 0)], [(0, 1)], [(1, 0)]]
    assert [text.get_text() for text in axes.texts] == ["50%", "0%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(bars)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["whole", "cut", "gone"]

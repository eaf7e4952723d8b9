"""Strips of frames stand where they are put, each under its words."""

import numpy as np

from minivid.course.widgets.dial import GAP, strips


def clip(shade: int) -> np.ndarray:
    return np.full((3, 8, 8, 1), shade, np.uint8)


def test_rows_and_columns_of_strips_have_their_words_and_their_frames():
    picture = strips([[("a", clip(10)), ("b", clip(20))], [("c", clip(30)), ("d", clip(40))]], heads=("left", "right"))
    assert [text.get_text() for text in picture.texts] == ["left", "right", "a", "b", "c", "d"]
    drawn = [axes.images[0].get_array() for axes in picture.axes]
    assert [int(strip[0, 0, 0]) for strip in drawn] == [10, 20, 30, 40]
    k = drawn[0].shape[0] // 8
    assert drawn[0].shape[:2] == (8 * k, 3 * 8 * k + 2 * GAP) and 2 * drawn[0].shape[1] < picture.pixels[0]


def test_room_above_and_more_lines_in_a_head_make_it_higher():
    rows = [[("a", clip(10))]]
    low, above, two_lines = (
        strips(rows, heads=("x",)),
        strips(rows, heads=("x",), above=50),
        strips(rows, heads=("x\ny",)),
    )
    assert above.pixels[1] - low.pixels[1] == 50 and 10 < two_lines.pixels[1] - low.pixels[1] < 20

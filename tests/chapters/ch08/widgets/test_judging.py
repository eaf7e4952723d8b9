"""The blind test: nobody can tell from the page who is who, and what was answered is what is kept."""

import json

import numpy as np
import pytest
import torch

from minivid.chapters.ch08.widgets import BlindTest, judging, judging_still
from minivid.show.frames import read

DARK, LIGHT = torch.full((6, 1, 4, 16, 16), -1.0), torch.full((6, 1, 4, 16, 16), 1.0)
for i in range(6):
    DARK[i, :, :, 0, i], LIGHT[i, :, :, 0, i] = 0.0, 0.0  # each clip has a mark of its own


def blind(**options) -> BlindTest:
    return BlindTest({"dark": DARK, "light": LIGHT}, **options)


def choose(test: BlindTest, name: str, times: int = 6) -> None:
    for _ in range(times):
        test.answer("AB"[test.sides(len(test.answers)).index(name)])


def press(widget, side: str) -> None:
    _, _, bar = widget.children
    bar.children["AB".index(side)].click()


def test_a_pair_shows_the_same_captions_clip_of_either_maker_at_its_side():
    test = blind()
    for turn in range(6):
        who, pair = test.sides(turn), test.pair(turn)
        for side, name in zip("AB", who, strict=True):
            np.testing.assert_array_equal(pair[side], read({"dark": DARK, "light": LIGHT}[name])[test.order[turn]])


def test_either_maker_stands_at_each_side_equally_often_and_the_seed_decides_when():
    sides = [blind(seed=seed).swapped for seed in range(20)]
    assert all(sum(each) == 3 for each in sides)
    assert len({tuple(each) for each in sides}) > 5
    assert blind(seed=4).swapped == blind(seed=4).swapped and blind(seed=4).order == blind(seed=4).order


def test_the_page_names_nobody_and_gives_no_score_until_the_last_answer():
    test = blind()
    widget = judging(test)
    head, clips, bar = widget.children
    for i in range(6):
        page = head.value + clips.value
        assert f"Pair {i + 1} of 6" in page and "dark" not in page and "light" not in page and "[" not in head.value
        press(widget, "A")
    assert "dark was chosen over light in 3 of 6" in head.value
    assert clips.value == "" and all(button.disabled for button in bar.children)


def test_the_button_pressed_is_the_clip_chosen():
    test = blind()
    widget = judging(test)
    for turn in range(6):
        press(widget, "AB"[test.sides(turn).index("light")])
    assert (test.wins("dark"), test.wins("light")) == (0, 6)


def test_every_answer_is_in_the_file_at_once_and_a_new_test_goes_on_from_it(tmp_path):
    path = tmp_path / "mine.json"
    first = blind(path=path)
    choose(first, "light", times=2)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert (
        kept["wins"] == {"dark": 0, "light": 2}
        and len(kept["answers"]) == 2
        and kept["interval"][0] == pytest.approx(0)
    )
    second = blind(path=path)
    assert second.answers == first.answers
    assert "Pair 3 of 6" in judging(second).children[0].value
    choose(second, "dark", times=4)
    assert blind(path=path).done


def test_a_file_with_another_tests_answers_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "mine.json"
    choose(blind(path=path), "dark", times=1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"another test.*seed"):
        blind(path=path, seed=9)
    with pytest.raises(ValueError, match=r"another test.*clips"):
        BlindTest({"dark": LIGHT, "light": DARK}, path=path)
    assert path.read_bytes() == before
    path.write_text("[]")
    with pytest.raises(ValueError, match="holds no answers"):
        blind(path=path)


def test_the_sentence_says_whether_the_two_are_told_apart():
    test = blind()
    assert "No pair" in test.sentence()
    choose(test, "dark", times=3)
    choose(test, "light", times=3)
    assert "3 of 6 pairs: 0.50" in test.sentence() and "not told apart" in test.sentence()
    sure = blind()
    choose(sure, "light")
    assert sure.sentence().endswith(", told apart.") and "0 of 6" in sure.sentence()


def test_the_interval_is_the_readers_own_function_where_one_is_given():
    test = blind()
    choose(test, "dark")
    assert "[0.12, 0.34]" in test.sentence(lambda wins, n: (0.12, 0.34))
    assert "[0.12, 0.34]" in judging(test, lambda wins, n: (0.12, 0.34)).children[0].value


def test_the_twin_shows_the_pair_that_is_due_and_then_the_share():
    test = blind()
    assert [text.get_text() for text in judging_still(test).texts][2:4] == ["A", "B"]
    choose(test, "dark", times=2)
    picture = judging_still(test)
    strip = picture.axes[0].images[0].get_array()
    k = strip.shape[0] // 16
    np.testing.assert_array_equal(strip[::k, : 16 * k : k, :1], test.pair(2)["A"][0])
    line = picture.axes[2].get_lines()[1]
    np.testing.assert_array_equal(line.get_xydata(), [[1, 1], [2, 1]])


def test_makers_with_unequal_clips_three_makers_and_other_answers_are_refused():
    with pytest.raises(ValueError, match="equally many"):
        BlindTest({"dark": DARK, "light": LIGHT[:3]})
    with pytest.raises(ValueError, match="these are 3"):
        BlindTest({"a": DARK, "b": DARK, "c": DARK})
    with pytest.raises(ValueError, match="A or B"):
        blind().answer("C")
    test = blind()
    choose(test, "dark")
    with pytest.raises(ValueError, match="All 6"):
        test.answer("A")

"""What a rate, a count, a seed and a list of captions may be, asked in one place and the same wherever they are handed over."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from minivid.show import player, save, show
from minivid.tools.numbers import exact_rate, rate, seconds, whole, words
from minivid.tools.seeds import generator, plain_generator

CLIP = torch.zeros(2, 1, 3, 4, 4)
NO_RATES = [0, -1, 1e6, float("inf"), float("nan"), True]


@pytest.mark.parametrize("number", [3, np.int64(3), torch.tensor(3)])
def test_a_whole_number_is_one_whoever_made_it(number):
    assert whole(number, "n") == 3 and type(whole(number, "n")) is int


@pytest.mark.parametrize("number", [0, -1, 2.0, "3", None, True, float("nan")])
def test_what_is_no_count_is_refused_by_name(number):
    with pytest.raises(ValueError, match=r"columns is .*; expected a whole number of at least 1\."):
        whole(number, "columns")


@pytest.mark.parametrize("fps", NO_RATES)
@pytest.mark.parametrize("suffix", [".gif", ".mp4", ".npz"])
def test_a_file_of_no_rate_is_not_written(tmp_path, fps, suffix):
    with pytest.raises(ValueError, match=r"fps is .* 0\.1 to"):
        save(CLIP, tmp_path / f"x{suffix}", fps=fps)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fps", [*NO_RATES, 5000])
def test_no_rate_plays(fps):
    for play in (player, show):
        with pytest.raises(ValueError, match=r"fps is .* 0\.1 to"):
            play(CLIP, fps=fps)


def test_a_rate_is_a_number_whoever_made_it(tmp_path):
    for fps in (8, np.float32(8), np.int64(8), 7.5):
        assert type(rate(fps)) is float
        save(CLIP, tmp_path / "x.mp4", fps=fps)
        player(CLIP, fps=fps)


@pytest.mark.parametrize("captions", [[None, None], ["a", None], [1, 2]])
def test_a_caption_is_text(captions):
    with pytest.raises(ValueError, match=r"captions hold .*; expected text"):
        words(captions)
    assert words(("a", "")) == ["a", ""]


def test_a_count_of_columns_and_a_height_are_whole():
    for wrong in ({"columns": -1}, {"columns": 0}, {"height": 0}, {"height": -5}):
        with pytest.raises(ValueError, match="expected a whole number of at least 1"):
            show(CLIP, **wrong)
    show(CLIP, columns=np.int64(1))


def test_a_very_wide_clip_stays_on_the_page():
    assert show(torch.zeros(1, 1, 2, 4, 3000)).rows[0].tiles[0].frames.shape == (2, 4, 3000, 1)
    assert show(torch.zeros(1, 1, 2, 4, 300)).rows[0].tiles[0].frames.shape == (2, 8, 600, 1)


def test_a_clip_without_a_name_is_named_in_a_message():
    with pytest.raises(ValueError, match=r"^the video has shape"):
        show(torch.zeros(3, 4))


def test_a_seed_is_a_number_whoever_made_it():
    for make in (plain_generator, lambda seed: generator(seed, "x")):
        assert make(np.int64(3)).initial_seed() == make(3).initial_seed()
        for wrong in (True, -1):
            with pytest.raises(ValueError, match="A seed is a whole number from 0 on"):
                make(wrong)


@pytest.mark.parametrize(
    "number",
    [True, "8", None, 1j, Decimal(8), np.array([8]), torch.tensor(8.0), float("nan"), float("inf"), -1, 10**400],
)
def test_what_is_no_rate_and_no_moment_is_refused_in_short(number):
    for refused in (rate, exact_rate, lambda x: seconds(x, "start")):
        with pytest.raises(ValueError, match=r"^(fps|start) is .{1,80}; expected "):
            refused(number)


def test_a_rate_that_a_film_is_read_at_stays_exact():
    assert exact_rate(Fraction(30000, 1001)) == Fraction(30000, 1001)
    assert exact_rate(np.float32(12.5)) == Fraction(25, 2)
    assert exact_rate(np.int64(8)) == 8


@pytest.mark.parametrize("captions", [3, None, "a word", b"bytes"])
def test_captions_are_a_list(captions):
    with pytest.raises(ValueError, match="expected a list of words"):
        words(captions)


def test_a_number_has_an_upper_bound_where_there_is_one():
    assert whole(3, "size", most=3) == 3
    with pytest.raises(ValueError, match="size is 4; expected a whole number from 1 to 3"):
        whole(4, "size", most=3)

"""A run knows its films by what is in them."""

import os
import shutil

import pytest

from minivid.data.clips import VideoFolder
from minivid.data.clips.identity import FILE, PIECE, difference, fingerprint, write_down


@pytest.fixture
def home(film, tmp_path):
    home = tmp_path / "films"
    home.mkdir()
    for index, name in enumerate("abc"):
        film(home / f"{name}.mp4", 20 + index)
    return home


def videos(folder):
    return VideoFolder(folder, frames=4).videos


@pytest.mark.parametrize("at", [0, 10 * PIECE, 20 * PIECE - 1])
def test_a_byte_in_the_first_middle_or_last_piece_tells(tmp_path, at):
    path = tmp_path / "film"
    content = bytearray(os.urandom(20 * PIECE))
    path.write_bytes(content)
    before = fingerprint(path)
    content[at] ^= 1
    path.write_bytes(content)
    assert fingerprint(path) != before
    path.write_bytes(content[:-1])
    assert fingerprint(path).split("-")[0] == str(20 * PIECE - 1)


def test_a_small_file_has_one(tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "b")


def test_the_same_films_elsewhere_are_the_same(home, tmp_path):
    write_down(videos(home), tmp_path / "run")
    assert difference(videos(home), tmp_path / "run") == ""
    shutil.move(home, tmp_path / "moved")
    assert difference(videos(tmp_path / "moved"), tmp_path / "run") == ""


def test_what_changed_went_or_came_is_named(home, film, tmp_path):
    run = tmp_path / "run"
    write_down(videos(home), run)
    film(home / "d.mp4", 30)
    assert difference(videos(home), run) == "d.mp4 has come since"
    (home / "d.mp4").unlink()
    film(home / "b.mp4", 30)
    assert difference(videos(home), run).startswith("b.mp4 has changed")
    (home / "b.mp4").unlink()
    assert "is not there" in difference(videos(home), run)


def test_another_order_is_another_run(home, tmp_path):
    write_down(videos(home), tmp_path / "run")
    (home / "a.mp4").rename(home / "z.mp4")
    assert "another order" in difference(videos(home), tmp_path / "run")


def test_a_run_that_kept_no_list_goes_on_and_a_list_that_is_none_is_a_sentence(home, tmp_path):
    assert difference(videos(home), tmp_path / "nowhere") == ""
    (tmp_path / FILE).write_text("[")
    with pytest.raises(ValueError, match="does not say which films the run is of"):
        difference(videos(home), tmp_path)


@pytest.mark.parametrize("name", ["a\u2028b.mp4", "a\x85b.mp4", "a\nb.mp4", os.fsdecode(b"\xff.mp4")])
def test_a_films_name_may_hold_what_ends_a_line_elsewhere_or_is_no_text(film, tmp_path, name):
    home = tmp_path / "films"
    home.mkdir()
    try:
        film(home / "a.mp4", 20).rename(home / name)
    except OSError:
        pytest.skip("no such name in this file system")
    write_down(videos(home), tmp_path / "run")
    assert difference(videos(home), tmp_path / "run") == ""

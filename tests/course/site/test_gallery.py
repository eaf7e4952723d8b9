"""What stands under a film is what drew it."""

import io
import re
import shlex

import pytest
from PIL import Image

from minivid.course.site import gallery
from minivid.course.site.gallery import FILMS, CannotFilm, Film

WORLD = Film("Real", ("world", "--n", "2"), about="Two real clips")


def test_a_film_is_drawn_by_its_command_and_once(tmp_path, monkeypatch):
    gif = gallery.draw(WORLD, tmp_path)
    assert Image.open(io.BytesIO(gif)).n_frames > 1
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("drawn again"))
    assert gallery.draw(WORLD, tmp_path) == gif


def test_its_part_of_the_page_has_the_command_and_says_what_was_asked_for():
    film = Film("T", ("sample", "vdm-small"), ("a 3 moves left", "a 4 moves up"), "Chapter 3's.")
    text = gallery.entry(film, "p.webp")
    command = re.search(r"```sh\n(.*)\n```", text, re.DOTALL)[1]
    assert shlex.split(command.replace("\\\n", "")) == film.command("vdm-small.gif")
    assert max(map(len, command.splitlines())) <= 40, "the page's lines fit a phone"
    assert (
        'alt="2 clips side by side, drawn from noise: a 3 moves left; a 4 moves up"' in text and 'src="p.webp"' in text
    )


def test_a_command_that_fails_is_named_with_what_it_said(tmp_path):
    film = Film("Real", ("world", "--n", "0"), about="None")
    with pytest.raises(CannotFilm, match=r"`minivid world --n 0 --out film.gif` has failed: .*--n is 0"):
        gallery.draw(film, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_each_film_says_what_is_seen_and_its_model_comes_with_the_course():
    for film in FILMS:
        assert len(film.seen) > 20
        assert film.model is None or (gallery.WEIGHTS / f"{film.model}.safetensors").exists(), film

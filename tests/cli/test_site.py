"""`minivid site` says in a sentence what it cannot do (what it builds: tests/course/site)."""

import pytest

from minivid.course.site import making


@pytest.fixture
def here(monkeypatch):
    """As if all packages were here, and none were ever used."""
    monkeypatch.setattr(making, "missing", lambda: [])


def test_packages_that_are_missing_are_named_with_the_command_that_brings_them(refused, monkeypatch):
    monkeypatch.setattr(making, "missing", lambda: ["sphinx", "mathjax"])
    said = refused("site")
    assert said.startswith("the site needs sphinx, mathjax: `pip install ") and ".[site]" in said


def test_a_folder_that_is_not_there_is_named(here, refused):
    assert refused("site", "--notebooks", "nowhere").startswith("there is no folder nowhere")


def test_a_folder_without_notebooks_is_named(here, refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "there is no executed notebook in empty" in refused("site", "--notebooks", "empty", "--out", "site")


def test_nothing_but_a_site_is_ever_replaced(here, refused, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("years")
    assert "thesis holds something else than a site" in refused("site", "--notebooks", ".", "--out", "thesis")
    (tmp_path / "file").write_text("years")
    assert "file holds something else than a site" in refused("site", "--notebooks", ".", "--out", "file")
    assert (tmp_path / "thesis/chapter.tex").read_text() == (tmp_path / "file").read_text() == "years"

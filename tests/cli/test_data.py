"""`minivid data list` says what there is and what is here; `minivid data fetch` refuses in one sentence."""

import pytest

from minivid.cli.data import data_fetch, data_list
from minivid.cli.errors import BadInput
from minivid.data import fetch
from minivid.data.fetch import SOURCES, Source


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path))
    return tmp_path


def test_the_list_names_every_data_set_with_the_command_that_brings_it(capsys, cache):
    assert data_list() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "what", "size", "licence", "where"]
    assert lines[1].startswith("digits") and "built in" in lines[1]
    for name in SOURCES:
        (line,) = [line for line in lines if line.startswith(f"{name} ")]
        assert line.endswith(f"not here; `minivid data fetch {name}`")


def test_what_is_here_is_listed_with_its_place(capsys, cache, monkeypatch):
    monkeypatch.setitem(SOURCES, "nothing", Source("a data set without files", "none", (), ()))
    data_list()
    assert str(cache / "nothing") in capsys.readouterr().out


def test_fetching_says_how_much_comes_and_where_it_is(capsys, cache, monkeypatch):
    monkeypatch.setitem(SOURCES, "nothing", Source("a data set without files", "none", (), ()))
    assert data_fetch("nothing") == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"minivid: nothing (0 kB) into {cache / 'nothing'} ..."
    assert last == f"minivid: nothing is in {cache / 'nothing'}, whole and checked."


@pytest.mark.parametrize("name, hint", [("mnits", "did you mean mnist?"), ("kinetics", "there are mnist and moving")])
def test_an_unknown_name_is_refused_before_anything_is_said(capsys, cache, name, hint):
    with pytest.raises(BadInput, match=rf"there is no data set '{name}' to fetch; {hint}"):
        data_fetch(name)
    assert capsys.readouterr().out == ""


def test_without_a_network_the_sentence_is_the_libraries_and_not_a_trace(cache, monkeypatch):
    def no_network(url, file, part):
        from requests.exceptions import ConnectionError

        raise ConnectionError("Max retries exceeded")

    monkeypatch.setattr(fetch, "_retrieve", no_network)
    with pytest.raises(BadInput) as refusal:
        data_fetch("mnist")
    said = str(refusal.value)
    assert said.count("cannot be reached") == len(SOURCES["mnist"].mirrors) and "Max retries" not in said
    assert "the built-in digits go on serving" in said and "\n" not in said

"""What the course leaves to a host like Colab is told by two names of the environment, and is something that it declares."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from minivid.tools import elsewhere

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", elsewhere.HOSTS)
def test_each_host_is_known_by_what_it_sets(monkeypatch, name):
    for other in elsewhere.HOSTS:
        monkeypatch.delenv(other, raising=False)
    assert not elsewhere.lent()
    monkeypatch.setenv(name, "set")
    assert elsewhere.lent()


def test_what_is_the_host_s_is_declared_under_that_name():
    assert {Requirement(line).name for line in PROJECT["dependencies"]} >= elsewhere.THEIRS

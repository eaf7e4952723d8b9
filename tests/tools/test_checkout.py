"""The data sets' cards are found in a checkout, and in a package that is none."""

import tomllib
from pathlib import Path

import minivid
from minivid.tools.checkout import cards

ROOT = Path(__file__).parents[2]


def test_in_a_checkout_the_cards_are_its_own():
    assert cards() == ROOT / "datasets" and (cards() / "README.md").is_file()


def test_a_package_without_a_checkout_looks_for_them_where_a_wheel_puts_them(monkeypatch, tmp_path):
    monkeypatch.setattr(minivid, "__file__", str(tmp_path / "minivid" / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    with (ROOT / "pyproject.toml").open("rb") as file:
        wheel = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "datasets" in wheel["only-include"]
    assert wheel["sources"] == {"datasets": cards().relative_to(tmp_path).as_posix()}

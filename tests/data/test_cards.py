"""Every data set has a card, and every card says the same things about it."""

import re
from pathlib import Path

import pytest

from minivid.data.fetch import SOURCES

FOLDER = Path(__file__).parents[2] / "datasets"
CARDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
FIELDS = ["What", "Source", "Licence", "Size", "How to obtain", "Good for", "Caveats"]
ROW_7 = {"ucf101", "kinetics", "webvid", "hd_vila_100m"}


def fields(card: Path) -> dict[str, str]:
    parts = re.split(r"^\*\*([A-Z][^*]+?)\.\*\* ", card.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_every_card_has_the_same_fields_in_the_same_order(card):
    assert card.read_text(encoding="utf-8").startswith("# ")
    found = fields(card)
    assert [field for field in found if field in FIELDS] == FIELDS
    assert all(len(text.split()) >= 3 for text in found.values())


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_every_source_can_be_looked_up(card):
    found = fields(card)
    assert re.search(r"\(\d{4}\)", found["Source"]), "no paper with its year"
    assert "https://" in found["Source"] + found["How to obtain"]


def test_the_table_of_contents_has_every_card_and_no_other():
    links = re.findall(r"\]\((\w+)\.md\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(links) == [card.stem for card in CARDS]


def test_what_can_be_fetched_and_the_public_sets_have_cards():
    names = {card.stem for card in CARDS}
    assert names >= {"digits", *SOURCES, *ROW_7}
    assert len(names - {"digits", *SOURCES}) >= 6


def test_the_withdrawn_set_is_said_to_be_withdrawn():
    assert "withdrawn" in fields(FOLDER / "webvid.md")["How to obtain"]

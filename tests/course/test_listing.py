"""A folder with a chapter.py is a chapter, and nothing else is."""

import pytest

import minivid.chapters
from minivid.course import listing


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A second folder of chapters, beside the course's own."""
    monkeypatch.setattr(minivid.chapters, "__path__", [*minivid.chapters.__path__, str(tmp_path)])
    return tmp_path


def test_a_folder_with_a_chapter_in_it_is_found_and_one_without_is_not(elsewhere):
    for name in ("ch97", "ch98", "ch99", "notes"):
        (elsewhere / name).mkdir()
    for name in ("ch97", "ch98", "notes"):
        (elsewhere / name / "chapter.py").write_text(
            f"from minivid.course.chapter import Chapter\nCHAPTER = Chapter({name!r}, 'a promise')\n"
        )
    (elsewhere / "ch98" / "experiments").mkdir()
    (elsewhere / "ch98" / "experiments" / "__init__.py").write_text("MEASUREMENTS = {'98_speed': dict}\n")
    assert list(listing.chapters())[-2:] == ["97", "98"] and listing.chapter("97").title == "ch97"
    assert listing.chapter("99") is None and listing.exercises("99") == listing.exercises("97") == ()
    assert listing.measurements()["98_speed"] is dict


def test_chapters_are_there_in_order_without_a_gap_and_with_titles_of_their_own():
    chapters = listing.chapters()
    assert list(chapters) == [f"{number:02}" for number in range(len(chapters))] and len(chapters) >= 14
    assert len({chapter.title for chapter in chapters.values()}) == len(chapters)


def test_an_exercise_that_is_not_there_is_a_sentence():
    assert listing.exercise("3.3").id == "3.3"
    with pytest.raises(KeyError, match=r"no exercise '3\.77'; its chapter has 3\.1, 3\.2"):
        listing.exercise("3.77")
    with pytest.raises(KeyError, match="its chapter has no exercises"):
        listing.exercise("77.1")


def test_a_text_mentions_a_chapter_and_says_whether_it_is_there():
    assert listing.mention("03") == f'chapter 3, "{listing.chapter("03").title}"'
    to_come = next(number for number, one in listing.chapters().items() if number != "00" and not one.exercises)
    assert listing.mention(to_come).endswith('" (to come)')
    with pytest.raises(KeyError, match="no chapter '99'"):
        listing.mention("99")

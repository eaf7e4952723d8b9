"""The history is in order, and all of it is drawn."""

import re

from minivid.chapters.ch01.history import ROUTES, WORKS, Work, history_picture


def test_a_date_is_read_off_the_arxiv_number():
    assert Work("VDM", "2204.03458", "cascade").date == 2022.25


def test_works_are_in_order_and_each_route_is_taken():
    dates = [work.date for work in WORKS]
    assert dates == sorted(dates) and {work.route for work in WORKS} == set(ROUTES)
    assert all(re.fullmatch(r"\d{4}\.\d{5}", work.arxiv) for work in WORKS)
    assert len({work.arxiv for work in WORKS}) == len({work.name for work in WORKS}) == len(WORKS)
    first = {route: next(work.date for work in WORKS if work.route == route) for route in ROUTES}
    assert list(first.values()) == sorted(first.values())


def test_every_work_is_drawn_and_no_name_touches_another():
    picture = history_picture()
    names = [text for text in picture.axes[0].texts if text.get_text()]
    assert {text.get_text() for text in names} == {work.name for work in WORKS}
    boxes = [text.get_window_extent() for text in names]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.x1 < picture.bbox.x1 for box in boxes)

"""The page: whole in itself, with every score in it and the right clips in its pictures."""

from html import escape
from html.parser import HTMLParser

import pytest
import torch

from minivid.data import World
from minivid.evaluation.jury import Jury
from minivid.evaluation.page import best_of, choose, page
from minivid.evaluation.report import evaluate
from minivid.evaluation.subject import Subject
from minivid.metrics.features import ClipNet, extractors


class Tree(HTMLParser):
    """Counts tags, and holds that what is opened is closed."""

    VOID = ("meta", "img", "col", "line", "circle")

    def __init__(self):
        super().__init__()
        self.open, self.count, self.sources = [], {}, []

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.sources += [value for key, value in attrs if key in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    @classmethod
    def of(cls, text):
        tree = cls()
        tree.feed(text)
        assert tree.open == []
        return tree


@pytest.fixture(scope="module")
def found():
    """Reports by an untrained judge: moving clips, worse ones, and still ones."""
    jury, world = Jury(*extractors(ClipNet(), "untrained")), World()
    made, real = world.sample(12, seed=1).video, Subject("real", world.sample(24, seed=2).video)
    sets = {
        "plain": made,
        "noisy <b>": (made + 0.5 * torch.randn(made.shape)).clamp(-1, 1),
        "still": made[:, :, :1].expand_as(made),
    }
    return [
        (evaluate(clips, jury, real, draws=10), clips)
        for clips in (Subject(n, v.contiguous()) for n, v in sets.items())
    ]


def test_one_report_is_a_page_that_needs_nothing_beside_it(found):
    text = page(found[:1], "Evaluation of plain", "minivid evaluate plain")
    tree = Tree.of(text)
    assert tree.count["img"] == 3 and all(source.startswith("data:image/gif;base64,") for source in tree.sources)
    assert "http" not in text.replace("http-equiv", "") and "Side by side" not in text
    assert all(escape(row.metric.name) in text for row in found[0][0].rows)
    assert tree.count["svg"] == sum(row.score is not None for row in found[0][0].rows)


def test_several_reports_stand_side_by_side_and_names_are_escaped(found):
    text = page(found, "The zoo", "minivid evaluate --all")
    Tree.of(text)
    assert "Side by side" in text and "noisy &lt;b&gt;" in text and "<b></h2>" not in text
    assert text.count('class="verdict still"') == 1


def test_the_still_one_is_never_the_best(found):
    reports = [report for report, _ in found]
    rows = {row.key: row for row in reports[0].rows}
    for key, row in rows.items():
        assert "still" not in best_of(key, row, reports)
    assert best_of("smoothness", rows["smoothness"], reports) == {"plain"}


@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_the_best_the_median_and_the_worst_are_shown(n):
    trouble = torch.rand(n, generator=torch.Generator().manual_seed(n))
    shown = choose(trouble)
    every = torch.cat(list(shown.values())).tolist()
    assert len(set(every)) == len(every) <= n
    if n >= 3:
        assert trouble[shown["best"][0]] == trouble.min() and trouble[shown["worst"][0]] == trouble.max()
        assert trouble[shown["best"]].max() <= trouble[shown["median"]].min()

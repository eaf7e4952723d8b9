"""Thresholds under sliders: precision, recall and what is kept are written as they are."""

import pytest
import torch

from minivid.chapters.ch01.experiments.curation import Thresholds
from minivid.chapters.ch01.experiments.films import DEFECTS
from minivid.chapters.ch01.widgets import curating, curating_still

TRUTH = {name: torch.tensor([i == place for i in range(5)]) for place, name in enumerate(DEFECTS)}
SCORES = {
    "cut": torch.tensor([9.0, 0.0, 0.0, 0.0, 8.0]),  # the last one is flagged and is good
    "still": torch.tensor([0.02, 0.001, 0.02, 0.02, 0.02]),
    "text": torch.tensor([0.0, 0.0, 0.001, 0.0, 0.0]),  # missed
    "dull": torch.tensor([0.5, 0.5, 0.5, 0.1, 0.5]),
}


def written(picture) -> str:
    return "\n".join(text.get_text() for text in picture.texts)


def test_what_is_written_is_counted():
    words = written(curating_still(SCORES, TRUTH))
    assert "2 flagged, 1 truly cut\nprecision 0.50\nrecall 1.00" in words
    assert "0 flagged, 1 truly text\nprecision nan\nrecall 0.00" in words
    assert "kept: 1 of 5 films; with a defect: 1; good ones lost: 1" in words


def test_other_thresholds_keep_other_films():
    words = written(curating_still(SCORES, TRUTH, Thresholds(cut=8.5, text=0.0005)))
    assert "kept: 1 of 5 films; with a defect: 0; good ones lost: 0" in words


@pytest.mark.parametrize("place, name", enumerate(DEFECTS))
def test_every_slider_redraws(place, name):
    widget = curating(SCORES, TRUTH)
    sliders, image = widget.children[0].children, widget.children[1]
    before = bytes(image.value)
    sliders[place].value = sliders[place].max / 2 + 0.001
    assert sliders[place].description == name and bytes(image.value) != before

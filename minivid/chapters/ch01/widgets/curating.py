"""Thresholds of a data set's filters under sliders, with what each then gets right (chapter 1).

Tests in tests/chapters/ch01/widgets/test_curating.py.
"""

from collections.abc import Mapping
from dataclasses import asdict

import ipywidgets as w
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.chapters.ch01.experiments.curation import Thresholds
from minivid.chapters.ch01.experiments.films import DEFECTS
from minivid.course.widgets.dial import dial
from minivid.metrics.curation import precision_recall
from minivid.show.style import BLUE, FAINT, INK, RED, SOFT, Picture, look

Scores = Mapping[str, Float[Tensor, " n"]]
Truth = Mapping[str, Bool[Tensor, " n"]]

RANGES = {"cut": (0.0, 12.0), "still": (0.0, 0.03), "text": (0.0, 0.06), "dull": (0.0, 0.6)}
WORDS = {
    "cut": "largest difference, over those around it",
    "still": "flow in a frame, share of the picture",
    "text": "share of the picture in lettering",
    "dull": "contrast + colourfulness",
}
WIDTH, ROW, LEFT, CHART = 840, 104, 96, 470  # pixels


def curating(scores: Scores, truth: Truth) -> w.VBox:
    """A slider for each filter's threshold; every film is a dot, red where the defect is really there."""
    chosen = asdict(Thresholds())
    sliders = {
        name: w.FloatSlider(
            chosen[name],
            min=low,
            max=high,
            step=(high - low) / 200,
            description=name,
            readout_format=".4f",
            layout=w.Layout(width="380px"),
        )
        for name, (low, high) in RANGES.items()
    }
    return dial(lambda **thresholds: _render(scores, truth, Thresholds(**thresholds)), **sliders)


def curating_still(scores: Scores, truth: Truth, thresholds: Thresholds | None = None) -> Picture:
    """The static twin of `curating`, at the thresholds that the chapter uses, or at others."""
    return _render(scores, truth, thresholds or Thresholds())


def _render(scores: Scores, truth: Truth, thresholds: Thresholds) -> Picture:
    flags = thresholds.flags({name: scores[name] for name in DEFECTS})
    kept = ~torch.stack(list(flags.values())).any(0)
    good = ~torch.stack([truth[name] for name in DEFECTS]).any(0)
    with look():
        picture = Picture(WIDTH, len(DEFECTS) * ROW + 40)
        for row, name in enumerate(DEFECTS):
            _chart(picture, 26 + row * ROW, name, scores[name], truth[name], getattr(thresholds, name))
            precision, recall = precision_recall(flags[name], truth[name])
            words = f"{int(flags[name].sum())} flagged, {int(truth[name].sum())} truly {name}\nprecision {precision:.2f}\nrecall {recall:.2f}"
            picture.write(LEFT + CHART + 24, 26 + row * ROW, words, fontsize=10, linespacing=1.4)
        spoilt = int((kept & ~good).sum())
        picture.write(
            8,
            len(DEFECTS) * ROW + 16,
            f"kept: {int(kept.sum())} of {len(kept)} films; with a defect: {spoilt}; good ones lost: {int((good & ~kept).sum())}",
            fontsize=11,
            fontweight="bold",
        )
    return picture


def _chart(picture: Picture, top: int, name: str, score: Tensor, truly: Tensor, threshold: float) -> None:
    """Films as dots along their score, those with the defect in the upper row; shaded where they are flagged."""
    low, high = RANGES[name]
    axes = picture.axes_at(LEFT, top, CHART, ROW - 58, xlim=(low - 0.02 * (high - low), high * 1.02), ylim=(-0.6, 1.6))
    flagged = (threshold, 2 * high) if name in ("cut", "text") else (-high, threshold)
    axes.axvspan(*flagged, color=FAINT, alpha=0.6, linewidth=0)
    axes.axvline(threshold, color=INK, linewidth=1)
    beside = 0.5 * (np.random.default_rng(0).random(len(score)) - 0.5)  # so that equal scores are seen apart
    for there, colour in ((False, BLUE), (True, RED)):
        which = truly == there
        axes.plot(
            score[which].clamp(low, high), there + beside[which.numpy()], "o", color=colour, markersize=4, alpha=0.7
        )
    axes.set(yticks=[0, 1], yticklabels=[f"not {name}", name], xlabel=WORDS[name])
    axes.tick_params(labelsize=8)
    axes.xaxis.label.set(size=8, color=SOFT)
    axes.grid(axis="y", visible=False)

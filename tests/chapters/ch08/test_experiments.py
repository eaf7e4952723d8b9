"""Chapter 8's measurements at a reduced size: each metric rises where it should react and stays flat where it cannot see."""

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch08 import experiments
from minivid.chapters.ch08.experiments.content_bias import DISTORTIONS, bias_table, distorted
from minivid.chapters.ch08.experiments.ladders import climb, flat, ladder_table, mark, rises
from minivid.course import receipt
from minivid.data import World
from minivid.evaluation.jury import jury
from minivid.metrics.corruptions import LADDERS
from minivid.motion.trajectories import centroid, ink

SMALL = {"noise": 0.4, "frame swaps": 16, "jitter": 2.0, "identity swap": 1.0, "time reversal": 1.0}
TOO_FEW = {("frechet", "identity swap"), ("frechet", "frame swaps")}
"""What 32 clips cannot show; the receipt's do."""


@pytest.fixture(scope="module")
def climbed():
    judged_by = jury()
    return {
        name: climb(LADDERS[name][0], (rung,), World(), n=32, seeds=(0, 1), judged_by=judged_by)
        for name, rung in SMALL.items()
    }


@pytest.mark.parametrize("metric, ladders", experiments.SEES.items(), ids=list(experiments.SEES))
def test_scores_get_worse_where_a_metric_sees(climbed, metric, ladders):
    for name in set(ladders) & set(SMALL):
        if (metric, name) in TOO_FEW:
            continue
        assert rises(metric, climbed[name][metric]), (name, climbed[name][metric])


@pytest.mark.parametrize("metric, ladders", experiments.BLIND.items(), ids=list(experiments.BLIND))
def test_scores_stay_where_a_metric_cannot_see(climbed, metric, ladders):
    for name in set(ladders) & set(SMALL):
        assert flat(climbed[name][metric], slack=0.25), (name, climbed[name][metric])


def test_rising_asks_for_order_and_for_ends_apart():
    assert rises("frechet", [[1, 2], [3, 4], [5, 6]])
    assert not rises("frechet", [[1, 2], [9, 9], [5, 6]])  # out of order
    assert not rises("frechet", [[1, 6], [3, 4], [5, 7]])  # the ends overlap
    assert not rises("smoothness", [[1, 2], [3, 4], [5, 6]])  # better, not worse
    assert rises("dynamic_degree", [[2, 2.1], [1, 1.2], [0, 0.1]])  # away from the clean clips', either way
    assert mark("frechet", [[1, 2], [3, 4]]) == "●" and mark("smoothness", [[1, 2], [3, 4]]) == "△"
    assert mark("frechet", [[1, 3], [2, 4]]) == "–" and mark("frechet", [[1, 2], [9, 9], [5, 6]]) == "○"
    assert flat([[1, 1.2], [1.1, 1.3]]) and not flat([[1, 1.2], [2, 2.1]])


@pytest.mark.parametrize("name", DISTORTIONS)
def test_frames_are_as_bad_once_a_clip_as_anew_in_every_frame(name):
    """What is drawn has one distribution; only whether neighbouring frames agree differs."""
    video = World().sample(400, seed=1).video
    once, anew = (distorted(name, video, 3, every_frame) for every_frame in (False, True))
    for of_frames in (
        lambda v: ink(v).sum((2, 3)),
        lambda v: ink(v).square().sum((2, 3)),
        lambda v: centroid(v).norm(dim=2),
    ):
        a, b = of_frames(once), of_frames(anew)
        assert a.mean().item() == pytest.approx(b.mean().item(), rel=0.05) and a.std().item() == pytest.approx(
            b.std().item(), rel=0.15
        )
    assert (anew.diff(dim=2).abs().mean() > 1.02 * once.diff(dim=2).abs().mean()).item()


@pytest.mark.parametrize("name", experiments.MEASUREMENTS)
def test_the_receipt_holds_what_the_tables_print(name):
    values = receipt(name).values
    if name == "08_content_bias":
        text = bias_table(values)
        assert all(word in text for word in DISTORTIONS)
    elif name == "08_ladders":
        text = ladder_table(values, "frechet")
        assert len(text.splitlines()) == 1 + len(values["scores"])


def test_the_whole_ladders_keep_the_promises_too():
    values = receipt("08_ladders").values
    broken = [
        (metric, name)
        for table, holds in (
            (experiments.SEES, lambda key, c: rises(key, c)),
            (experiments.BLIND, lambda _, c: flat(c)),
        )
        for metric, names in table.items()
        for name in names
        if not holds(metric, values["scores"][name][metric])
    ]
    assert broken == []


def test_a_clip_held_for_good_keeps_every_law():
    """Raw scores rise with held frames until nothing moves at all, and then they are the best there are."""
    values = receipt("08_ladders").values["scores"]["held frames"]
    assert rises("trajectory", values["trajectory"][:-1])
    for metric in ("trajectory", "appearance", "mass", "warping_error"):
        assert max(values[metric][-1]) < 1e-6 < min(values[metric][0])
    assert max(values["moving"][-1]) == 0 and min(values["frechet"][-1]) > 10 * max(values["frechet"][0])


def test_only_time_is_wrong_with_a_distortion_drawn_anew():
    values = receipt("08_content_bias").values
    for name in DISTORTIONS:
        low, mean, high = experiments.seen(values, name, "frechet of frames")
        assert 0.8 < mean < 1.25, (name, low, high)


def test_distorted_clips_stay_in_range():
    for name in DISTORTIONS:
        video = distorted(name, World().sample(4, seed=0).video, 0, True)
        assert torch.isfinite(video).all() and video.min() >= -1 and video.max() <= 1


def test_the_report_of_the_zoo_has_a_table_for_each_world():
    found = receipt("08_report")
    first, *others = experiments.zoo_table(found).split("\n\n")
    assert len(others) + 1 == sum(column["name"].startswith("real clips") for column in found["columns"])
    head, *rows = first.splitlines()
    assert head.split() == ["real", "clips", "still", "pictures", "vdm-small"]
    error = next(row for row in rows if row.startswith("trajectory error")).split()
    assert error[-2] == "–", "still pictures keep every law, and are left out"
    assert float(error[-3]) < float(error[-1])
    assert rows[0].startswith("dynamic degree"), "the order of a report"


def test_the_report_of_the_zoo_is_of_the_weights_that_are_here():
    for name, sha256 in receipt("08_report")["models"].items():
        assert zoo.load(name).manifest["sha256"] == sha256, (
            f"`minivid measure 08_report`: {name} has been trained again"
        )

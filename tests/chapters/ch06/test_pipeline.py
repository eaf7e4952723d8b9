"""Five stages in the order of the formula, each fed by the one before."""

from dataclasses import replace
from statistics import mean

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch06 import pipeline
from minivid.chapters.ch06.experiments.pipeline import (
    ROWS,
    colours_of,
    pipeline_table,
    shown_stages,
    told_by_place,
    world_of,
)
from minivid.chapters.ch06.pipeline import Stages, as_large, composed
from minivid.chapters.ch06.seen import with_interval
from minivid.course.receipt import receipt
from minivid.data.captions import parse
from minivid.metrics.distribution import paired_interval


def test_a_text_goes_through_p_d_between_and_both_super_resolutions(monkeypatch):
    called = []

    def recorded(name, shape):
        def stage(model, given, *_, **how):
            called.append(
                (name, model, given if isinstance(given, list) else tuple(given.shape), how.get("same_noise", False))
            )
            return torch.zeros(shape)

        return stage

    monkeypatch.setattr(pipeline, "pictured", recorded("P", (1, 4)))
    monkeypatch.setattr(pipeline, "decoded", recorded("D", (1, 3, 5, 12, 12)))
    monkeypatch.setattr(
        pipeline, "filled", lambda model, few, content, *_: recorded("F", (1, 3, 9, 12, 12))(model, few)
    )
    monkeypatch.setattr(
        pipeline,
        "enlarged_by",
        lambda model, low, *a, **how: recorded("SR", (*low.shape[:3], *(2 * side for side in low.shape[3:])))(
            model, low, **how
        ),
    )
    run = zoo.recipe("super-digits-48")
    names = ("prior", "decoder", "filler", "time", "frames")
    stages = Stages(*(zoo.Model(replace(run, name=name), torch.nn.Identity()) for name in names))
    made = composed(stages, ["a red 3 moves up"], steps=2)
    assert [(name, model.name) for name, model, *_ in called] == [
        ("P", "prior"),
        ("D", "decoder"),
        ("F", "filler"),
        ("SR", "time"),
        ("SR", "frames"),
    ]
    assert [given for *_, given, _ in called] == [
        ["a red 3 moves up"],
        (1, 4),
        (1, 3, 5, 12, 12),
        (1, 3, 9, 12, 12),
        (1, 3, 9, 24, 24),
    ]
    assert [same for *_, same in called] == [False, False, False, False, True]  # SR_h alone
    assert made["SRh"].shape == (1, 3, 9, 48, 48) and list(made) == ["P", "D", "↑F", "SRl", "SRh"]


def test_stages_are_laid_side_by_side_at_one_size_and_length():
    few, large = torch.rand(1, 3, 5, 12, 12), torch.rand(1, 3, 9, 48, 48)
    shown = as_large({"few": few, "large": large})
    assert shown["few"].shape == large.shape and torch.equal(shown["large"], large)
    assert torch.equal(shown["few"][0, 0, :, 5, 9], few[0, 0, [0, 0, 1, 1, 2, 2, 3, 3, 4], 1, 2])


def test_the_colour_of_a_clip_is_read_at_every_size():
    for side in (12, 24, 48):
        clips = world_of(side).sample(40, 3)
        said = [parse(caption)[0].colour for caption in clips.caption]
        assert sum(one == other for one, other in zip(said, colours_of(clips.video), strict=True)) == 40


@pytest.fixture(scope="module")
def found():
    return receipt("06_pipeline")


def difference(found, one, other, measure):
    """The interval of the mean of their differences, caption by caption."""
    _, low, high = paired_interval(found["rows"][one][measure], found["rows"][other][measure])
    return low, high


REAL_D, REAL_WHOLE = "from a real picture's embedding, D", "from a real picture's embedding, the whole"


def test_the_colour_arrives_and_the_digit_hardly(found):
    rows, n = found["rows"], found["n"]
    for name in ("D", "↑F", "SRl", "SRh", REAL_WHOLE):
        assert mean(rows[name]["colour"]) > 0.9
    for name in ("D", "↑F", "SRl", "SRh"):
        assert mean(rows[name]["digit"]) < 0.34 and with_interval("digit", rows[name]["digit"])[1] > 0.1
    for real, drawn in ((REAL_D, "D"), (REAL_WHOLE, "SRh")):
        low, high = difference(found, real, drawn, "digit")
        assert low < 0 < high
    p, real = (sum(found[of]["digit"]) for of in ("P", "a real picture"))
    assert p <= real <= p + 2 and real < n / 2
    assert mean(found["P"]["colour"]) == mean(found["a real picture"]["colour"]) == 1
    assert mean(rows["real clips, 12 × 12"]["digit"]) > 0.8  # so small, it could be read


def test_the_direction_is_told_by_a_real_picture_s_place_alone(found):
    for name in ("D", "↑F", "SRl", "SRh"):
        _, low, high = with_interval("direction", found["rows"][name]["direction"])
        assert low < 0.25 < high
    for told in (
        found["rows"][REAL_D]["direction"],
        found["rows"][REAL_WHOLE]["direction"],
        found["direction by place"],
    ):
        assert with_interval("direction", told)[1] > 0.25
    assert told_by_place(40) == told_by_place(40) and mean(told_by_place(40)) > 0.3


def test_the_whole_is_surely_sharper_than_interpolation_and_less_sharp_than_real_clips(found):
    twice, small = "bicubic in the place of both SR", "real clips, 12 × 12"
    assert difference(found, "SRh", twice, "sharp")[0] > 0 > difference(found, "SRh", "real clips", "sharp")[1]
    low, high = difference(found, "↑F", small, "sharp")
    assert low < 0 < high and difference(found, "D", small, "sharp")[0] > 0
    assert difference(found, "D", small, "alike")[1] < 0 and difference(found, "↑F", "D", "alike")[1] < 0
    assert difference(found, "SRh", twice, "alike")[1] < 0


def test_every_stage_stands_in_the_table_and_is_shown(found):
    assert pipeline_table(found).count("\n") == 2 + len(ROWS)
    shown = shown_stages(found)
    assert [clip.shape[3] for clip in shown.values()] == [24, 12, 12, 24, 48]
    assert [clip.shape[2] for clip in shown.values()] == [1, 5, 9, 9, 9]
    assert len({clip.shape for clip in as_large(shown).values()}) == 1

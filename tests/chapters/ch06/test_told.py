"""The measurement of the image-to-clip model: what is asked, what is measured, and what the chapter says of it."""

from statistics import mean

import pytest
import torch

from minivid.chapters.ch06.clips import WORLD
from minivid.chapters.ch06.experiments.told import (
    ASKED,
    GUIDED,
    LONG,
    TRAINING,
    animated,
    of_the_clips,
    pictures,
    told_table,
    trained,
    wanted,
)
from minivid.course import receipt
from minivid.metrics.distribution import mean_interval
from minivid.train import TrainConfig


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One that was trained for two steps: enough to ask it."""
    return trained(str(tmp_path_factory.mktemp("told")), TrainConfig(steps=2, batch=2, warmup=1))


@pytest.fixture(scope="module")
def found():
    return receipt("06_svd")


def test_what_is_asked_for_in_pixels_is_what_such_clips_do():
    for what, (fps, bucket) in ASKED.items():
        assert wanted(what) == pytest.approx(bucket / 10 * 8 / fps)
    assert min(LONG.slowly) * 10 <= min(bucket for _, bucket in ASKED.values())


def test_of_a_real_clip_the_first_frame_is_the_picture_and_the_step_its_speed():
    clips = LONG.sample(8, 3)
    of = of_the_clips(clips.video[:, :, : WORLD.frames], clips.video[:, :, 0])
    assert max(of["first frame"]) == 0 and min(of["alike"]) > 0.8
    assert of["step"] == pytest.approx(clips.velocity[:, 0, 0].norm(dim=-1).tolist(), abs=0.2)


def test_the_same_picture_and_seed_give_the_same_clip_whatever_the_guidance_begins_with(model):
    first = pictures(1, 0)
    one, two = (animated(model, first, 8, 10, scales, seed=1, steps=2) for scales in (GUIDED["1 to 3"], (1.0, 3.0)))
    assert torch.equal(one, two) and one.shape == (1, *model.shape)


def test_unguided_is_guidance_of_scale_one(model):
    first = pictures(1, 0)
    plain = animated(model, first, 8, 10, GUIDED["not guided"], steps=2)
    torch.testing.assert_close(plain, animated(model, first, 8, 10, (1.0, 1.0 + 1e-7), steps=2), atol=1e-4, rtol=1e-4)


def test_the_receipt_is_of_the_training_that_stands_here(found):
    assert found["steps"] == TRAINING.steps and list(found["asked"]) == sorted(ASKED)
    assert all(len(of["step"]) == found["n"] for of in (*found["asked"].values(), *found["guided"].values()))


def test_what_the_chapter_says_of_the_receipt(found):
    """The picture is followed and not copied, the numbers are not heard, and the ramp begins further from the picture than 3 for all."""
    asked, guided = found["asked"], found["guided"]
    assert 0.01 < mean(asked["medium"]["first frame"]) < 0.5 * found["between pictures"]
    for what in ("slow", "medium, half the frames"):
        _, low, high = mean_interval([a - b for a, b in zip(asked["fast"]["step"], asked[what]["step"], strict=True)])
        assert -0.05 < low < high < 0.05
    _, low, _ = mean_interval(
        [a - b for a, b in zip(guided["1 to 3"]["first frame"], guided["3 for all"]["first frame"], strict=True)]
    )
    assert low > 0


def test_the_table_prints_the_receipt(found):
    table = told_table(found)
    assert all(f"{mean(of['step']):.2f} [" in table for of in (*found["asked"].values(), *found["guided"].values()))

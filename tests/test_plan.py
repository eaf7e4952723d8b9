"""Plans: a run is written down before it begins, and read again as what it was."""

import json
from dataclasses import replace

import pytest

from minivid import zoo
from minivid.checkpoint import CheckpointError
from minivid.data import World
from minivid.nn import UNetConfig
from minivid.plan import Plan
from minivid.train import TrainConfig


@pytest.fixture
def videos():
    """A run on a folder of videos."""
    return Plan(
        "birds", UNetConfig(channels=3), TrainConfig(steps=7), clip=(3, 16, 32, 48), folder="/films/birds", fps=8
    )


@pytest.mark.parametrize("name", zoo.RECIPES)
def test_a_recipes_plan_is_read_as_it_was_written(name, tmp_path):
    plan = zoo.plan(name)
    plan.write(tmp_path)
    assert Plan.read(tmp_path) == plan
    assert Plan.of(json.loads(json.dumps(plan.described()))) == plan


def test_a_folders_plan_is_read_as_it_was_written(videos, tmp_path):
    videos.write(tmp_path / "run")
    assert Plan.read(tmp_path / "run") == videos
    assert Plan.read(tmp_path) is None


def test_the_manifest_does_not_tell_where_the_videos_lie(videos):
    assert videos.manifest()["folder"] == "birds" and "/films" not in json.dumps(videos.manifest())


def test_worlds_of_any_kind_survive_the_writing():
    world = World(size=(20, 24), colour=True, classes=(1, 2, 3), directions=("up", "up-left"), slowly=(0.1, 0.2))
    plan = Plan("odd", UNetConfig(channels=3), TrainConfig(), (3, 8, 20, 24), (world, replace(world, gravity=0.1)))
    assert Plan.of(json.loads(json.dumps(plan.described()))).worlds == plan.worlds


def test_differences_are_named(videos):
    assert videos.differences(videos) == []
    other = replace(videos, fps=12, training=replace(videos.training, steps=9, lr=0.1))
    assert videos.differences(other) == ["fps", "lr", "steps"]


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        ((3, 16, 30, 32), "30×32 cannot be halved .* multiples of 4, such as 28 or 32"),
        ((3, 16, 2, 32), "such as 4"),
        ((3, 0, 32, 32), "0 frames"),
        ((3, 16, -32, 32), "holds nothing"),
        ((1, 16, 32, 32), "3 channels"),
    ],
)
def test_clips_that_the_network_cannot_take_are_refused(videos, clip, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(videos, clip=clip)


@pytest.mark.parametrize("content", ["{ half a pl", "[]", "{}", '{"training": {"objective": "w"}}'])
def test_a_plan_that_cannot_be_read_is_a_sentence(content, tmp_path):
    Plan.file(tmp_path).write_text(content)
    with pytest.raises(CheckpointError, match="no plan of a run"):
        Plan.read(tmp_path)


def test_an_option_of_another_version_is_named(videos, tmp_path):
    values = videos.described()
    values["unet"]["colour_of_the_box"] = "grey"
    Plan.file(tmp_path).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="UNetConfig has no option 'colour_of_the_box'"):
        Plan.read(tmp_path)


def test_a_full_disk_is_a_sentence(videos, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        videos.write(tmp_path)
    assert list(tmp_path.iterdir()) == []

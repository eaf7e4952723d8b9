"""Runs: written down before they begin, and read again as what they were, those of an earlier version too."""

import json
from dataclasses import replace

import pytest

from minivid import judges, zoo
from minivid.checkpoint import CheckpointError
from minivid.data import World
from minivid.diffusion import Denoising, Objective
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig

RECIPES = zoo.RECIPES | judges.RECIPES


@pytest.fixture
def videos():
    """A run on a folder of videos."""
    return Run(
        "birds",
        UNetConfig(channels=3),
        Denoising(Objective.FLOW, "rectified"),
        TrainConfig(steps=7),
        clip=(3, 16, 32, 48),
        folder="/films/birds",
        fps=8,
    )


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_read_as_it_was_written(name, tmp_path):
    run = RECIPES[name]
    run.write(tmp_path)
    assert Run.read(tmp_path) == run
    assert Run.of(json.loads(json.dumps(run.described()))) == run


def test_a_run_of_a_folder_is_read_as_it_was_written(videos, tmp_path):
    videos.write(tmp_path / "run")
    assert Run.read(tmp_path / "run") == videos
    assert Run.read(tmp_path) is None


def test_the_manifest_does_not_tell_where_the_videos_lie(videos):
    assert videos.manifest()["folder"] == "birds" and "/films" not in json.dumps(videos.manifest())


def test_worlds_of_any_kind_survive_the_writing():
    world = World(size=(20, 24), colour=True, classes=(1, 2, 3), directions=("up", "up-left"), slowly=(0.1, 0.2))
    run = Run("odd", UNetConfig(channels=3), worlds=(world, replace(world, gravity=0.1)))
    assert run.clip == (3, 8, 20, 24)
    assert Run.of(json.loads(json.dumps(run.described()))).worlds == run.worlds


def test_differences_are_named(videos):
    assert videos.differences(videos) == []
    other = replace(videos, fps=12, loss=Denoising(Objective.V), training=replace(videos.training, steps=9, lr=0.1))
    assert videos.differences(other) == ["fps", "lr", "objective", "schedule", "steps"]


def before(run: Run) -> dict:
    """What the version before wrote of a run, as `plan.json` and in a manifest."""
    now = run.described()
    network, loss = now.pop("network"), now.pop("loss")
    del network["is"], network["temporal"]
    training = {**now["training"], "objective": loss["objective"], "drop_caption": loss["drop_caption"]}
    return {**now, "unet": network, "training": training}


@pytest.mark.parametrize("objective", ["eps", "x", "v"])
def test_a_run_of_before_is_read_with_the_objective_that_its_training_had(objective, tmp_path):
    run = replace(zoo.RECIPES["vdm-small"], loss=Denoising(Objective(objective), "cosine", drop_caption=0.2))
    (tmp_path / "plan.json").write_text(json.dumps(before(run)))
    assert Run.read(tmp_path) == run


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        ((3, 16, 30, 32), "30×32 cannot be halved .* multiples of 4, such as 28 or 32"),
        ((3, 16, 2, 32), "such as 4"),
        ((3, 0, 32, 32), "0 frames"),
        ((3, 16, -32, 32), "holds nothing"),
        ((1, 16, 32, 32), "3 channels"),
        (None, "nothing says what clips birds is of"),
    ],
)
def test_clips_that_the_network_cannot_take_are_refused(videos, clip, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(videos, clip=clip)


@pytest.mark.parametrize("name", ["", "state", "run", "plan", "..", "a/b"])
def test_a_name_that_is_no_files_is_refused_at_the_start(videos, name):
    with pytest.raises(ValueError, match="cannot be called"):
        replace(videos, name=name)


@pytest.mark.parametrize("content", ["{ half a ru", "[]", "{}", '{"unet": {}, "training": {"objective": "w"}}'])
def test_a_file_that_says_no_run_is_a_sentence(content, tmp_path):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(CheckpointError, match="does not say what the run is"):
        Run.read(tmp_path)


def test_an_option_of_another_version_is_named(videos, tmp_path):
    values = videos.described()
    values["network"]["colour_of_the_box"] = "grey"
    (tmp_path / "run.json").write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="UNetConfig has no option 'colour_of_the_box'"):
        Run.read(tmp_path)


def test_a_full_disk_is_a_sentence(videos, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        videos.write(tmp_path)
    assert list(tmp_path.iterdir()) == []

"""Training a super-resolution: what its batches show, that no caption is read, and that its file says how it is sampled."""

from dataclasses import replace

import pytest
import torch

from minivid import zoo
from minivid.adapt.supers import MOST, enlarged, missing, smaller
from minivid.batches import in_turns
from minivid.run import Run
from minivid.train import TrainConfig

RUNS = [zoo.recipe(name) for name in ("super-digits-24", "super-digits-48")]


def test_a_batch_shows_the_clip_at_half_the_size_and_a_level_and_no_caption():
    for run in RUNS:
        (world,) = run.worlds
        lacks, cond = run.batches()(8, (0, 1))
        video = torch.cat([part.video for part in in_turns((world,), 8, (0, 1))])
        assert torch.equal(lacks, missing(video)) and cond.known.shape == video.shape and cond.tokens is None
        level = cond.numbers[:, 0]
        assert 0 <= level.min() < level.max() <= MOST
        kept = (1 - level**2).sqrt()[:, None, None, None, None] * enlarged(smaller(video))
        added = (cond.known - kept).flatten(1).std(1)
        torch.testing.assert_close(added, level, atol=0.02, rtol=0.02)


def test_the_run_is_found_again_in_its_manifest():
    for run in RUNS:
        assert Run.of(run.manifest()) == run


def test_what_is_trained_is_loaded_by_its_file(tmp_path):
    run = replace(RUNS[1], training=TrainConfig(steps=1, batch=1, warmup=1))
    training = run.start()
    list(training.steps(progress=False))
    model = zoo.load_file(zoo.publish(run, training, tmp_path))
    assert model.run == run and model.shape == (3, 1, 48, 48)


def test_asked_for_clips_of_its_own_it_says_what_it_is_for():
    with pytest.raises(ValueError, match="enlarges clips and draws none of its own"):
        zoo.draw(zoo.load("super-digits-48"), None, 1)

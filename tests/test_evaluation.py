"""The course's models before the course's judges."""

from dataclasses import replace

import pytest
import torch

from minivid import evaluation, zoo
from minivid.data import World
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig


def test_i3d_joins_in_where_the_environment_names_it(monkeypatch):
    assert not evaluation.jury().more
    monkeypatch.setenv("MINIVID_I3D", "/nowhere/i3d.pt")
    with pytest.raises(FileNotFoundError, match=r"there is no file /nowhere/i3d\.pt"):
        evaluation.jury()


def test_real_clips_are_of_the_world_and_named_after_it():
    world = zoo.RECIPES["vdm-small"].worlds[0]
    clips = evaluation.real(world, 3)
    assert clips.video.shape == (3, 1, 8, 16, 16) and len(clips.caption) == 3
    assert clips.name == "the simulator (one digit, 8 frames of 16×16)"


def test_what_is_sampled_says_how():
    model = zoo.load("vdm-small")
    clips = evaluation.sampled(model, 2, seed=4, steps=1)
    assert clips.video.shape == (2, *model.shape) and clips.caption == model.world.sample(2, (4, 0)).caption
    again = zoo.draw(model, clips.caption, 2, seed=4, steps=1, eta=zoo.ETA)
    assert torch.equal(clips.video, again)
    assert (
        clips.made
        == f"vdm-small: DDIM with eta 1, 1 step, guidance 3, seed 4, weights {model.manifest['sha256'][:12]}."
    )


def test_what_a_model_learnt_from_is_made_again():
    """The clips of a run's last steps, as its training drew them; short clips are none of them."""
    drawn = []
    training = TrainConfig(steps=3, batch=2, warmup=1)
    tiny = Run("tiny", UNetConfig(widths=(8, 16), vocabulary=34), training=training, worlds=(World(),))
    run = tiny.start()
    draw = run.data
    run.data = lambda n, key: (drawn.append(draw(n, key)), drawn[-1])[1]
    list(run.steps(progress=False))
    model = zoo.Model(tiny, run.ema, {"sha256": "0" * 64})
    learnt = evaluation.learnt_from(model, 4)
    assert torch.equal(learnt, torch.cat([drawn[2][0], drawn[1][0]]))

    def short(growth):
        return replace(model, run=replace(tiny, training=replace(training, growth=growth)))

    assert torch.equal(evaluation.learnt_from(short(((0.6, 4),)), 4), drawn[2][0])  # steps 0 and 1 were short
    assert evaluation.learnt_from(short(((1.0, 2),)), 4) is None
    assert evaluation.learnt_from(zoo.Model(tiny, run.ema), 4) is None

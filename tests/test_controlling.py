"""Training a ControlNet: it begins as its image model, is trained alone, and its file holds nothing else."""

from dataclasses import replace

import pytest
import torch

from minivid import checkpoint, zoo
from minivid.adapt.controlnet import Controlled
from minivid.checkpoint import CheckpointError
from minivid.controlling import Controlling, base_of
from minivid.diffusion.objective import Objective
from minivid.run import Run
from minivid.train import Step, TrainConfig

RUN = zoo.recipe("control-digits")
SHORT = replace(RUN, training=TrainConfig(steps=2, batch=4, warmup=1))


def test_its_first_loss_is_the_image_models():
    training = SHORT.start()
    step = Step(0, 0)
    x, cond = training.data(4, step.key)
    mine = SHORT.loss(training.model, (x, cond), step)
    base = SHORT.loss.denoising()(base_of(SHORT.loss), (x, replace(cond, control=None)), step)
    assert torch.equal(mine, base)


def test_a_batch_shows_each_clip_in_one_kind_of_control():
    x, cond = SHORT.loss.batches(*RUN.worlds)(64, (0, 1))
    shown = cond.control.flatten(2).any(2)
    assert x.shape == (64, 3, 1, 24, 24) and cond.control.shape == (64, 2, 1, 24, 24)
    assert (shown.sum(1) == 1).all() and shown.any(0).all()
    again = SHORT.loss.batches(*RUN.worlds)(64, (0, 1))[1]
    assert torch.equal(cond.control, again.control)


def test_what_is_published_is_the_control_net_and_what_is_loaded_has_its_image_model(tmp_path):
    training = SHORT.start()
    list(training.steps(progress=False))
    path = zoo.publish(SHORT, training, tmp_path)
    tensors, manifest = checkpoint.read(path)
    assert tensors.keys() == training.ema.state_dict().keys()
    assert (manifest["loss"]["base"], manifest["loss"]["sha256"]) == (zoo.BASE["base"], zoo.BASE["sha256"])
    model = zoo.load("control-digits", tmp_path)
    assert isinstance(model.network, Controlled) and model.run == replace(SHORT)
    captions = ["a red 3 moves up", "a green 0 moves left"]
    image = zoo.load("image-digits")
    assert torch.equal(model.sample(captions, steps=2), image.sample(captions, steps=2))


def test_the_image_model_does_not_change():
    before = {name: weight.clone() for name, weight in checkpoint.weights_of(base_of(SHORT.loss)).items()}
    list(SHORT.start().steps(progress=False))
    after = checkpoint.weights_of(base_of(SHORT.loss))
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


def test_a_base_that_is_none_is_refused_in_a_sentence():
    with pytest.raises(CheckpointError, match="stands on nobody, whose weights are not here"):
        base_of(Controlling("nobody"))
    with pytest.raises(
        CheckpointError, match="does not say on which image-digits it stands: the one here has sha256 7312"
    ):
        base_of(Controlling("image-digits"))
    with pytest.raises(CheckpointError, match="does not say what network the base is: train vdm-small again"):
        base_of(Controlling("vdm-small", zoo.load("vdm-small").manifest["sha256"]))
    with pytest.raises(ValueError, match="without time"):
        base_of(Controlling("motion-digits", zoo.load("motion-digits").manifest["sha256"]))
    with pytest.raises(ValueError, match="was trained on"):
        base_of(replace(RUN.loss, objective=Objective.X))
    with pytest.raises(ValueError, match="drop_caption"):
        replace(RUN.loss, drop_caption=2.0)
    other = replace(RUN.network, widths=(48, 64))
    with pytest.raises(CheckpointError, match="another configuration"):
        Run("other", other, RUN.loss, worlds=RUN.worlds).start()


def test_the_shipped_one_is_small_whole_and_has_learnt():
    """On handwriting that it never saw the control lowers the loss; with the controls exchanged it raises it."""
    path = zoo.WEIGHTS / "control-digits.safetensors"
    assert path.stat().st_size < 1_000_000
    model = zoo.load("control-digits")
    assert model.manifest["steps"] == model.run.training.steps == RUN.training.steps and model.run == RUN
    loss = replace(RUN.loss, drop_caption=0.0)
    x, cond = loss.batches(replace(RUN.worlds[0], split="heldout"))(48, (3, 0))
    with torch.no_grad():
        told, alone, fooled = (
            loss.denoising()(model.network, (x, replace(cond, control=control)), Step(0, 0)).item()
            for control in (cond.control, None, cond.control.roll(1, 0))
        )
    assert told < 0.8 * alone < alone < fooled

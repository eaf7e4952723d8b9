"""Adapters that stand on a model of the zoo: their files hold what was trained, and on another base they are refused."""

import shutil
from dataclasses import replace

import pytest
import torch

from minivid import checkpoint, zoo
from minivid.adapt import inflated, merged
from minivid.adapt.base import all_weights, base_model
from minivid.checkpoint import CheckpointError, read, weights_of, write

ADAPTERS = ("image-digits-neon", "motion-digits")


def few_steps(name, out=None):
    run = zoo.recipe(name)
    return replace(run, training=replace(run.training.shortened(2), batch=1)).start(out)


@pytest.mark.parametrize("name", ADAPTERS)
def test_it_begins_as_its_base_and_draws_no_other_random_number_for_it(name):
    network = few_steps(name).model
    base = dict(zoo.load("image-digits").network.named_parameters())
    own = dict(network.named_parameters())
    place = [
        part for part in base if part.endswith("place.linear.weight")
    ]  # where a picture is told its frame's number
    assert all(torch.equal(own[part], weight) for part, weight in base.items() if part not in place)
    assert not any(weight.requires_grad for part, weight in own.items() if part in base)


def test_the_motion_module_of_the_zoo_begins_as_an_inflated_image_model():
    image = zoo.load("image-digits").network
    torch.manual_seed(0)
    mine = inflated(image, zoo.recipe("motion-digits").network.method)
    for (name, weight), other in zip(
        mine.named_parameters(), few_steps("motion-digits").model.parameters(), strict=True
    ):
        assert torch.equal(weight, other) and weight.requires_grad == other.requires_grad, name


@pytest.mark.parametrize("name", ADAPTERS)
def test_its_file_holds_what_was_trained_and_loads_whole(name, tmp_path):
    training = few_steps(name)
    list(training.steps(progress=False))
    path = zoo.publish(zoo.recipe(name), training, tmp_path)
    tensors, _ = read(path)
    assert tensors.keys() == {part for part, weight in training.model.named_parameters() if weight.requires_grad}
    loaded, moved = zoo.load(name, tmp_path).network, 0
    for (part, now), mine, then in zip(
        training.ema.named_parameters(), loaded.parameters(), few_steps(name).model.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, now.half().float() if part in tensors else now, atol=0, rtol=0)
        moved += not torch.equal(now, then)
    assert 0 < moved <= len(tensors)


@pytest.mark.parametrize("name", ADAPTERS)
def test_it_is_taken_up_where_it_was_left(name, tmp_path):
    whole, cut = few_steps(name), few_steps(name, tmp_path)
    list(whole.steps(progress=False))
    next(cut.steps(progress=False))
    cut.save()
    again = few_steps(name, tmp_path).resume()
    list(again.steps(progress=False))
    for (part, weight), other in zip(whole.ema.named_parameters(), again.ema.parameters(), strict=True):
        assert torch.equal(weight, other), part


def test_merged_it_is_a_plain_image_model_with_the_base_in_it():
    network = merged(few_steps("image-digits-neon").model)
    base = weights_of(zoo.load("image-digits").network)
    assert weights_of(network).keys() == base.keys()
    assert all(torch.equal(weight, base[name]) for name, weight in weights_of(network).items())


def test_on_other_weights_or_none_it_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"stands on image-digits with sha256 beef…, and here it has .*train the adapter again"
    ):
        base_model("image-digits", "beef")
    with pytest.raises(CheckpointError, match=r"weights are not here: `minivid train image-digits --keep`"):
        base_model("image-digits", "7312", tmp_path)
    with pytest.raises(CheckpointError, match="does not say on which image-digits it stands"):
        base_model("image-digits", "")


@pytest.mark.parametrize("name", [*ADAPTERS, "control-digits"])
def test_when_the_base_is_trained_again_what_stands_on_it_is_refused(name, tmp_path, monkeypatch):
    for file in (name, "image-digits"):
        shutil.copy(zoo.WEIGHTS / f"{file}.safetensors", tmp_path)
    monkeypatch.setattr(checkpoint, "WEIGHTS", tmp_path)
    zoo.load(name, tmp_path)
    tensors, manifest = read(tmp_path / "image-digits.safetensors")
    tensors["null_word"] = tensors["null_word"] + 1
    write(tmp_path / "image-digits.safetensors", tensors, manifest)
    with pytest.raises(CheckpointError, match=r"stands on image-digits with sha256 7312.*train the adapter again"):
        zoo.load(name, tmp_path)
    (tmp_path / "image-digits.safetensors").unlink()
    with pytest.raises(CheckpointError, match="stands on image-digits, whose weights are not here"):
        zoo.load(name, tmp_path)


def test_all_weights_are_the_base_s_too():
    network = zoo.load("motion-digits").network
    own, found = weights_of(network), all_weights(network)
    assert own.keys() < found.keys() and all(torch.equal(found[part], weight) for part, weight in own.items())
    assert found.keys() > weights_of(zoo.load("image-digits").network).keys()

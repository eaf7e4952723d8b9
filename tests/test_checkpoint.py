"""Checkpoints: whole or not at all, and every damage is named."""

import json
import os

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from minivid import checkpoint
from minivid.checkpoint import CheckpointError

TENSORS = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2, dtype=torch.float16)}


@pytest.fixture
def path(tmp_path):
    checkpoint.write(tmp_path / "model.safetensors", TENSORS, {"steps": 3})
    return tmp_path / "model.safetensors"


def test_what_is_written_is_read(path):
    tensors, manifest = checkpoint.read(path)
    assert manifest["steps"] == 3 and manifest == json.loads(checkpoint.manifest_path(path).read_text())
    assert all(
        torch.equal(tensors[name], TENSORS[name]) and tensors[name].dtype == TENSORS[name].dtype for name in TENSORS
    )


def test_no_temporary_file_stays(path):
    assert sorted(file.name for file in path.parent.iterdir()) == ["model.json", "model.safetensors"]


def test_a_failed_write_leaves_the_old_checkpoint(path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        checkpoint.write(path, {"weight": torch.ones(1)}, {"steps": 4})
    assert checkpoint.read(path)[1]["steps"] == 3
    assert sorted(file.name for file in path.parent.iterdir()) == ["model.json", "model.safetensors"]


def test_a_process_killed_between_file_and_copy_leaves_a_readable_checkpoint(path, monkeypatch):
    """The JSON beside it may be a save behind; the file is whole."""
    written = []

    def dies_after_the_first(target, content):
        if written:
            raise KeyboardInterrupt
        written.append(target)
        original(target, content)

    original = checkpoint.write_atomically
    monkeypatch.setattr(checkpoint, "write_atomically", dies_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write(path, {"weight": torch.ones(1)}, {"steps": 4})
    tensors, manifest = checkpoint.read(path)
    assert manifest["steps"] == 4 and torch.equal(tensors["weight"], torch.ones(1))


@pytest.mark.parametrize("cut", [1, 100])
def test_a_truncated_file_is_a_sentence(path, cut):
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(CheckpointError, match="cut short"):
        checkpoint.read(path)


def test_an_altered_number_is_found_by_the_hash(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="altered"):
        checkpoint.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*gone"):
        checkpoint.read(tmp_path / "gone.safetensors")


def test_a_foreign_safetensors_file_is_a_sentence(tmp_path):
    save_file(TENSORS, tmp_path / "theirs.safetensors")
    with pytest.raises(CheckpointError, match="no manifest"):
        checkpoint.read(tmp_path / "theirs.safetensors")


def test_a_file_of_another_kind_is_a_sentence(tmp_path):
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(CheckpointError, match="no whole safetensors"):
        checkpoint.read(tmp_path / "text.safetensors")


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"weight": torch.zeros(2, 3)}, "no weight 'bias'"),
        ({"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}, r"'weight' is \(2, 4\)"),
        ({"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "gate": torch.zeros(1)}, "a weight 'gate'"),
    ],
)
def test_foreign_weights_are_named(tensors, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        checkpoint.load_into(nn.Linear(3, 2), tensors)


@pytest.mark.parametrize("manifest", ["", "{ half", "[1, 2]", "3"])
def test_a_manifest_that_is_no_json_object_is_a_sentence(tmp_path, manifest):
    save_file(TENSORS, tmp_path / "odd.safetensors", {checkpoint.KEY: manifest})
    with pytest.raises(CheckpointError, match="no JSON object"):
        checkpoint.read(tmp_path / "odd.safetensors")

"""A model of the zoo that an adapter stands on, and whose weights its own file leaves out (chapter 6; tests/adapt/test_base.py)."""

from pathlib import Path

import torch
from torch import nn

from minivid import checkpoint
from minivid.checkpoint import CheckpointError
from minivid.nn.unet import UNet
from minivid.tools.options import restored_as_named


def base_model(name: str, sha256: str, folder: Path | None = None) -> UNet:
    """The network of that name in the zoo, which the adapter was trained on; torch's global generator is left as it was.

    Raises CheckpointError where it is not here, and where its weights are no longer those: on others an adapter is worth nothing.
    """
    path = (folder or checkpoint.WEIGHTS) / f"{name}.safetensors"
    if not path.is_file():
        raise CheckpointError(
            f"the adapter stands on {name}, whose weights are not here: `minivid train {name} --keep`."
        )
    tensors, manifest = checkpoint.read(path)
    if not sha256 or not manifest["sha256"].startswith(sha256):
        raise CheckpointError(
            f"the adapter stands on {name} with sha256 {sha256}…, and here it has {manifest['sha256'][:12]}…: train the adapter again."
        )
    with torch.random.fork_rng(devices=[]):
        network = restored_as_named(manifest["network"]).build()
    checkpoint.load_into(network, tensors, path.name)
    return network


def without_base(network: nn.Module) -> nn.Module:
    """The network itself; from now on its state, and so its file, holds what its configuration `trains`, and nothing of the base."""
    network.register_state_dict_post_hook(_trained_alone)
    return network


def _trained_alone(network: nn.Module, state: dict, prefix: str, _) -> None:
    for name in [name for name in state if not network.config.trains(name.removeprefix(prefix))]:
        del state[name]

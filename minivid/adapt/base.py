"""A model of the zoo that an adapter stands on, and whose weights its own file leaves out (chapters 6 and 7; tests/adapt/test_base.py).

Who stands on a base names it and its weights, `base` and `sha256`: on other weights an adapter is worth nothing.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from minivid import checkpoint
from minivid.checkpoint import CheckpointError
from minivid.nn.unet import UNet
from minivid.tools.options import restored_as_named


def base_model(name: str, sha256: str, folder: Path | None = None) -> UNet:
    """The network of that name in the zoo, which the adapter was trained on; torch's global generator is left as it was.

    Raises CheckpointError where it is not here, and where its weights are no longer those.
    """
    return base_and_manifest(name, sha256, folder)[0]


def base_and_manifest(name: str, sha256: str, folder: Path | None = None) -> tuple[UNet, dict]:
    """`base_model`, and what its file says of it."""
    path = base_file(name, folder)
    tensors, manifest = checkpoint.read(path)
    here = manifest["sha256"][:12]
    if not sha256:
        raise CheckpointError(f"the adapter does not say on which {name} it stands: the one here has sha256 {here}….")
    if not manifest["sha256"].startswith(sha256):
        raise CheckpointError(
            f"the adapter stands on {name} with sha256 {sha256}…, and here it has {here}…: train the adapter again."
        )
    if "network" not in manifest:
        raise CheckpointError(f"the manifest in {path} does not say what network the base is: train {name} again.")
    with torch.random.fork_rng(devices=[]):
        network = restored_as_named(manifest["network"]).build()
    checkpoint.load_into(network, tensors, path.name)
    return network, manifest


def base_file(name: str, folder: Path | None = None) -> Path:
    """Where its weights are. Raises CheckpointError where they are not."""
    path = (folder or checkpoint.WEIGHTS) / f"{name}.safetensors"
    if not path.is_file():
        raise CheckpointError(
            f"the adapter stands on {name}, whose weights are not here: `minivid train {name} --keep`."
        )
    return path


def without_base(network: nn.Module) -> nn.Module:
    """The network itself; from now on its state, and so its file, holds what its configuration `trains`, and nothing of the base."""
    network.register_state_dict_post_hook(_trained_alone)
    return network


def all_weights(network: nn.Module) -> dict[str, Tensor]:
    """Its weights and buffers by name, also those of a base, which its own file leaves out."""
    return {name: weight.detach() for name, weight in (*network.named_parameters(), *network.named_buffers())}


def _trained_alone(network: nn.Module, state: dict, prefix: str, _) -> None:
    for name in [name for name in state if not network.config.trains(name.removeprefix(prefix))]:
        del state[name]

"""Checkpoints: safetensors that carry their manifest, written whole or not at all (tests/test_checkpoint.py).

The manifest (configuration, seed, steps, hardware, versions, a hash of the tensors) is part of the file, so that a process killed at
any moment leaves the old pair or the new one and never a mixture. A copy stands beside it as JSON, for people. No pickle: a file from
a stranger can hold wrong numbers, never code.
"""

import hashlib
import json
import tempfile
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from minivid.tools.files import write_atomically

KEY = "manifest"  # in the header of the safetensors file
WEIGHTS = Path(__file__).parent / "weights"
"""Where the course's own models stand."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says which, why, and what to do."""


def manifest_path(path: Path) -> Path:
    """The manifest's copy: `name.safetensors` has `name.json` beside it."""
    return path.with_suffix(".json")


def write(path: Path | str, tensors: dict[str, Tensor], manifest: dict) -> dict:
    """Write tensors with their manifest; returns the manifest as written, with the tensors' sha256.

    The file goes to a temporary name, reaches the disk, and is renamed. Raises CheckpointError when the folder or the disk does not let it.
    """
    path = Path(path)
    # copies, since the format holds no tensor twice and some may share memory
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    manifest = {**manifest, "sha256": digest(tensors)}
    payload = save(tensors, {KEY: json.dumps(manifest, ensure_ascii=False)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, payload)
        write_atomically(manifest_path(path), (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise CheckpointError(
            f"{path} could not be written ({error.strerror}). Free some space or choose another folder."
        ) from error
    return manifest


def read(path: Path | str) -> tuple[dict[str, Tensor], dict]:
    """(tensors, manifest), after the tensors' hash was compared with the manifest's. Raises CheckpointError."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint {path}: expected a .safetensors file.")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, the file is no dict
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is no whole safetensors file ({error}): it was cut short or is something else. Copy or train it again."
        ) from error
    if KEY not in header:
        raise CheckpointError(f"{path} carries no manifest: it is a safetensors file, but none of this course's.")
    try:
        manifest = dict(json.loads(header[KEY]))
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"the manifest in {path} is no JSON object ({error}): none of this course's.") from error
    found = digest(tensors)
    if found != manifest.get("sha256"):
        raise CheckpointError(
            f"the tensors of {path} have sha256 {found[:12]}…, its manifest says {str(manifest.get('sha256'))[:12]}…: the file was altered. "
            "Copy or train it again."
        )
    return tensors, manifest


def digest(tensors: dict[str, Tensor]) -> str:
    """sha256 over names, types, shapes and bytes, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """Its weights and buffers by name; a weight with several names (tied) is there once, under the first.

    Raises CheckpointError for a state that is no tensor.
    """
    found: dict[str, Tensor] = {}
    known = set()
    for name, weight in module.state_dict(keep_vars=True).items():
        if not isinstance(weight, Tensor):
            raise CheckpointError(
                f"'{name}' of {type(module).__name__} is no tensor: a file of weights holds nothing else."
            )
        if id(weight) not in known:
            known.add(id(weight))
            found[name] = weight.detach()
    return found


def load_into(module: nn.Module, tensors: dict[str, Tensor], source: str = "the checkpoint") -> None:
    """Copy tensors into a module's weights; the first missing, foreign or misshapen one is named in a CheckpointError.

    Of a tied weight its first name is enough.
    """
    own, names = weights_of(module), module.state_dict().keys()
    for name, weight in own.items():
        if name not in tensors:
            raise CheckpointError(
                f"{source} has no weight '{name}', which {type(module).__name__} needs: it was made for another model."
            )
        if tensors[name].shape != weight.shape:
            raise CheckpointError(
                f"{source}: '{name}' is {tuple(tensors[name].shape)}, but {type(module).__name__} needs {tuple(weight.shape)}: "
                "it was made with another configuration."
            )
    for name in tensors:
        if name not in names:
            raise CheckpointError(
                f"{source} has a weight '{name}' that {type(module).__name__} does not know: it was made for another model."
            )
    module.load_state_dict({name: tensors[name].to(weight.dtype) for name, weight in own.items()}, strict=False)


def check_can_write(path: Path, tensors: dict[str, Tensor]) -> None:
    """Raise CheckpointError, in a sentence, where `write` would: a folder that takes no file, numbers that the format does not know."""
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_complex() or tensor.is_quantized:
            raise CheckpointError(
                f"'{name}' ({tensor.dtype}, {tensor.layout}) cannot be saved: expected dense real numbers."
            )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise CheckpointError(
            f"{path} could not be written ({error.strerror}). Free some space or choose another folder."
        ) from error

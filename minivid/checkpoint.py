"""Checkpoints: safetensors with a JSON manifest beside the tensors, written whole or not at all (tests/test_checkpoint.py).

No pickle: a file from a stranger can hold wrong numbers, never code.
"""

import hashlib
import json
import os
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

MANIFEST_SUFFIX = ".json"


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says which, why, and what to do."""


def manifest_path(path: Path) -> Path:
    """The manifest that belongs to a checkpoint: `name.safetensors` has `name.json` beside it."""
    return path.with_suffix(MANIFEST_SUFFIX)


def write(path: Path | str, tensors: dict[str, Tensor], manifest: dict) -> dict:
    """Write tensors and their manifest; returns the manifest as written, with the file's sha256 and size in bytes.

    Each file goes to a temporary name, reaches the disk, and is renamed: whenever the process is killed, what was there before or
    what is new stands there, never half of it. Raises CheckpointError when the folder or the disk does not let it.
    """
    path = Path(path)
    payload = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    manifest = {**manifest, "sha256": hashlib.sha256(payload).hexdigest(), "bytes": len(payload)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # manifest last: a checkpoint counts as written when its manifest names its hash
        write_atomically(path, payload)
        write_atomically(manifest_path(path), (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise CheckpointError(
            f"{path} could not be written ({error.strerror}). Free some space or choose another folder."
        ) from error
    return manifest


def read(path: Path | str) -> tuple[dict[str, Tensor], dict]:
    """(tensors, manifest), after the file's hash was compared with the manifest's. Raises CheckpointError."""
    path = Path(path)
    for file in (path, manifest_path(path)):
        if not file.is_file():
            raise CheckpointError(
                f"{file} is not there; a checkpoint is a .safetensors file with its .json manifest beside it."
            )
    try:
        manifest = json.loads(manifest_path(path).read_text())
    except json.JSONDecodeError as error:
        raise CheckpointError(
            f"{manifest_path(path)} is no JSON (line {error.lineno}); take the manifest that came with the file."
        ) from error
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != manifest.get("sha256"):
        raise CheckpointError(
            f"{path} has sha256 {found[:12]}…, its manifest says {str(manifest.get('sha256'))[:12]}…: the file is cut short or another one. "
            "Copy or train it again."
        )
    try:
        return load_file(path), manifest
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file ({error}).") from error


def load_into(module: nn.Module, tensors: dict[str, Tensor], source: str = "the checkpoint") -> None:
    """Copy tensors into a module's weights; the first missing, foreign or misshapen one is named in a CheckpointError."""
    own = module.state_dict()
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
        if name not in own:
            raise CheckpointError(
                f"{source} has a weight '{name}' that {type(module).__name__} does not know: it was made for another model."
            )
    module.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in tensors.items()})


def write_atomically(path: Path, content: bytes) -> None:
    """The whole content or, after a crash or on a full disk, the file that was there before. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

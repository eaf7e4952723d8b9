"""Receipts: what a command measured, with all that is needed to measure it again.

No measured number stands in a chapter's prose. A command measures, `write_receipt` leaves a JSON manifest in the chapter's
`receipts/` ("03_guidance" is chapter 03's), and the notebook prints from `receipt(name)`.
"""

import json
import math
import os
import platform
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from minivid.course import listing
from minivid.tools.files import write_atomically

PACKAGES = ("minivid", "torch", "numpy")
LINE = 100  # letters that a laptop's page shows without a break


class ReceiptError(LookupError):
    """A receipt that is missing or cannot be read. The message says what to do."""


@dataclass(frozen=True)
class Receipt:
    """A measurement's manifest. `values` is what was measured; `receipt["accuracy"]` reads one of them."""

    name: str
    values: dict[str, Any]
    seeds: list[int]
    minutes: float
    command: str
    hardware: dict[str, Any]
    versions: dict[str, str]

    def __getitem__(self, key: str) -> Any:
        if key not in self.values:
            raise ReceiptError(f"Receipt {self.name!r} has no value {key!r}; it has {', '.join(sorted(self.values))}.")
        return self.values[key]

    def __str__(self) -> str:
        """The provenance in one sentence, to stand under a table or figure."""
        threads = self.hardware["threads"]
        machine = self.hardware.get("gpu") or f"{threads} thread{'s' if threads != 1 else ''} of {self.hardware['cpu']}"
        seeds = f"seed{'s' if len(self.seeds) != 1 else ''} {', '.join(map(str, self.seeds))}"
        return textwrap.fill(f"Measured by `{self.command}` in {self.minutes:.3g} minutes on {machine}, {seeds}.", LINE)


def folder_of(name: str) -> Path:
    """Where the receipt "03_guidance" lies: with the chapter whose number it begins with. Raises ReceiptError when there is none."""
    folders = listing.folders()
    if name[:2] not in folders:
        raise ReceiptError(f"{name!r} begins with no chapter's number; a receipt's name does, as {max(folders)}_speed.")
    return folders[name[:2]] / "receipts"


def receipt(name: str, folder: Path | None = None) -> Receipt:
    """The receipt of that name, from its chapter or from another folder.

    Raises ReceiptError, with a sentence, when it is missing or not readable.
    """
    folder = folder or folder_of(name)
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(other.stem for other in folder.glob("*.json"))) or "none yet"
        raise ReceiptError(
            f"There is no receipt {name!r} (there are: {known}). Run the command that measures it first."
        )
    try:
        return Receipt(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ReceiptError(
            f"Receipt {name!r} cannot be read ({error}). Run the command that measures it again."
        ) from None


def write_receipt(
    name: str,
    values: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    minutes: float,
    command: str | None = None,
    folder: Path | None = None,
) -> Path:
    """Leave the manifest of a measurement and return its path. Tensors and arrays become lists; nan and inf are refused.

    command: how to run it again; by default the one that is running, with the program's bare name. folder: by default its chapter's.
    """
    folder = folder or folder_of(name)
    manifest = Receipt(
        name=name,
        values={key: _plain(f"{name}.{key}", value) for key, value in values.items()},
        seeds=[int(seed) for seed in seeds],
        minutes=round(float(minutes), 3),
        command=command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        hardware=hardware(),
        versions={"python": platform.python_version()} | {package: metadata.version(package) for package in PACKAGES},
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    write_atomically(path, as_text(asdict(manifest)) + "\n")
    return path


def as_text(value: Any, margin: str = "\n") -> str:
    """JSON with a line for each key, in order of the keys; a list that holds no lists or dicts stands on one line."""
    deeper = margin + " "
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {as_text(value[key], deeper)}" for key in sorted(value)]
        return "{" + deeper + f",{deeper}".join(parts) + margin + "}"
    if isinstance(value, list) and any(isinstance(part, list | dict) for part in value):
        return "[" + deeper + f",{deeper}".join(as_text(part, deeper) for part in value) + margin + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def hardware() -> dict[str, Any]:
    """The processor, its cores, torch's threads, and the GPU when there is one."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": gpu,
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _plain(where: str, value: Any) -> Any:
    """Numbers, words, lists and dicts; anything else that JSON cannot hold is refused by name."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(f"{where}.{key}", part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(where, part) for part in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"{where} is {value!r}; a receipt holds finite numbers, words, lists and dicts.")

"""Packages that do not always import, and how they do: torchvision beside a CPU build of torch, and what stands on it.

torchvision from PyPI carries operators compiled for CUDA. Beside a CPU build of torch they cannot be loaded, and
`import torchvision` fails at `operator torchvision::nms does not exist`, taking lpips and diffusers' model classes with it. Nothing
of the course calls these operators; declaring their schemas is enough for the import. Once `import_torchvision()` has run, any
later `import torchvision`, by whomever, finds it. Checked by tests/tools/test_compat.py.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared = []  # a torch.library.Library forgets its schemas when it is collected


def import_torchvision() -> ModuleType:
    """torchvision: the plain import, and only if its compiled operators do not load, with their schemas declared.

    Raises ImportError, with what to install, where it is absent.
    """
    try:
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        raise _missing(error, "torchvision", 'pip install -c constraints.txt -e ".[oracles]"') from error
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    _declare_operators()
    for name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
        del sys.modules[name]  # what the failed import left half-made
    return importlib.import_module("torchvision")


@contextmanager
def without_bars() -> Iterator[None]:
    """transformers and diffusers load and save without a progress bar meanwhile; one that was there before is there after."""
    import diffusers
    import transformers
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars

    hubs_were_off = are_progress_bars_disabled()  # transformers turns these on with its own
    libraries = [package.utils.logging for package in (diffusers, transformers)]
    shown = [library for library in libraries if library.is_progress_bar_enabled()]
    for library in shown:
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library in shown:
            library.enable_progress_bar()
        if hubs_were_off:
            disable_progress_bars()


def operators_are_missing() -> bool:
    """Whether `import_torchvision` had to do without torchvision's compiled operators."""
    return bool(_declared)


def import_lpips() -> ModuleType:
    """lpips, whose networks are torchvision's.

    Raises ImportError, with what to install, where it is absent.
    """
    import_torchvision()
    try:
        return importlib.import_module("lpips")
    except ModuleNotFoundError as error:
        raise _missing(error, "lpips", "pip install -c constraints.txt -e .") from error


def _declare_operators() -> None:
    if not _declared:
        import torch

        library = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS:
            library.define(schema)
        _declared.append(library)


def _missing(error: ModuleNotFoundError, package: str, command: str) -> ImportError:
    return ImportError(f"{package} does not import, for want of the module {error.name!r}: `{command}` installs it.")

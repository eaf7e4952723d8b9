"""Before anything imports minivid: its shapes are checked at run time, in every test, and torch computes in one thread."""

import contextlib
import sys

import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook

assert "minivid" not in sys.modules, "minivid was imported before its shapes could be checked: which plugin does that?"
install_import_hook("minivid", "beartype.beartype")

# The tests run side by side (`minivid test`), on tensors too small for a second thread to help.
torch.set_num_threads(1)

# Property tests are not timed: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config):
    from minivid import compat

    with contextlib.suppress(ImportError):  # where torchvision is absent, the tests that want it skip themselves
        compat.import_torchvision()  # from here on diffusers and video-diffusion-pytorch import too


@pytest.fixture(autouse=True)
def same_numbers_every_time():
    """A test that draws from the global generator draws the same each time, in any order of tests."""
    torch.manual_seed(0)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)

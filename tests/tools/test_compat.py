"""torchvision, and what stands on it, import beside whatever build of torch is here. Each in its own process: an import is for good."""

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("torchvision", reason="torchvision is not installed", exc_type=ImportError)


def run(code: str) -> str:
    """What a fresh Python prints for this code."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_torchvision_lpips_and_diffusers_import_whether_or_not_the_operators_fit():
    pytest.importorskip("diffusers")
    run("""
        from minivid.tools import compat
        torchvision = compat.import_torchvision()
        assert torchvision.models.alexnet
        assert compat.import_torchvision() is torchvision
        import torchvision as by_any_other_name
        assert by_any_other_name is torchvision
        assert compat.import_lpips().LPIPS
        from diffusers import LatteTransformer3DModel, UNet2DConditionModel, UNetMotionModel
    """)


def test_the_plain_import_is_taken_where_it_works():
    run("""
        import sys, types
        sys.modules["torchvision"] = stand_in = types.ModuleType("torchvision")
        from minivid.tools import compat
        assert compat.import_torchvision() is stand_in
        assert not compat.operators_are_missing()
        assert "torch" not in sys.modules
    """)


def test_what_is_not_installed_is_a_sentence():
    said = run("""
        import sys
        sys.modules["torchvision"] = None  # Python's way to say: not here
        from minivid.tools import compat
        try:
            compat.import_torchvision()
        except ImportError as error:
            print(error)
    """)
    assert "torchvision" in said and "pip install" in said


def test_another_failure_of_torchvision_is_not_hidden():
    run("""
        import importlib, sys
        from minivid.tools import compat
        def broken(name):
            raise RuntimeError("the moon is full")
        compat.importlib = type("importlib", (), {"import_module": staticmethod(broken)})
        try:
            compat.import_torchvision()
        except RuntimeError as error:
            assert "moon" in str(error)
        else:
            raise SystemExit("it was hidden")
    """)


def test_bars_are_put_away_and_those_that_were_there_come_back():
    pytest.importorskip("diffusers")
    run("""
        from minivid.tools import compat
        compat.import_torchvision()
        from diffusers.utils import logging as theirs
        from transformers.utils import logging as others
        from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars
        others.disable_progress_bar()
        disable_progress_bars()
        others.enable_progress_bar()
        disable_progress_bars()
        with compat.without_bars():
            assert not others.is_progress_bar_enabled()
        assert are_progress_bars_disabled() and others.is_progress_bar_enabled()
        others.disable_progress_bar()
        with compat.without_bars():
            assert not theirs.is_progress_bar_enabled()
        assert theirs.is_progress_bar_enabled() and not others.is_progress_bar_enabled()
    """)

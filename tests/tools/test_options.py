"""Options as JSON: read as they were written, and no file of anybody's brings code along."""

import json
import sys
from dataclasses import dataclass
from enum import Enum

import pytest

from minivid.nn import UNetConfig
from minivid.tools.options import named, restored, restored_as_named


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Box:
    """Something of every kind."""

    sides: tuple[int, ...] = (1, 2)
    pairs: tuple[tuple[float, int], ...] = ((0.5, 2),)
    colour: Colour = Colour.RED
    label: str | None = None


def test_options_are_read_as_they_were_written():
    box = Box(sides=(3,), label="x")
    assert restored_as_named(json.loads(json.dumps(named(box)))) == box
    assert restored(Box, {"sides": [4, 5]}) == Box(sides=(4, 5))


def test_an_unknown_option_and_a_wrong_choice_are_refused():
    with pytest.raises(ValueError, match="Box has no option 'lid'"):
        restored(Box, {"lid": 1})
    with pytest.raises(ValueError, match="'blue'"):
        restored(Box, {"colour": "blue"})


def test_a_file_imports_nothing_that_is_not_ours(tmp_path, monkeypatch):
    (tmp_path / "strange.py").write_text("from dataclasses import dataclass\n@dataclass\nclass Thing: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="import strange first"):
        restored_as_named({"is": "strange.Thing"})
    assert "strange" not in sys.modules
    import strange

    assert isinstance(restored_as_named({"is": "strange.Thing"}), strange.Thing)


@pytest.mark.parametrize(
    "kind", ["minivid.nn.unet.UNetConfiguration", "minivid.nn.gone.Config", "os.environ", "minivid.train.Loss", 5]
)
def test_what_is_no_kind_of_options_is_refused(kind):
    with pytest.raises(ValueError, match=r"there is no |names no kind"):
        restored_as_named({"is": kind})


def test_options_that_could_not_be_found_again_are_refused_when_they_are_written():
    @dataclass(frozen=True)
    class Inside:
        x: int = 0

    for one in (Inside(), 3, lambda x: x):
        with pytest.raises(ValueError, match="cannot be written down"):
            named(one)
    assert named(UNetConfig())["is"] == "minivid.nn.unet.UNetConfig"


def at_the_top(x):
    return x


def test_a_function_is_written_by_its_name_and_found_again():
    assert restored_as_named(named(at_the_top)) is at_the_top

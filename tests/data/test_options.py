"""Options that make no world are refused with a sentence."""

import pytest
import torch

from minivid.data import DIRECTIONS, World

BAD = [
    ({"frames": 0}, "at least one frame; .* frames=0"),
    ({"size": 8}, "at least 12 x 12 pixels; .* size=8"),
    ({"size": (32, 8)}, r"at least 12 x 12 pixels; .* size=\(32, 8\)"),
    ({"digits": 0}, "one, two or three digits; .* digits=0"),
    ({"digits": 4}, "one, two or three digits; .* digits=4"),
    ({"split": "test"}, 'splits are "train" and "heldout"'),
    ({"classes": (3, 10)}, "numerals from 0 to 9"),
    ({"classes": (3, 3)}, "different numerals"),
    ({"classes": (3,), "digits": 2}, "need as many classes"),
    ({"classes": ()}, "need as many classes"),
    ({"digit_size": 2}, "cannot be read; .* digit_size=2"),
    ({"directions": ("north",)}, r"Directions are some of left, right.*\('north',\)"),
    ({"directions": ()}, "Directions are some of"),
    ({"speeds": ("fast",)}, "Speed words are some of slowly, quickly"),
    ({"slowly": (0.8, 0.4)}, r"from a least to a greatest one; this is slowly=\(0.8, 0.4\)"),
    ({"slowly": (0.4, 1.3)}, "must be slower than what is quick"),
    ({"change": "colour"}, '"direction" or "speed"'),
    ({"change": "speed", "frames": 3}, "needs at least 4 frames"),
    ({"change": "direction", "directions": ("up",)}, "needs two to choose from"),
    ({"gravity": -1.0}, "pulls downwards"),
    ({"drag": 1.5}, "Drag is between 0 and 1"),
    ({"rotation": 100.0}, "between 0 and 90 degrees"),
    ({"scale": 0.5}, "between 1 and 4"),
    ({"background": "beach"}, "one of black, gradient, clouds, checks"),
    ({"motion_blur": 2.0}, "share of a frame"),
    ({"pan": -1.0, "background": "checks"}, "camera's speed"),
    ({"pan": 1.0}, "pans over black shows nothing"),
    ({"frames_per_second": 0}, "one frame per second"),
]


@pytest.mark.parametrize(("options", "sentence"), BAD, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_what_makes_no_world_is_refused_with_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        World(**options)


@pytest.mark.parametrize("options", [{"digit_size": 14}, {"quickly": (6, 7)}, {"gravity": 5.0}, {"scale": 2.0}])
def test_a_digit_that_has_no_room_for_its_first_steps_is_refused_whatever_the_seed(options):
    for seed in range(3):
        with pytest.raises(ValueError, match=r"picture has 16.*Take a larger picture"):
            World(**options).sample(1, seed)


@pytest.mark.parametrize("digit_size", [None, 8, 10.5])
def test_the_room_that_is_asked_for_is_enough(digit_size):
    World(digit_size=digit_size).sample(64, seed=0)


def test_a_world_is_a_value():
    assert World(frames=4) == World(frames=4) != World()
    assert len({World(), World(), World(size=32)}) == 2
    with pytest.raises(AttributeError):
        World().frames = 3


def test_velocities_are_put_into_the_words_that_captions_use():
    world = World(directions=tuple(DIRECTIONS))
    clips = world.sample(64, seed=0)
    spoken = world.words(clips.velocity[:, 0, 0])
    for caption, (direction, speed) in zip(clips.caption, spoken, strict=True):
        assert caption.endswith(f"moves {direction}, {speed}")
    assert World().words(torch.tensor([[0.3, -0.1], [-0.2, 2.0]])) == [("right", "slowly"), ("down", "quickly")]

"""`minivid world` writes real clips, the truth beside them."""

import numpy as np
import pytest

from minivid import zoo
from minivid.batches import in_turns
from minivid.cli import world as module
from minivid.data import World
from minivid.data.glyphs import glyphs
from minivid.data.video import to_uint8
from minivid.data.world.options import fitting_glyphs


def test_the_truth_stands_beside_the_clips(minivid, tiny, tmp_path):
    code, told, said = minivid("world", "--like", tiny, "--n", 5, "--seed", 2, "--out", "x.npz")
    assert (code, told) == (0, "x.npz\n") and "5 of 5 clips" in said
    first, second = in_turns(zoo.load_file(tiny).run.worlds, 5, (2, 0))
    with np.load(tmp_path / "x.npz") as file:
        shapes = {name: file[name].shape for name in file.files}
        assert shapes == {
            "video": (5, 4, 16, 16, 1),
            "fps": (),
            "caption": (5,),
            "digit": (5, 1),
            "position": (5, 4, 1, 2),
            "velocity": (5, 4, 1, 2),
            "mask": (5, 2, 4, 16, 16),
            "flow": (5, 3, 2, 16, 16),
        }
        np.testing.assert_array_equal(file["video"][3:], to_uint8(second.video))
        np.testing.assert_array_equal(file["flow"][:3], first.flow)
        assert file["caption"].tolist() == first.caption + second.caption


def test_without_a_model_it_is_the_default_world(minivid, tmp_path):
    assert minivid("world", "--n", 2, "--out", "x.npz", "--quiet") == (0, "x.npz\n", "")
    with np.load(tmp_path / "x.npz") as file:
        np.testing.assert_array_equal(file["video"], to_uint8(World().sample(2, (0, 0, 0)).video))


def test_a_recipe_needs_no_weights(minivid):
    assert minivid("world", "--like", "vdm-laptop", "--n", 1, "--out", "x.gif")[0] == 0


def test_mnists_digits_move_as_the_built_in_ones_do(minivid, mnist_like, tmp_path):
    assert minivid("world", "--handwriting", "mnist", "--n", 2, "--out", "x.npz", "--quiet")[0] == 0
    with np.load(tmp_path / "x.npz") as file:
        world = World(handwriting="mnist")
        np.testing.assert_array_equal(file["video"], to_uint8(world.sample(2, (0, 0, 0)).video))


def test_mnist_that_was_not_fetched_is_refused_and_nothing_is_written(refused, monkeypatch, tmp_path):
    for kept in (glyphs, fitting_glyphs):
        kept.cache_clear()
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path / "empty"))
    said = refused("world", "--handwriting", "mnist", "--n", 2, "--out", "x.npz", "--quiet")
    assert "`minivid data fetch mnist` brings it" in said and list(tmp_path.iterdir()) == []


def test_many_clips_are_simulated_a_part_at_a_time(monkeypatch):
    monkeypatch.setattr(module, "TOGETHER", 3)
    parts = list(module.drawn((World(), World(change="direction")), 7, seed=0))
    assert [len(part) for part in parts] == [2, 1, 2, 1, 1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--n", "0"], "--n is 0"),
        (["--seed", "-2"], "--seed is -2"),
        (["--like", "vdm-smal"], "did you mean vdm-small?"),
        (["--like", "gone.safetensors"], "there is no checkpoint gone.safetensors"),
        (["--handwriting", "cursive"], "Handwriting is built-in or mnist"),
        (["--out", "x.mpg"], '"x.mpg" ends in ".mpg"'),
        (["--out", "nowhere/x.npz"], 'no folder "nowhere"'),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_simulated(refused, tmp_path, monkeypatch, options, sentence):
    monkeypatch.setattr(module, "drawn", lambda *_: pytest.fail("it began to simulate"))
    rest = [word for pair in (("--n", "2"), ("--out", "x.npz")) if pair[0] not in options for word in pair]
    assert sentence in refused("world", *options, *rest)
    assert list(tmp_path.iterdir()) == []


def test_there_is_no_world_of_videos(refused, videos):
    assert "was trained on a folder of videos" in refused("world", "--like", videos, "--n", "2", "--out", "x.gif")


def test_truths_of_different_shapes_are_refused_as_arrays_only(monkeypatch, minivid, refused):
    worlds = (World(size=24), World(size=24, digits=2))
    monkeypatch.setattr(module, "worlds_like", lambda _: worlds)
    assert "differ in their number of digits" in refused("world", "--n", "2", "--out", "x.npz")
    assert minivid("world", "--n", 2, "--out", "x.gif")[0] == 0

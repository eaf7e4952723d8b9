"""What is scored and what it is held against: both are read by one function."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from minivid import zoo
from minivid.data import World, to_uint8
from minivid.evaluation.subject import Subject, Wanted, both, learnt_from, of_file, of_model, of_world, read, world_of
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.show import save
from minivid.train import TrainConfig


def test_real_clips_are_of_the_world_and_named_after_it():
    world = zoo.RECIPES["vdm-small"].worlds[0]
    clips = of_world(world, 3)
    assert clips.video.shape == (3, 1, 8, 16, 16) and len(clips.caption) == 3
    assert clips.name == "the simulator (one digit, 8 frames of 16×16)"


def test_what_is_sampled_says_how():
    model = zoo.load("vdm-small")
    clips = of_model(model, Wanted(2, seed=4, steps=1))
    assert clips.video.shape == (2, *model.shape) and clips.caption == model.world.sample(2, (4, 0)).caption
    again = zoo.draw(model, clips.caption, 2, seed=4, steps=1, eta=zoo.ETA)
    assert torch.equal(clips.video, again)
    assert (
        clips.made
        == f"vdm-small: DDIM with eta 1, 1 step, guidance 3, seed 4, weights {model.manifest['sha256'][:12]}."
    )


def test_what_a_model_learnt_from_is_made_again():
    """The clips of a run's last steps, as its training drew them; short clips are none of them."""
    drawn = []
    training = TrainConfig(steps=3, batch=2, warmup=1)
    tiny = Run("tiny", UNetConfig(widths=(8, 16), vocabulary=34), training=training, worlds=(World(),))
    run = tiny.start()
    draw = run.data
    run.data = lambda n, key: (drawn.append(draw(n, key)), drawn[-1])[1]
    list(run.steps(progress=False))
    model = zoo.Model(tiny, run.ema, {"sha256": "0" * 64})
    learnt = learnt_from(model, 4)
    assert torch.equal(learnt, torch.cat([drawn[2][0], drawn[1][0]]))

    def short(growth):
        return replace(model, run=replace(tiny, training=replace(training, growth=growth)))

    assert torch.equal(learnt_from(short(((0.6, 4),)), 4), drawn[2][0])  # steps 0 and 1 were short
    assert learnt_from(short(((1.0, 2),)), 4) is None
    assert learnt_from(zoo.Model(tiny, run.ema), 4) is None


def test_captions_tell_the_world():
    def told(world, captions=None):
        made = world.sample(6, seed=1)
        return world_of(Subject("x", made.video, captions or made.caption))

    for world in (
        World(),
        World(frames=16, size=(24, 32), colour=True),
        World(change="speed"),
        World(size=32, digits=2),
    ):
        assert told(world) == world
    assert told(World(directions=("up", "up-left"))).directions == ("left", "right", "up", "down", "up-left")
    assert (
        told(World(), ["a horse runs"] * 6) is None
        and told(World(), ["a 3 moves up", *["a 3 moves first up, then down"] * 5]) is None
    )
    assert world_of(Subject("x", torch.zeros(2, 1, 8, 16, 16))) is None


@pytest.fixture
def files(tmp_path):
    """`clips.npz` with captions, `silent.npz` without, and a folder `films` in colour, all of 8 frames of 16×16 but the films."""
    made = World().sample(6, seed=1)
    np.savez(tmp_path / "clips.npz", video=to_uint8(made.video), caption=np.asarray(made.caption))
    np.savez(tmp_path / "silent.npz", video=to_uint8(made.video))
    (tmp_path / "films").mkdir()
    for i, clip in enumerate(World(size=32, colour=True).sample(2, seed=2).video):
        save(clip, tmp_path / "films" / f"{i}.mp4", scale=1)
    return tmp_path


def test_both_sides_are_read_by_one_function(files):
    """Real clips are all that a file has, others than the first of a folder, and a model's world in place of the model."""
    wanted = Wanted(4, frames=6, size=(24, 24))
    clips, films = str(files / "clips.npz"), str(files / "films")
    assert len(read(clips, wanted).video) == 4 and len(read(clips, wanted, real=True).video) == 6
    assert read(films, wanted).video.shape == read(films, wanted, real=True).video.shape == (4, 3, 6, 24, 24)
    assert not torch.equal(read(films, wanted).video, read(films, wanted, real=True).video)
    world = zoo.RECIPES["vdm-small"].worlds[0]
    assert torch.equal(read("vdm-small", wanted, real=True).video, of_world(world, 4).video)


def test_clips_are_held_to_the_law_of_their_own_world_or_of_that_which_is_named(files):
    wanted, clips, silent = Wanted(6), str(files / "clips.npz"), str(files / "silent.npz")
    subject, beside = both(clips, None, wanted)
    assert subject.world == beside.world == World() and len(beside.video) == 12
    subject, beside = both(silent, "vdm-small", wanted)
    assert subject.world == beside.world == zoo.RECIPES["vdm-small"].worlds[0]
    subject, beside = both(silent, clips, wanted)
    assert subject.world is beside.world is None
    subject, beside = both(clips, silent, wanted)
    assert subject.world == World() and beside.world is None
    assert both(silent, None, wanted)[1] is None


def test_a_folders_clips_take_the_shape_of_the_other_side_and_grey_becomes_colour(files):
    wanted, clips, films = Wanted(6), str(files / "clips.npz"), str(files / "films")
    for subject, beside in (both(clips, films, wanted), both(films, clips, wanted)):
        assert subject.video.shape[1:] == beside.video.shape[1:] == (3, 8, 16, 16)


@pytest.mark.parametrize("member, content", [("video", b"hello"), ("video.npy", b"")])
def test_an_npz_of_other_bytes_is_a_sentence(tmp_path, member, content):
    path = tmp_path / "clips.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(member, content)
    with pytest.raises(ValueError, match=r"is no array but other bytes|cannot be read"):
        of_file(path, None)


def test_an_npz_that_claims_more_than_memory_holds_is_a_sentence(tmp_path):
    path = tmp_path / "clips.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**55,)})
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("video.npy", header.getvalue())
    with pytest.raises(ValueError, match="cannot be read"):
        of_file(path, None)

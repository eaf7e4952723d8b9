"""`minivid sample` draws what it was asked for, and says no before it has begun to draw."""

import numpy as np
import pytest
import torch
from PIL import Image

from minivid import checkpoint, zoo
from minivid.cli import sample as module
from minivid.data.video import to_uint8

CAPTIONS = ("a 3 moves right, slowly", "a 5 moves first up, then left, quickly")


@pytest.fixture
def drawn(minivid, tiny, tmp_path):
    """`drawn(...)`: the npz that `minivid sample tiny ...` writes."""

    def run(*options):
        code, told, said = minivid("sample", tiny, "--steps", 2, "--out", "x.npz", *options)
        assert code == 0, said
        assert told.splitlines()[-1] == "x.npz"
        with np.load(tmp_path / "x.npz") as file:
            return dict(file)

    return run


def test_captions_are_drawn_in_order_n_times_each(drawn):
    file = drawn("--caption", *CAPTIONS, "--n", 2)
    assert file["video"].shape == (4, 4, 16, 16, 1) and file["video"].dtype == np.uint8
    assert file["caption"].tolist() == [CAPTIONS[0]] * 2 + [CAPTIONS[1]] * 2


def test_a_caption_may_be_given_in_several_ways(drawn):
    together, apart = drawn("--caption", *CAPTIONS), drawn("--caption", CAPTIONS[0], "--caption", CAPTIONS[1])
    assert together["caption"].tolist() == list(CAPTIONS)
    np.testing.assert_array_equal(together["video"], apart["video"])


def test_what_is_written_is_what_the_model_samples(drawn, tiny):
    asked = ("--caption", CAPTIONS[0], "--n", 3, "--seed", 7, "--guidance", 1.5)
    for eta, options in ((zoo.ETA, ()), (0.0, ("--eta", 0))):
        clips = zoo.load_file(tiny).sample([CAPTIONS[0]] * 3, seed=7, steps=2, guidance=1.5, eta=eta)
        np.testing.assert_array_equal(drawn(*asked, *options)["video"], to_uint8(clips.clamp(-1, 1)))
    file = drawn(*asked)
    assert not np.array_equal(file["video"], drawn("--caption", CAPTIONS[0], "--n", 3, "--seed", 8)["video"])


def test_without_captions_the_model_draws_those_of_its_worlds(drawn):
    file = drawn("--n", 6, "--seed", 3)
    assert [" first " in caption for caption in file["caption"]] == [False] * 3 + [True] * 3
    assert len(drawn()["video"]) == module.OF_ITS_OWN


def test_a_model_and_its_world_speak_of_the_same_clips_at_the_same_seed(drawn, minivid, tiny, tmp_path):
    assert minivid("world", "--like", tiny, "--n", 6, "--seed", 3, "--out", "world.npz")[0] == 0
    with np.load(tmp_path / "world.npz") as real:
        assert real["caption"].tolist() == drawn("--n", 6, "--seed", 3)["caption"].tolist()


def test_a_picture_and_a_film(minivid, tiny, tmp_path):
    assert minivid("sample", tiny, "--steps", 1, "--n", 2, "--out", "x.gif")[0] == 0
    assert Image.open(tmp_path / "x.gif").n_frames == 4
    for name in ("x.mp4", "x.png"):
        assert minivid("sample", tiny, "--steps", 1, "--n", 2, "--out", name)[0] == 0
        assert (tmp_path / name).stat().st_size > 0


def test_quiet_says_nothing_but_the_file(minivid, tiny):
    assert minivid("sample", tiny, "--steps", 1, "--quiet", "--out", "x.png") == (0, "x.png\n", "")
    _, told, said = minivid("sample", tiny, "--steps", 1, "--caption", CAPTIONS[0], "--out", "x.png")
    assert CAPTIONS[0] in told and "1 of 1 steps" in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--caption", "a 3 mooves right"],
            'the word "mooves", which the vocabulary lacks; did you mean moves',
        ),
        (["--caption", "a 3 right moves"], "is not a caption of this world. A caption reads"),
        (["--caption", ""], "is not a caption of this world"),
        (["--caption", "a red 3 moves right, slowly"], 'has the colour "red" in a grey world'),
        (["--caption", "a 3 moves up-left, slowly"], 'has the word "up-left": tiny has never seen that'),
        (["--caption", "a 3 moves right and a 5 moves up"], "speaks of 2 digits and not of 1"),
        (["--caption", "a 3 moves right, first slowly, then quickly"], "changes its speed"),
        (["--caption", CAPTIONS[0], "a 3 moves away"], 'the word "away"'),
        (["--n", "0"], "--n is 0; expected a whole number of at least 1"),
        (["--n", "-4"], "--n is -4"),
        (["--steps", "0"], "--steps is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["--guidance", "nan"], "--guidance is nan; expected a number from 0 on"),
        (["--guidance", "-1"], "--guidance is -1"),
        (["--guidance", "inf"], "--guidance is inf"),
        (["--eta", "-0.5"], "--eta is -0.5; expected a number from 0 to 1"),
        (["--eta", "2"], "--eta is 2"),
        (["--eta", "nan"], "--eta is nan"),
        (["--out", "x.avi"], '"x.avi" ends in ".avi"; it can be written as .gif, .mp4, .png, .npz'),
        (["--out", "nowhere/x.gif"], 'no folder "nowhere"'),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_drawn(refused, tiny, tmp_path, monkeypatch, options, sentence):
    monkeypatch.setattr(zoo, "draw", lambda *_: pytest.fail("it began to draw"))
    out = [] if "--out" in options else ["--out", "x.gif"]
    assert sentence in refused("sample", tiny, *options, *out)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vdm-smal", "there is no model 'vdm-smal'; did you mean vdm-small?"),
        ("sora", "there is no model 'sora'; there are "),
        ("gone.safetensors", "there is no checkpoint gone.safetensors"),
    ],
)
def test_an_unknown_model_offers_the_nearest(refused, name, sentence):
    assert sentence in refused("sample", name, "--out", "x.gif")


def test_a_damaged_or_foreign_checkpoint_says_what_is_wrong_with_it(refused, tiny, tmp_path):
    tensors, manifest = checkpoint.read(tiny)
    whole = tiny.read_bytes()
    (tmp_path / "short.safetensors").write_bytes(whole[:-100])
    (tmp_path / "altered.safetensors").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (tmp_path / "text.safetensors").write_text("a letter to a friend")
    missing = {name: tensor for name, tensor in tensors.items() if name != "conv_out.weight"}
    checkpoint.write(tmp_path / "key.safetensors", missing, manifest)
    checkpoint.write(tmp_path / "shape.safetensors", {**tensors, "conv_out.weight": torch.zeros(3, 3)}, manifest)
    checkpoint.write(tmp_path / "other.safetensors", {"weight": torch.zeros(3)}, {"made": "elsewhere"})
    for name, sentence in {
        "short": "cut short",
        "altered": "sha256",
        "text": "no whole safetensors file",
        "key": "no weight 'conv_out.weight'",
        "shape": "'conv_out.weight' is (3, 3)",
        "other": "has no 'name': it is no model's",
    }.items():
        assert sentence in refused("sample", f"{name}.safetensors", "--out", "x.gif")


def test_a_model_of_videos_takes_no_caption_and_needs_none(refused, minivid, videos, tmp_path):
    assert "birds was trained without captions" in refused("sample", videos, "--caption", CAPTIONS[0], "--out", "x.gif")
    assert minivid("sample", videos, "--n", 2, "--steps", 2, "--out", "x.npz")[0] == 0
    with np.load(tmp_path / "x.npz") as file:
        assert file["video"].shape == (2, 4, 16, 24, 3) and "caption" not in file and file["fps"] == 5


def test_a_model_of_another_vocabulary_is_refused(refused, tiny, monkeypatch):
    monkeypatch.setattr("minivid.data.VOCABULARY", ("", "a", "moves"))
    assert "knows 34 words and this course has 3" in refused("sample", tiny, "--out", "x.gif")


def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(refused, minivid, tiny, tmp_path, monkeypatch):
    minivid("sample", tiny, "--steps", 1, "--out", "x.png")
    before = (tmp_path / "x.png").read_bytes()

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minivid.tools.files.os.fsync", full)
    assert "x.png cannot be read or written (No space left on device)" in refused(
        "sample", tiny, "--steps", 1, "--seed", 2, "--quiet", "--out", "x.png"
    )
    assert (tmp_path / "x.png").read_bytes() == before and len(list(tmp_path.iterdir())) == 1

"""`minivid evaluate` on a model, a file and a folder, and what it refuses before it works."""

import json

import numpy as np
import pytest

from minivid.cli import evaluate as module
from minivid.data import World, to_uint8
from minivid.evaluation import report
from minivid.show import save

CLIPS = World().sample(24, seed=3)


@pytest.fixture
def clips(tmp_path):
    """A file of clips with captions, as `minivid world` and `minivid sample` write them."""
    return save(CLIPS.video, tmp_path / "clips.npz", beside={"caption": np.asarray(CLIPS.caption)})


@pytest.fixture
def filed(tmp_path):
    """`filed(video=..., ...)`: an .npz of these arrays."""

    def write(**arrays):
        np.savez(tmp_path / "bad.npz", **arrays)
        return "bad.npz"

    return write


def test_a_file_with_captions_is_held_against_the_simulator(minivid, clips, tmp_path):
    code, told, said = minivid("evaluate", clips, "--json", "x.json", "--html", "x.html")
    assert code == 0, said
    assert told.startswith("clips.npz, beside the simulator (one digit, 8 frames of 16×16)\n100% of the clips move")
    kept = json.loads((tmp_path / "x.json").read_text())
    assert kept["command"] == f"minivid evaluate {clips}" and kept["n"] == 24
    assert kept["metrics"]["trajectory"]["value"] < 0.03 and kept["metrics"]["frechet"]["floor"] > 0
    page = (tmp_path / "x.html").read_text()
    assert page.count("data:image/gif;base64,") == 3 and "Evaluation of" in page


def test_the_same_seed_gives_the_same_report(minivid, clips):
    once, again, other = (minivid("evaluate", clips, "--n", 8, "--seed", seed, "--quiet")[1] for seed in (1, 1, 2))
    assert once == again != other


def test_a_model_is_sampled_and_scored(minivid, tiny):
    code, told, said = minivid("evaluate", tiny, "--n", 6, "--steps", 2, "--json", "x.json")
    assert code == 0, said
    assert told.startswith("tiny, beside the simulator (one digit, 4 frames of 16×16)")
    assert "no trajectory is fitted" in told and "parts" in said
    assert "tiny: DDIM with eta 1, 2 steps, guidance" in told


def test_a_grey_model_can_be_held_against_clips_in_colour(minivid, filed, tiny):
    bright = World(frames=4, colour=True).sample(12, seed=0).video
    against = filed(video=to_uint8(bright))
    code, told, said = minivid("evaluate", tiny, "--n", 6, "--steps", 2, "--against", against, "--quiet")
    assert code == 0, said
    assert "beside bad.npz" in told


def test_a_folder_of_videos_gets_all_that_needs_no_simulator(minivid, tmp_path):
    films, others = tmp_path / "films", tmp_path / "others"
    for folder, seed in ((films, 1), (others, 2)):
        folder.mkdir()
        for i, clip in enumerate(World(size=32, colour=True).sample(4, seed).video):
            save(clip, folder / f"{i}.mp4", scale=1)
    code, told, said = minivid("evaluate", "films", "--against", "others", "--n", 6, "--frames", 6, "--size", 32)
    assert code == 0, said
    assert told.startswith("films (4 videos), beside others (4 videos)") and "No simulator is known" in told
    code, told, _ = minivid("evaluate", "films", "--n", 4, "--frames", 6, "--size", 32, "--quiet")
    assert code == 0 and "Nothing real was given" in told and "Fréchet" not in told


def test_a_file_without_captions_can_be_held_against_a_models_world(minivid, filed):
    told = minivid("evaluate", filed(video=to_uint8(CLIPS.video)), "--against", "vdm-small", "--n", 12, "--quiet")[1]
    assert "beside the simulator" in told and "trajectory error" in told and "No text score" in told


def test_the_whole_zoo_stands_between_real_clips_and_still_pictures(minivid, monkeypatch, tiny, tmp_path):
    from minivid import zoo

    monkeypatch.setattr(zoo, "RECIPES", {"tiny": None})
    monkeypatch.setattr(zoo, "WEIGHTS", tiny.parent)
    monkeypatch.setattr(zoo, "load", lambda name: zoo.load_file(tiny))
    code, told, said = minivid(
        "evaluate", "--all", "--n", 6, "--steps", 2, "--json", "x.json", "--html", "x.html", "--quiet"
    )
    assert code == 0, said
    head, moves, *_ = told.splitlines()
    assert head.split("  ")[-3:] and all(name in head for name in ("real clips", "still pictures", "tiny"))
    assert moves.split()[:3] == ["moves", "yes", "NO"]
    assert len(json.loads((tmp_path / "x.json").read_text())["reports"]) == 3
    assert "Side by side" in (tmp_path / "x.html").read_text()


def test_the_command_that_makes_a_report_again_leaves_out_what_is_usual():
    asked = {"--against": None, "--n": 12, "--seed": 0, "--steps": None, "--size": 32}
    assert module.again("a file.npz", asked) == "minivid evaluate 'a file.npz' --n 12"
    assert module.again("vdm-digits-8", asked | {"--steps": 8}) == "minivid evaluate vdm-digits-8 --n 12 --steps 8"


@pytest.mark.parametrize(
    "args, sentence",
    [
        ((), "say what to evaluate"),
        (("vdm-small", "--all"), "say what to evaluate"),
        (("--all", "--against", "vdm-small"), "leave --against out"),
        (("vdm-smal",), "did you mean vdm-small?"),
        (("film.mp4",), "film.mp4 is no folder and ends in .mp4"),
        (("none.npz",), "there is no file none.npz"),
        (("vdm-small", "--against", "nowhere/at/all"), "nowhere/at/all is no folder"),
        (("vdm-small", "--n", 1), "--n is 1"),
        (("vdm-small", "--json", "no/x.json"), 'There is no folder "no"'),
        (("vdm-small", "--html", "x.pdf"), "it can be written as .html"),
        (("none.safetensors",), "there is no checkpoint none.safetensors"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_before_any_work(refused, monkeypatch, args, sentence):
    monkeypatch.setattr(report, "report_on", lambda *_: pytest.fail("it began to work"))
    assert sentence in refused("evaluate", *args)


def test_an_empty_folder_is_said(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "There is no video in empty" in refused("evaluate", "empty")


VIDEO = to_uint8(CLIPS.video)


@pytest.mark.parametrize(
    "arrays, sentence",
    [
        ({"clips": VIDEO}, "has no array 'video' (it has clips)"),
        ({"video": CLIPS.video.numpy()}, "is float32 in [-1, 1]"),
        ({"video": VIDEO / 255}, "is float64 in [0, 1] (times 255"),
        ({"video": VIDEO * np.float32(1)}, "is float32 from 0 to 255; expected uint8"),
        ({"video": np.full((2, 8, 16, 16, 1), np.nan)}, "with values that are no numbers"),
        ({"video": VIDEO // 255}, "holds only 0 and 1"),
        ({"video": VIDEO[0]}, "expected n t h w c"),
        ({"video": np.moveaxis(VIDEO, -1, 1)}, "expected n t h w c"),
        ({"video": VIDEO, "caption": np.asarray(["a 3"])}, "24 clips and 1 captions"),
        ({"video": VIDEO[:1]}, "has one clip"),
        ({"video": np.full_like(VIDEO, 7)}, "every pixel of bad.npz has the same value"),
        ({"video": np.array([VIDEO[0], VIDEO[0, :4]], dtype=object)}, "its clips differ in shape"),
    ],
    ids=["name", "float", "unit", "levels", "nan", "binary", "four axes", "order", "captions", "one", "constant", "ragged"],
)  # fmt: skip
def test_each_bad_file_is_one_clear_sentence(refused, filed, arrays, sentence):
    assert sentence in refused("evaluate", filed(**arrays))


def test_clips_of_another_shape_are_refused(refused, filed, clips):
    assert "clips of different shape have no distance" in refused(
        "evaluate", clips, "--against", filed(video=VIDEO[:, :6])
    )


def test_a_broken_file_is_said(refused, tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK no zip")
    assert "is no whole .npz file" in refused("evaluate", "x.npz")

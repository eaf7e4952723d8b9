"""`minivid train`: a run leaves its weights in its folder, is taken up as it was begun, and says what went wrong."""

import errno
import os
import signal
from dataclasses import replace

import pytest
import torch

from minivid import checkpoint, zoo
from minivid.data import VOCABULARY, World
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig, Training

UNET = UNetConfig(widths=(8, 16), heads=2, dim_text=16, vocabulary=len(VOCABULARY))


@pytest.fixture(autouse=True)
def recipes(monkeypatch, tmp_path):
    """Recipes that take a moment, and a place of their own for weights that are kept."""
    config, worlds = TrainConfig(steps=6, batch=2, warmup=2, save_every=2), (World(frames=4),)
    small = Run("small", UNET, training=config, worlds=worlds)
    other = Run("other", UNET, training=replace(config, batch=3), worlds=worlds)
    monkeypatch.setattr(zoo, "RECIPES", {"small": small, "other": other})
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "weights")


@pytest.fixture
def at_step(monkeypatch):
    """`at_step(4, act)`: while the fourth step draws its clips, `act(video)` may change them or do worse."""

    def arrange(step, act):
        original = Run.batches

        def batches(run):
            draw = original(run)

            def poisoned(n, key):
                video, cond = draw(n, key)
                return (act(video) if key[1] == step - 1 else video), cond

            return poisoned

        monkeypatch.setattr(Run, "batches", batches)
        return lambda: monkeypatch.setattr(Run, "batches", original)

    return arrange


def steps_in(folder) -> int:
    return len(checkpoint.read(Training.state_file(folder))[1]["records"])


def test_the_weights_go_into_the_runs_folder_and_can_be_drawn_from(minivid, tmp_path):
    code, told, said = minivid("train", "small")
    assert code == 0 and told.splitlines()[-1] == "runs/small/small.safetensors"
    assert "6 steps, in runs/small" in told and "6 of 6 steps, loss" in said
    assert not zoo.WEIGHTS.exists()
    assert minivid("sample", "runs/small/small.safetensors", "--steps", 1, "--out", "x.gif")[0] == 0


def test_quiet_says_nothing_but_the_file(minivid):
    assert minivid("train", "small", "--quiet", "--out", "here") == (0, "here/small.safetensors\n", "")


def test_keep_puts_a_whole_recipe_where_its_name_finds_it(minivid):
    code, told, _ = minivid("train", "small", "--keep")
    assert code == 0 and told.splitlines()[-1] == str(zoo.WEIGHTS / "small.safetensors")
    assert zoo.load("small", zoo.WEIGHTS).manifest["steps"] == 6


def test_a_recipe_is_trained_on_mnists_digits(minivid, refused, mnist_like):
    assert minivid("train", "small", "--handwriting", "mnist")[0] == 0
    made = zoo.load_file("runs/small/small.safetensors")
    assert made.run.worlds == (World(frames=4, handwriting="mnist"),)
    assert "--keep is for a whole recipe" in refused(
        "train", "small", "--handwriting", "mnist", "--keep", "--out", "other"
    )
    assert "another worlds" in refused("train", "small", "--resume", "runs/small", "--handwriting", "built-in")


@pytest.mark.parametrize(
    ("what", "word", "sentence"),
    [
        ("small", "mnist", "`minivid data fetch mnist` brings it"),
        ("small", "cursive", "Handwriting is built-in or mnist"),
        (".", "mnist", "--handwriting is for a recipe"),
    ],
)
def test_a_handwriting_that_cannot_be_had_is_refused_before_a_folder_is_made(
    refused, monkeypatch, tmp_path, what, word, sentence
):
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path / "empty"))
    assert sentence in refused("train", what, "--handwriting", word)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--budget", "smoke"], ["--steps", "3"]])
def test_a_shortened_run_is_never_kept(refused, minivid, tmp_path, options):
    assert "--keep is for a whole recipe" in refused("train", "small", "--keep", *options)
    assert list(tmp_path.iterdir()) == []
    assert minivid("train", "small", *options)[0] == 0
    steps = zoo.load_file(tmp_path / "runs/small/small.safetensors").manifest["steps"]
    assert steps == {"--budget": 4, "--steps": 3}[options[0]] and not zoo.WEIGHTS.exists()


def test_the_budget_of_the_environment_counts(minivid, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIVID_BUDGET", "smoke")
    assert minivid("train", "small")[0] == 0
    assert steps_in(tmp_path / "runs/small") == 4


def test_a_run_stopped_by_ctrl_c_is_saved_after_its_step_and_goes_on_to_the_same_weights(minivid, at_step, tmp_path):
    def press(video):
        os.kill(os.getpid(), signal.SIGINT)
        return video

    minivid("train", "small", "--out", "whole")
    at_step(3, press)
    handler = signal.getsignal(signal.SIGINT)
    code, _, said = minivid("train", "small")
    assert code == 130 and "stopped at step 3; `minivid train small --resume runs/small` goes on." in said
    assert steps_in(tmp_path / "runs/small") == 3 and signal.getsignal(signal.SIGINT) is handler
    code, told, _ = minivid("train", "small", "--resume", "runs/small")
    assert code == 0 and "step 3 of 6" in told
    whole, resumed = (checkpoint.read(tmp_path / f"{run}/small.safetensors") for run in ("whole", "runs/small"))
    assert whole[1]["sha256"] == resumed[1]["sha256"]


def test_a_run_goes_on_as_it_was_begun_whatever_the_recipe_says_now(minivid, at_step, monkeypatch, tmp_path):
    restore = at_step(4, lambda video: video * torch.nan)
    assert minivid("train", "small", "--steps", 5)[0] == 2
    restore()
    monkeypatch.setitem(zoo.RECIPES, "small", zoo.RECIPES["other"])
    assert minivid("train", "small", "--resume", "runs/small")[0] == 0
    manifest = zoo.load_file(tmp_path / "runs/small/small.safetensors").manifest
    assert manifest["steps"] == 5 and manifest["training"]["batch"] == 2


def test_nan_stops_the_run_names_the_step_and_keeps_the_last_good_state(minivid, at_step, tmp_path):
    at_step(4, lambda video: video * torch.nan)
    code, told, said = minivid("train", "small", "--quiet")
    assert (code, told) == (2, "") and said.count("\n") == 1
    assert "loss at step 4 is not a number. The last good state is runs/small." in said
    tensors, manifest = checkpoint.read(tmp_path / "runs/small/state.safetensors")
    assert len(manifest["records"]) == 2 and all(tensor.isfinite().all() for tensor in tensors.values())
    assert not (tmp_path / "runs/small/small.safetensors").exists()


def test_a_full_disk_is_a_sentence_and_the_state_before_stands(minivid, monkeypatch, tmp_path):
    written, original = [], checkpoint.write_atomically

    def fills_up(path, content):
        written.append(path)
        if len(written) > 2:  # the state of step 2 and its copy
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(path, content)

    monkeypatch.setattr(checkpoint, "write_atomically", fills_up)
    code, told, said = minivid("train", "small", "--quiet")
    assert (code, told) == (2, "") and said.count("\n") == 1
    assert "No space left on device" in said and "--resume goes on from it" in said
    assert steps_in(tmp_path / "runs/small") == 2
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["smal"], "there is no model 'smal'; did you mean small?"),
        (["clips/birds"], "there is no folder clips/birds"),
        (
            ["small", "--budget", "smok"],
            "--budget is 'smok', but a budget is smoke, laptop or gpu; did you mean smoke?",
        ),
        (["small", "--steps", "0"], "--steps is 0"),
        (["small", "--frames", "-1"], "--frames is -1"),
        (["small", "--size", "0"], "--size is 0"),
        (["small", "--fps", "0"], "--fps is 0; expected frames per second above zero"),
        (["small", "--fps", "nan"], "--fps is nan"),
        (["small", "--size", "8", "8", "8"], "these are 3 numbers"),
        (["small", "--frames", "4"], "are for a folder of videos"),
        (["small", "--resume", "nowhere"], "there is nothing to resume in nowhere"),
        ([".", "--size", "30"], "30×30 cannot be halved by this U-Net: height and width must be multiples of 4"),
        ([".", "--keep"], "--keep is for a whole recipe"),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_done(refused, tmp_path, args, sentence):
    assert sentence in refused("train", *args)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_started_over_another(refused, minivid):
    minivid("train", "small")
    assert "already holds a run: go on with it by --resume runs/small" in refused("train", "small")


def test_a_run_is_not_resumed_as_another(refused, minivid):
    minivid("train", "small")
    assert "begun with another steps" in refused("train", "small", "--resume", "runs/small", "--steps", 9)
    assert "is of small, not of other" in refused("train", "other", "--resume", "runs/small")
    assert "leave --out out" in refused("train", "small", "--resume", "runs/small", "--out", "elsewhere")


def test_a_damaged_or_foreign_state_is_refused(refused, minivid, tmp_path):
    minivid("train", "small")
    minivid("train", "other")
    state, foreign = (tmp_path / f"runs/{name}/state.safetensors" for name in ("small", "other"))
    whole = state.read_bytes()
    state.write_bytes(whole[:-8])
    assert "cut short" in refused("train", "small", "--resume", "runs/small")
    state.write_bytes(foreign.read_bytes())
    assert "trained with another batch" in refused("train", "small", "--resume", "runs/small")


def test_a_run_begun_from_python_goes_on_too(minivid, tmp_path):
    training = zoo.recipe("small").start(tmp_path / "run")
    for record in training.steps(progress=False):
        if record.step == 2:
            break
    assert minivid("train", "small", "--resume", "run")[0] == 0
    assert steps_in(tmp_path / "run") == 6


@pytest.fixture
def judge(monkeypatch):
    """A judge that takes a moment."""
    from minivid import judges

    config = TrainConfig(steps=5, batch=3, warmup=1, save_every=2)
    quick = replace(judges.RECIPES["judge-motion"], training=config, worlds=(World(frames=4),))
    monkeypatch.setattr(judges, "RECIPES", {"judge-motion": quick})
    monkeypatch.setattr(judges, "WEIGHTS", zoo.WEIGHTS)
    return judges


def test_a_judge_is_trained_kept_and_listed(minivid, judge):
    code, told, said = minivid("train", "judge-motion", "--keep")
    assert code == 0 and "5 of 5 steps, loss" in said
    assert told.splitlines()[-2:] == [
        "runs/judge-motion/judge-motion.safetensors",
        str(zoo.WEIGHTS / "judge-motion.safetensors"),
    ]
    kept = judge.load("judge-motion", zoo.WEIGHTS)
    assert kept.manifest["steps"] == 5
    lines = [line for line in minivid("zoo")[1].splitlines() if line.startswith("judge-motion")]
    assert "on handwriting that it never saw" in told and kept.manifest["measured"].keys() >= {"digit 8x16x16"}
    assert len(lines) == 2 and all(kept.sha256[:12] in line and "scores clips" in line for line in lines)


def test_a_judge_in_a_hurry_is_not_kept_and_takes_no_videos(refused, minivid, judge, tmp_path):
    assert "--keep is for a whole recipe" in refused("train", "judge-motion", "--keep", "--budget", "smoke")
    assert "are for a folder of videos" in refused("train", "judge-motion", "--frames", 4)
    assert "did you mean judge-motion?" in refused("train", "judge-motoin")
    assert list(tmp_path.iterdir()) == []
    assert minivid("train", "judge-motion", "--budget", "smoke", "--quiet", "--out", "here")[0] == 0
    assert judge.load("judge-motion", tmp_path / "here").manifest["steps"] == 4


def test_a_judge_goes_on_where_it_was_as_every_run_does(minivid, judge, tmp_path):
    training = judge.recipe("judge-motion").start(tmp_path / "run")
    for record in training.steps(progress=False):
        if record.step == 2:
            break
    assert minivid("train", "judge-motion", "--resume", "run")[0] == 0
    assert minivid("train", "judge-motion", "--out", "whole")[0] == 0
    assert judge.load("judge-motion", tmp_path / "run").sha256 == judge.load("judge-motion", tmp_path / "whole").sha256


@pytest.fixture
def films(minivid, tmp_path):
    """A folder with two films of 8 frames, one that is broken, and a letter."""
    folder = tmp_path / "films"
    folder.mkdir()
    for seed in (1, 2):
        minivid("world", "--n", 1, "--seed", seed, "--out", folder / f"{seed}.mp4")
    (folder / "broken.mp4").write_bytes((folder / "1.mp4").read_bytes()[:300])
    (folder / "letter.txt").write_text("Dear friend")
    return folder


def test_a_folder_of_videos_gives_a_model_without_captions(minivid, films, tmp_path):
    code, told, said = minivid("train", films, "--budget", "smoke", "--frames", 3, "--size", 16, 24, "--fps", 4)
    assert code == 0, said
    assert "broken.mp4" in told and told.splitlines()[-1] == "runs/films/films.safetensors"
    model = zoo.load_file(tmp_path / "runs/films/films.safetensors")
    assert model.shape == (3, 3, 16, 24) and model.run.worlds == () and model.manifest["fps"] == 4
    assert minivid("train", films, "--resume", "runs/films")[0] == 0
    assert minivid("sample", "runs/films/films.safetensors", "--steps", 1, "--out", "x.mp4")[0] == 0


def test_a_run_goes_on_with_its_own_films_wherever_they_lie_and_with_no_others(minivid, refused, films, tmp_path):
    assert minivid("train", films, "--budget", "smoke", "--frames", 3, "--size", 16, "--out", "run")[0] == 0
    films.rename(tmp_path / "moved")
    assert "`minivid train FOLDER --resume run` goes on" in refused("train", "films", "--resume", "run")
    assert minivid("train", "moved", "--resume", "run")[0] == 0
    minivid("world", "--n", 1, "--seed", 3, "--out", tmp_path / "moved" / "2.mp4")
    assert "begun on other films" in refused("train", "moved", "--resume", "run")
    (tmp_path / "moved" / "2.mp4").unlink()
    assert "2.mp4 has changed, does not serve any more, or is not there" in refused("train", "moved", "--resume", "run")


@pytest.mark.parametrize(
    ("options", "sentence"), [(["--frames", "400"], "too short"), (["--size", "18"], "such as 16 or 20")]
)
def test_videos_that_cannot_serve_leave_no_run(refused, films, tmp_path, options, sentence):
    assert sentence in refused("train", films, *options)
    assert not (tmp_path / "runs").exists()


def test_a_folder_without_videos_is_a_sentence(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no video" in refused("train", "empty")

"""The zoo: what stands in it is whole and says how it was made, and every recipe can be started."""

import math

import pytest
import torch

from minivid import checkpoint, zoo
from minivid.checkpoint import CheckpointError
from minivid.data import World
from minivid.diffusion import COSINE, LINEAR, Denoising, Objective
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig


@pytest.fixture(scope="module")
def small():
    return zoo.load("vdm-small")


def test_the_shipped_model_is_whole_small_and_says_how_it_was_made(small):
    assert (zoo.WEIGHTS / "vdm-small.safetensors").stat().st_size < 5_000_000
    assert "minivid train vdm-small" in small.origin() and small.manifest["sha256"][:12] in small.origin()
    assert small.manifest["training"]["steps"] == small.manifest["steps"] == zoo.RECIPES["vdm-small"].training.steps


def test_the_shipped_model_has_learnt(small):
    """Its guess of a half-noisy clip is far nearer than the clips' mean."""
    clips = small.world.sample(16, seed=3)
    alpha = sigma = 0.5**0.5
    eps = torch.randn(clips.video.shape, generator=torch.Generator().manual_seed(0))
    guess = small.x_hat(alpha * clips.video + sigma * eps, torch.tensor(0.0))
    spread = clips.video - clips.video.mean(0)
    assert (guess - clips.video).square().mean() < 0.35 * spread.square().mean()


def test_the_same_seed_samples_the_same_clips(small):
    captions = ["a 3 moves right, slowly", "a 5 moves up, quickly"]
    first, again, other = (small.sample(captions, seed=seed, steps=2) for seed in (1, 1, 2))
    assert first.shape == (2, 1, 8, 16, 16) and torch.equal(first, again) and not torch.equal(first, other)


def test_a_run_is_published_in_half_precision_and_loads_again(tmp_path):
    run = zoo.recipe("vdm-laptop")
    training = run.start()
    for record in training.steps(progress=False):
        if record.step == 1:
            break
    zoo.publish(run, training, tmp_path)
    loaded = zoo.load("vdm-laptop", tmp_path)
    assert loaded.manifest["steps"] == 1
    for mine, theirs in zip(training.ema.parameters(), loaded.network.parameters(), strict=True):
        torch.testing.assert_close(theirs, mine.half().float(), atol=0, rtol=0)


def test_a_shorter_or_longer_training_has_its_rounds_where_they_fit():
    training = TrainConfig(steps=100, warmup=10, restarts=(60, 80))
    assert [training.shortened(steps).restarts for steps in (4, 60, 61, 100)] == [(), (), (60,), (60, 80)]
    assert training.longer(3).rounds == [(0, 180), (180, 240), (240, 300)]


def test_a_file_of_weights_knows_what_it_makes(tmp_path):
    worlds = (
        World(size=(12, 16), frames=4, digit_size=8, quickly=(1.0, 1.2)),
        World(size=(12, 16), frames=4, digit_size=8, quickly=(1.0, 1.2), split="heldout"),
    )
    unet = UNetConfig(widths=(8, 16), vocabulary=34)
    run = Run("tiny", unet, Denoising(Objective.X, "linear"), TrainConfig(steps=1, batch=2), worlds)
    training = run.start()
    list(training.steps(progress=False))
    model = zoo.find(str(zoo.publish(run, training, tmp_path)))
    assert model.run == run and model.world == worlds[0] and model.shape == (1, 4, 12, 16)
    assert model.objective is Objective.X and model.schedule is LINEAR
    assert model.sample(["a 3 moves right"], steps=1).shape == (1, 1, 4, 12, 16)


def test_the_shipped_model_has_the_worlds_of_its_recipe(small):
    assert small.run.worlds == zoo.RECIPES["vdm-small"].worlds and small.shape == (1, 8, 16, 16)


def test_the_shipped_models_were_trained_on_v_by_the_cosine_schedule(small):
    """Their manifests are of a version that could say no other."""
    for model in (small, zoo.load("vdm-digits")):
        assert model.objective is Objective.V and model.schedule is COSINE and model.run.loss.drop_caption == 0.1


def test_a_judge_draws_no_clips():
    with pytest.raises(CheckpointError, match="judge-motion"):
        zoo.load_file(zoo.WEIGHTS / "judge-motion.safetensors")


def test_weights_of_nobody_knows_what_are_refused(small, tmp_path):
    tensors = small.network.state_dict()
    manifest = {key: value for key, value in small.manifest.items() if key != "worlds"}
    checkpoint.write(tmp_path / "odd.safetensors", tensors, {**manifest, "name": "odd"})
    with pytest.raises(CheckpointError, match="no 'worlds', and there is no recipe 'odd'"):
        zoo.load_file(tmp_path / "odd.safetensors")


def test_the_state_of_a_run_is_no_model(tmp_path):
    training = zoo.recipe("vdm-laptop").start(tmp_path)
    training.save()
    with pytest.raises(CheckpointError, match=r"no 'name'.*NAME\.safetensors"):
        zoo.find(str(tmp_path / "state.safetensors"))


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(ValueError, match="did you mean vdm-small"):
        zoo.load("vdm-smal")
    with pytest.raises(ValueError, match="there are vdm-laptop, vdm-small"):
        zoo.recipe("sora")


def test_drawing_in_parts_changes_nothing_but_the_memory(small, monkeypatch):
    captions, seen = small.world.sample(5, seed=0).caption, []
    whole = zoo.draw(small, captions, 5, steps=2)
    torch.testing.assert_close(whole, small.sample(captions, steps=2).clamp(-1, 1))
    monkeypatch.setattr(zoo, "VOXELS", 2 * math.prod(small.shape))
    handle = small.network.register_forward_pre_hook(lambda _, args: seen.append(len(args[0])))
    parts = zoo.draw(small, captions, 5, steps=2)
    handle.remove()
    assert max(seen) == 2
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=0)


def test_new_noise_at_each_step_is_the_seeds_own(small):
    caption = small.world.sample(2, seed=0).caption
    plain, fresh, again, other = (
        small.sample(caption, seed=seed, steps=3, eta=eta) for seed, eta in ((1, 0.0), (1, 1.0), (1, 1.0), (2, 1.0))
    )
    assert torch.equal(fresh, again)
    assert not torch.equal(fresh, plain) and not torch.equal(fresh, other)
    torch.testing.assert_close(zoo.draw(small, caption, 2, seed=1, steps=3, eta=1.0), fresh.clamp(-1, 1))


def test_absent_weights_name_the_command_that_makes_them(tmp_path):
    with pytest.raises(CheckpointError, match="minivid train vdm-small"):
        zoo.load("vdm-small", tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"network": {"is": "minivid.__main__.Config"}},
        {"network": {"is": "minivid.train.TrainConfig"}},
        {"network": {"is": 5}},
        {"network": {"is": "minivid.nn.unet.UNetConfig", "patch": 0}},
        {"network": {"is": "minivid.nn.unet.UNetConfig", "widths": [-64, 128]}},
        {"network": {"is": "minivid.nn.unet.UNetConfig", "widths": "abc"}},
        {"minutes": "long"},
        {"clip": [1, 2]},
    ],
    ids=str,
)
def test_a_strangers_manifest_is_a_sentence_whatever_it_says(small, tmp_path, wrong):
    manifest = {**small.run.manifest(), **small.manifest, **wrong}
    manifest = {key: value for key, value in manifest.items() if key != "unet"}
    checkpoint.write(
        tmp_path / "odd.safetensors", small.network.state_dict(), {**manifest, "loss": small.run.manifest()["loss"]}
    )
    with pytest.raises(CheckpointError, match="does not say what the model is"):
        zoo.load_file(tmp_path / "odd.safetensors")


def test_buffers_are_published_as_they_are_and_weights_in_half_precision(tmp_path):
    run = Run(
        "tiny", UNetConfig(widths=(8, 16), vocabulary=34), training=TrainConfig(steps=1, batch=2), worlds=(World(),)
    )
    training = run.start()
    with pytest.raises(ValueError, match="no step yet"):
        zoo.publish(run, training, tmp_path)
    list(training.steps(progress=False))
    training.ema.register_buffer("floor", torch.tensor([1e-8, 2049.0]))
    tensors, _ = checkpoint.read(zoo.publish(run, training, tmp_path))
    assert tensors["floor"].tolist() == pytest.approx([1e-8, 2049.0], rel=1e-7)
    assert tensors["conv_in.weight"].dtype == torch.float16


def test_clips_and_captions_must_be_as_many(small):
    for captions, n in ((["a 3 moves right"] * 4, 2), (["a 3 moves right"], 4), ([], 0)):
        with pytest.raises(ValueError, match="a caption for each"):
            zoo.draw(small, captions, n, steps=1)
    assert small.sample(None, steps=1, n=3).shape == (3, 1, 8, 16, 16)

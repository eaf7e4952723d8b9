"""The zoo: what stands in it is whole and says how it was made, and every recipe can be started."""

import pytest
import torch

from minivid import zoo
from minivid.checkpoint import CheckpointError


@pytest.fixture(scope="module")
def small():
    return zoo.load("vdm-small")


def test_the_shipped_model_is_whole_small_and_says_how_it_was_made(small):
    assert (zoo.WEIGHTS / "vdm-small.safetensors").stat().st_size < 5_000_000
    assert "minivid train vdm-small" in small.receipt() and small.manifest["sha256"][:12] in small.receipt()
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
    training = zoo.start("vdm-laptop")
    for record in training.steps(progress=False):
        if record.step == 1:
            break
    zoo.publish("vdm-laptop", training, tmp_path)
    loaded = zoo.load("vdm-laptop", tmp_path)
    assert loaded.manifest["steps"] == 1
    for mine, theirs in zip(training.ema.parameters(), loaded.unet.parameters(), strict=True):
        torch.testing.assert_close(theirs, mine.half().float(), atol=0, rtol=0)


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(ValueError, match="did you mean vdm-small"):
        zoo.load("vdm-smal")
    with pytest.raises(ValueError, match="there are vdm-laptop, vdm-small"):
        zoo.recipe("sora")


def test_absent_weights_name_the_command_that_makes_them(tmp_path):
    with pytest.raises(CheckpointError, match="minivid train vdm-small"):
        zoo.load("vdm-small", tmp_path)

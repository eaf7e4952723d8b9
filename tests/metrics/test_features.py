"""The course's judge of clips: any clip goes in, equal clips come out equal, and the shipped weights see what they were trained to see."""

from dataclasses import replace

import pytest
import torch

from minivid import judges
from minivid.checkpoint import CheckpointError
from minivid.data import World
from minivid.metrics.corruptions import blur, jitter, noise, reverse, swap_frames, swap_identity
from minivid.metrics.distribution import floor, frechet_distance
from minivid.metrics.features import LOOKS, WORDS, ClipNet, Trunk, extractors, network_hash
from minivid.metrics.paired import lpips_distance
from minivid.metrics.temporal import subject_consistency
from minivid.train import TrainConfig
from minivid.zoo import publish


@pytest.fixture(scope="module")
def judge():
    return judges.load("judge-motion")


@pytest.fixture(scope="module")
def film(judge):
    return extractors(judge.net)[0]


@pytest.mark.parametrize("shape", [(1, 8, 16, 16), (3, 16, 32, 32), (3, 1, 9, 23)], ids=str)
def test_clips_of_any_size_give_as_many_numbers(shape):
    net = ClipNet().eval()
    video = torch.rand(2, *shape) * 2 - 1
    assert net(video).shape == (2, 48) and net.frame_features(video).shape == (2, shape[1], 48)
    film, looks = net.words(video)
    assert film.shape == (2, len(WORDS)) and looks.shape == (2, shape[1], LOOKS)


def test_grey_is_seen_as_colour_with_equal_channels():
    net, grey = ClipNet().eval(), torch.rand(2, 1, 4, 16, 16) * 2 - 1
    torch.testing.assert_close(net(grey), net(grey.expand(-1, 3, -1, -1, -1)))


def test_frames_are_seen_one_by_one_and_clips_as_a_whole(judge):
    video = World().sample(4, seed=2).video
    backwards = video.flip(2)
    torch.testing.assert_close(judge.net.frame_features(backwards), judge.net.frame_features(video).flip(1))
    assert (judge.net(backwards) - judge.net(video)).abs().max() > 0.1


def test_an_extractor_says_whose_features_they_are_and_batches_change_nothing():
    net, video = ClipNet(), torch.rand(5, 1, 4, 16, 16) * 2 - 1
    heard = []
    film, _ = extractors(net, "fresh")
    torch.testing.assert_close(film(video, batch=2, done=heard.append), film(video))
    assert heard == [2, 2, 1] and film(video).dtype == torch.float64
    assert film.id == f"fresh {network_hash(net)[:12]}"
    with torch.no_grad():
        net.film.bias[0] += 1
    assert network_hash(net) != film.sha256


def test_the_trunk_serves_lpips(judge):
    clips = World().sample(8, seed=1).video
    trunk = Trunk(judge.net)
    assert (lpips_distance(clips, clips, trunk) == 0).all()
    nudged, other = clips.roll(1, -1), clips.roll(1, 0)
    assert lpips_distance(clips, nudged, trunk).mean() < lpips_distance(clips, other, trunk).mean()


def test_the_shipped_judge_names_what_it_sees_in_handwriting_that_it_never_saw(judge):
    """Digit, direction and speed by the largest logit, on other writers' digits; chance is 1/10, 1/4 and 1/2."""
    clips = replace(World(), split="heldout").sample(200, seed=3)
    said = judges.said_words(clips.caption)
    with torch.no_grad():
        film, _ = judge.net.words(clips.video)
    for words, least in ((slice(0, 10), 0.75), (slice(LOOKS, LOOKS + 4), 0.97), (slice(LOOKS + 8, LOOKS + 10), 0.97)):
        assert (film[:, words].argmax(1) == said[:, words].argmax(1)).float().mean() > least


def test_weights_are_small_and_carry_how_they_were_made(judge):
    assert (judges.WEIGHTS / "judge-motion.safetensors").stat().st_size < 400_000
    assert judge.manifest["steps"] == judges.recipe("judge-motion").training.steps
    assert judge.manifest["processor_minutes"] < 5


@pytest.mark.parametrize("world, n", [(World(), 160), (World(frames=16, size=32), 64)], ids=["8x16x16", "16x32x32"])
def test_the_distance_sees_frames_and_motion_go_wrong_and_not_time_turned_round(film, world, n):
    """Over its real-against-real floor. A world of constant speed and elastic walls has no arrow of time."""
    real = film(world.sample(2 * n, seed=1).video)
    video = world.sample(n, seed=2).video
    ground = floor(frechet_distance, real, n=n)

    def over_floor(clips):
        return frechet_distance(real[:n], film(clips)) / ground

    assert over_floor(video) < 1.4 and over_floor(reverse(video, 1)) < 1.5
    for worst in (noise(video, 0.4), blur(video, 2), swap_frames(video, 16), jitter(video, 2), swap_identity(video, 1)):
        assert over_floor(worst) > 1.4


def test_frame_features_see_the_subject_change(judge):
    _, looks = extractors(judge.net)
    video = World().sample(64, seed=4).video
    real, mixed = (subject_consistency(looks(clips)) for clips in (video, swap_identity(video, 1)))
    assert real.mean() > 0.9 and (mixed < real.quantile(0.1)).float().mean() > 0.7


def test_absent_weights_and_unknown_judges_are_sentences(tmp_path):
    with pytest.raises(CheckpointError, match="`minivid train judge-motion` makes them"):
        judges.load("judge-motion", tmp_path)
    with pytest.raises(ValueError, match="did you mean judge-text"):
        judges.load("judge-txt")


def test_training_is_a_function_of_its_recipe(tmp_path):
    """Two steps twice give the same bytes, and what is loaded is what was written."""
    run = judges.recipe("judge-motion")
    run = replace(run, training=run.training.shortened(2), worlds=run.worlds[:1])
    made = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        training = run.start()
        list(training.steps(progress=False))
        made.append(judges.load("judge-motion", publish(run, training, folder).parent))
    a, b = made
    assert a.sha256 == b.sha256 != judges.load("judge-motion").sha256
    assert a.manifest["steps"] == 2 and a.manifest["loss"]["is"] == "minivid.judges.Naming"


def test_a_judge_is_calibrated_when_its_training_has_ended(tmp_path):
    run = replace(judges.recipe("judge-motion"), training=TrainConfig(steps=1, batch=4), worlds=(World(),))
    training = run.start()
    list(training.steps(progress=False))
    features = run.finish(training)(World().sample(128, (0, 1)).video)
    torch.testing.assert_close(features.mean(0), torch.zeros(48), atol=1e-4, rtol=0)
    torch.testing.assert_close(features.std(0), torch.ones(48), atol=5e-2, rtol=0)

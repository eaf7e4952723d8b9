"""What the image-to-clip model is told, and what the chapter measures of it."""

import pytest
import torch

from minivid import zoo
from minivid.adapt.svd import guided_by_frame
from minivid.chapters.ch06.clips import WORLD
from minivid.chapters.ch06.svd import AUGMENTED, DROPPED, FAST, LONG, SLOW, batches, bucket_of, image_to_clip, told
from minivid.motion.trajectories import centroid, first_velocity
from minivid.train import TrainConfig


@pytest.fixture(scope="module")
def batch():
    return batches(64, (0, 3, 0))


def test_the_clip_s_own_first_frame_stands_beside_every_frame_with_a_little_noise(batch):
    video, cond = batch
    shown = cond.known.flatten(1).any(1)
    off = (cond.known - video[:, :, :1])[shown]
    torch.testing.assert_close(off, off[:, :, :1].expand_as(off))
    sigma = cond.numbers[shown, 2].exp()
    torch.testing.assert_close(off[:, :, 0].flatten(1).std(1), sigma, rtol=0.1, atol=0)


def test_of_some_clips_no_frame_is_shown():
    shown = torch.cat([batches(200, (seed, 0, 0))[1].known.flatten(1).any(1) for seed in range(3)])
    assert (~shown).float().mean() == pytest.approx(DROPPED, abs=0.04)


def test_the_numbers_are_frames_per_second_less_one_the_motion_bucket_and_the_noise(batch):
    """A digit in bucket m goes m/10 pixels in an eighth of a second, so twice as far from frame to frame at half the frames."""
    video, cond = batch
    fps, bucket, log_sigma = cond.numbers.T
    assert set(fps.tolist()) == {FAST - 1.0, SLOW - 1.0}
    step = first_velocity(centroid(video), 1).norm(dim=-1)
    torch.testing.assert_close(step, bucket / 10 * FAST / (fps + 1), atol=0.25, rtol=0)
    assert log_sigma.mean() == pytest.approx(AUGMENTED[0], abs=0.3)


def test_a_batch_is_a_function_of_its_seed(batch):
    again = batches(64, (0, 3, 0))
    assert torch.equal(again[0], batch[0]) and torch.equal(again[1].known, batch[1].known)


def test_the_bucket_is_tenths_of_a_pixel():
    assert bucket_of(torch.tensor([0.2, 1.26])).tolist() == [2, 13]
    cond = told(torch.zeros(2, 3, 4, 4), FAST, 12, torch.full((2,), -3.0), torch.zeros(2, 3, 4, 4), frames=5)
    assert cond.known.shape == (2, 3, 5, 4, 4) and cond.numbers.tolist() == [[7.0, 12.0, -3.0]] * 2


def test_two_frames_a_second_of_the_same_clip_show_the_same_motion_twice_as_long():
    clips = LONG.sample(1, 0)
    assert clips.video[:, :, ::2].shape[2] == WORLD.frames == clips.video[:, :, : WORLD.frames].shape[2]


def test_its_run_trains_all_weights_and_is_published_and_loaded_as_any_other(tmp_path):
    run, training = image_to_clip(zoo.load("image-digits"), TrainConfig(steps=2, batch=2, warmup=1))
    assert all(weight.requires_grad for weight in training.model.parameters())
    list(training.steps(progress=False))
    model = zoo.find(str(zoo.publish(run, training, tmp_path)))
    video, cond = batches(2, (5, 0, 0))
    out = guided_by_frame(model.denoiser, torch.ones(WORLD.frames))(video, torch.zeros(2), cond)
    assert model.run == run and out.shape == video.shape

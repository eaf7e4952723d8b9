"""What chapter 6 measures, where the answer is known."""

import pytest
import torch

from minivid import zoo
from minivid.adapt import Method, inflated
from minivid.chapters.ch06.clips import LEVELS, WORLD, as_clips, model_of, reached, taught, thrown_off, x_errors
from minivid.train import TrainConfig


@pytest.fixture(scope="module")
def image():
    return zoo.load("image-digits")


def test_real_clips_are_not_thrown_off_their_path_and_shuffled_ones_are():
    video = WORLD.sample(8, 0).video
    assert thrown_off(video).median() < 0.1
    assert thrown_off(video[:, :, [0, 7, 1, 6, 2, 5, 3, 4]]).median() > 1


def test_before_training_the_inflated_model_guesses_as_the_image_model_does(image):
    model = model_of(image, Method.ANIMATEDIFF, inflated(image.network, Method.ANIMATEDIFF))
    alone = x_errors(as_clips(image), n=2)
    assert alone.shape == (len(LEVELS),) and (alone[1:] < alone[:-1]).all()
    torch.testing.assert_close(x_errors(model, n=2), alone, rtol=1e-4, atol=1e-6)


def test_a_few_steps_join_the_frames_and_leave_the_image_model(image):
    run = taught(image, Method.ANIMATEDIFF, TrainConfig(steps=2, batch=1, warmup=1))
    assert reached(run.model.eval()) == [2]
    list(run.steps(progress=False))
    assert reached(run.model.eval()) == [0, 1, 2, 3, 4]
    own = image.network.state_dict()
    assert torch.equal(run.model.state_dict()["down.0.spatial.to_qkv.weight"], own["down.0.spatial.to_qkv.weight"])

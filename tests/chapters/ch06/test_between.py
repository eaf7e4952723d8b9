"""Frames filled in: what the network is shown, what stays, and the baseline beside it."""

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch06.between import (
    FRAMES,
    GAPS,
    LONGER,
    batches,
    blended,
    filled_in,
    given_at,
    interpolator,
    shown,
)
from minivid.train import TrainConfig


def test_with_each_gap_the_first_and_the_last_frame_are_given():
    for gap in GAPS:
        assert given_at(gap)[0] and given_at(gap)[-1] and given_at(gap).sum() == 1 + (FRAMES - 1) // gap


def test_a_batch_shows_the_clip_where_the_mask_says_so_and_nothing_elsewhere():
    video, cond = batches(12, (0, 1, 0))
    frames, mask = cond.known[:, :3], cond.known[:, 3:]
    assert torch.equal(frames, video * mask) and set(cond.numbers.flatten().tolist()) == set(map(float, GAPS))
    for one, gap in zip(mask, cond.numbers.flatten().tolist(), strict=True):
        assert torch.equal(one[0, :, 0, 0] > 0, given_at(int(gap)))


def test_what_is_not_given_cannot_be_seen():
    video, given = torch.randn(1, 3, 5, 4, 4), given_at(2, 5)[None]
    other = torch.where(given[:, None, :, None, None], video, torch.randn_like(video))
    assert torch.equal(shown(video, given), shown(other, given))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    run, training = interpolator(zoo.load("image-digits"), TrainConfig(steps=2, batch=2, warmup=1))
    list(training.steps(progress=False))
    return zoo.find(str(zoo.publish(run, training, tmp_path_factory.mktemp("between"))))


def test_given_frames_stay_to_the_bit_and_hidden_ones_do_not_matter(model):
    clips = LONGER.sample(2, 0)
    hidden = torch.where(given_at(4)[:, None, None], clips.video, torch.zeros_like(clips.video))
    one, two = (filled_in(model, video, 4, clips.caption, steps=2) for video in (clips.video, hidden))
    assert torch.equal(one, two) and torch.equal(one[:, :, ::4], clips.video[:, :, ::4])


def test_it_fills_in_clips_of_another_length(model):
    clips = LONGER.sample(1, 0)
    assert filled_in(model, clips.video[:, :, :5], 2, clips.caption, steps=1).shape[2] == 5


def test_blending_gives_what_is_given_and_the_mean_half_way_between():
    video = torch.randn(1, 3, 9, 4, 4)
    out = blended(video, 4)
    assert torch.equal(out[:, :, ::4], video[:, :, ::4])
    torch.testing.assert_close(out[:, :, 2], (video[:, :, 0] + video[:, :, 4]) / 2)
    torch.testing.assert_close(out[:, :, 5], 0.75 * video[:, :, 4] + 0.25 * video[:, :, 8])

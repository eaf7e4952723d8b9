"""The reader against the world's truth, and clips that do not keep their captions."""

import pytest
import torch

from minivid.data import World
from minivid.metrics.reader import ABSTAIN, agreement, fit_reader
from minivid.motion.trajectories import centroid, first_velocity

WORLD = World()


@pytest.fixture(scope="module")
def reader():
    return fit_reader(WORLD)


@pytest.fixture(scope="module")
def clips():
    return WORLD.sample(200, seed=8)


def test_real_clips_keep_their_captions(reader, clips):
    rates = agreement(clips.video, clips.caption, reader).rates()
    assert rates["direction"] == 1 and rates["speed"] == 1
    assert (
        rates["digit_always"] > 0.8 and rates["same_digit"] > 0.9
    )  # unseen handwriting; a slip on any of 8 frames counts


def test_the_reader_reads_handwriting_it_never_saw(reader, clips):
    """Fitted on the held-out block, asked about the other: above nine frames in ten, and far from chance."""
    assert (reader.read(clips.video) == clips.digit).float().mean() > 0.88


def test_brightness_does_not_matter_and_position_is_read_from_the_ink(reader, clips):
    dimmer = (clips.video + 1) * 0.7 - 1
    assert (reader.read(dimmer) == reader.read(clips.video)).float().mean() > 0.99
    assert (centroid(clips.video) - clips.position[:, :, 0]).abs().max() < 0.05


def test_an_empty_frame_is_not_read(reader, clips):
    video = clips.video[:2].clone()
    video[0, :, 3] = -1
    read = reader.read(video)
    assert read[0, 3] == ABSTAIN and (read[1] != ABSTAIN).all()
    assert not agreement(video, clips.caption[:2], reader).digit_always[0]


def test_each_broken_promise_is_seen_by_its_own_measure(reader, clips):
    captions = clips.caption
    slow = World(speeds=("slowly",)).sample(100, seed=9)  # few of them meet a wall: backwards is the other way
    reversed_in_time = agreement(slow.video.flip(2), slow.caption, reader).rates()
    assert reversed_in_time["direction"] < 0.3 and reversed_in_time["same_digit"] > 0.9
    still = agreement(clips.video[:, :, :1].expand_as(clips.video), captions, reader).rates()
    assert still["speed"] < 0.7
    other_half = torch.cat([clips.video[:, :, :4], clips.video.roll(1, 0)[:, :, 4:]], dim=2)
    assert agreement(other_half, captions, reader).rates()["same_digit"] < 0.3


def test_a_velocity_needs_its_frames():
    with pytest.raises(ValueError, match="needs 3 frames"):
        first_velocity(torch.zeros(1, 2, 2))

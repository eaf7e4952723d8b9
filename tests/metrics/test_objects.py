"""Digits found, followed and compared with themselves, held against the simulator's truth."""

from itertools import permutations

import pytest
import torch

from minivid.data import World
from minivid.metrics.objects import appearance, count_right, find, follow, identity, isolate, mass_flicker
from minivid.metrics.reader import fit_reader
from minivid.motion.trajectories import centroid

LEAST = 4.0  # ink of half a small digit
PAIR = World(frames=8, size=48, digits=2, digit_size=10)


@pytest.fixture(scope="module")
def single():
    return World().sample(64, seed=4)


@pytest.fixture(scope="module")
def pairs():
    return PAIR.sample(48, seed=4)


def test_one_digit_is_found_where_it_is(single):
    found = find(single.video, LEAST)
    assert count_right(found, 1).all()
    assert (found.place[:, :, 0] - single.position[:, :, 0]).abs().max() < 0.5  # of the ink above the threshold


def test_a_second_digit_and_a_missing_one_are_counted(single):
    video = single.video.clone()
    video[0, :, 3] = -1
    video[1] = torch.maximum(video[1], video[1].roll(8, -1).flip(-2))
    count = find(video, LEAST).count
    assert count[0].tolist() == [1, 1, 1, 0, 1, 1, 1, 1]
    assert (count[1] == 2).float().mean() > 0.4  # where the two do not touch


def test_specks_are_no_digits(single):
    video = single.video.clone()
    video[:, :, :, 0, 0] = 1
    video[:, :, :, 0, -1] = 1
    assert (find(video, LEAST).count == 1).all()


def test_digits_are_followed_by_their_motion(pairs):
    """In clips in which both are always seen apart, each one's track is one digit's path from first to last."""
    found = find(pairs.video, LEAST)
    apart = count_right(found, 2).all(1)
    assert apart.float().mean() > 0.4
    who = follow(found, 2)[apart]
    place = found.place[apart].gather(2, who[..., None].expand(-1, -1, -1, 2))  # n t k 2
    truth = pairs.position[apart]
    off = torch.stack([(place - truth[:, :, list(order)]).norm(dim=3).amax((1, 2)) for order in permutations(range(2))])
    assert off.amin(0).max() < 1


def test_what_is_not_found_is_minus_one_and_never_made_up(pairs):
    video = pairs.video.clone()
    video[:, :, 4] = -1
    found = find(video, LEAST)
    who = follow(found, 2)
    assert (who[:, 4] == -1).all()
    assert ((who >= 0).sum(2) == found.count.clamp(max=2)).all()


def test_each_isolated_digit_is_alone(pairs):
    apart = count_right(find(pairs.video, LEAST), 2).all(1)
    one, other = isolate(pairs.video[apart], 2, LEAST)
    assert count_right(find(one, LEAST), 1).all() and count_right(find(other, LEAST), 1).all()
    assert not ((one > 0) & (other > 0)).any()


def test_identity_persists_in_real_clips_and_not_in_exchanged_ones(single):
    reader = fit_reader(World(), clips=600)
    real = identity(single.video, reader)
    assert real.persistence.mean() > 0.93 and (real.abstained == 0).all()
    mixed = torch.cat([single.video[:, :, :4], single.video.roll(1, 0)[:, :, 4:]], dim=2)
    assert identity(mixed, reader).persistence.mean() < 0.7


def test_frames_without_a_digit_are_abstentions_and_not_agreement(single):
    reader = fit_reader(World(), clips=300)
    video = single.video[:3].clone()
    video[0, :, 2:4] = -1
    video[1] = -1
    seen = identity(video, reader)
    assert seen.abstained.tolist() == [0.25, 1, 0]
    assert seen.persistence[1].isnan() and seen.digit[1] == -1


def test_looks_are_constant_in_real_clips_and_change_with_another_digit(single):
    other = torch.cat([single.video[:, :, :4], single.video.roll(1, 0)[:, :, 4:]], dim=2)
    assert appearance(single.video).max() < 0.2 < 0.3 < appearance(other).median()


def test_ink_is_kept_in_real_clips_and_flickers_with_brightness(single):
    gain = 1 + 0.1 * torch.randn(64, 1, 8, 1, 1, generator=torch.Generator().manual_seed(0))
    assert mass_flicker(single.video).max() < 1e-4
    assert mass_flicker((single.video + 1) * gain - 1).median() > 0.05


def test_moving_by_whole_pixels_changes_no_looks(single):
    still = single.video[:, :, :1].expand_as(single.video).clone()
    still[:, :, ::2] = still[:, :, ::2].roll(1, -1)
    inside = centroid(still)[:, :, 0].amax(1) < 10  # the roll takes no ink around the edge
    assert appearance(still)[inside].max() < 1e-4

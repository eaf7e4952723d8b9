"""Each corruption does its one thing, by degrees, and nothing else."""

import pytest
import torch

from minivid.data import World
from minivid.metrics.corruptions import (
    LADDERS,
    blur,
    drift,
    fade,
    gain_flicker,
    hold_frames,
    jitter,
    jump,
    noise,
    reverse,
    swap_frames,
    swap_identity,
)
from minivid.motion.trajectories import centroid, ink

WORLD = World(frames=8, size=24)
CLIPS = WORLD.sample(12, seed=0).video


def is_one_of(frame: torch.Tensor, frames: torch.Tensor) -> bool:
    """Whether c h w is among c t h w, but for rounding."""
    return bool(((frames - frame[:, None]).abs().amax((0, 2, 3)) < 1e-5).any())


@pytest.mark.parametrize("name", LADDERS)
def test_severity_zero_is_nothing(name):
    assert torch.allclose(LADDERS[name][0](CLIPS, 0, 0), CLIPS, atol=1e-5 if name == "jitter" else 1e-6)


@pytest.mark.parametrize("name", LADDERS)
def test_each_rung_is_further_from_the_clip_than_the_one_before(name):
    corrupt, severities = LADDERS[name]
    change = [(corrupt(CLIPS, severity, 0) - CLIPS).square().mean().item() for severity in severities]
    assert change[0] > 0 and change == sorted(change)


@pytest.mark.parametrize("name", LADDERS)
def test_a_corruption_stays_a_video_and_is_the_seeds_alone(name):
    corrupt, severities = LADDERS[name]
    state = torch.random.get_rng_state()
    once = corrupt(CLIPS, severities[-1], 3)
    assert once.shape == CLIPS.shape and once.abs().max() <= 1 + 1e-6
    assert torch.equal(once, corrupt(CLIPS, severities[-1], 3))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("corrupt", [noise, jitter, swap_frames, hold_frames, gain_flicker, jump])
def test_another_seed_is_another_chance(corrupt):
    severity = 1 if corrupt in (swap_frames, jump) else 0.5
    assert not torch.equal(corrupt(CLIPS, severity, 0), corrupt(CLIPS, severity, 1))


@pytest.mark.parametrize("name", ["frame swaps", "held frames", "time reversal"])
def test_what_is_wrong_in_time_alone_leaves_frames_that_were_there(name):
    corrupt, severities = LADDERS[name]
    for severity in severities:
        for broken, clip in zip(corrupt(CLIPS, severity, 1), CLIPS, strict=True):
            assert all(is_one_of(frame, clip) for frame in broken.unbind(1))


def test_one_swap_moves_two_frames_of_every_clip():
    moved = (swap_frames(CLIPS, 1, 0) - CLIPS).abs().amax((1, 3, 4)) > 0
    assert (moved.sum(1) == 2).all()


def test_holding_all_frames_is_a_still_and_holding_half_repeats_about_half():
    assert torch.equal(hold_frames(CLIPS, 1, 0), CLIPS[:, :, :1].expand_as(CLIPS))
    many = CLIPS.repeat(20, 1, 1, 1, 1)
    repeated = hold_frames(many, 0.5, 0).diff(dim=2).abs().amax((1, 3, 4)) == 0
    assert 0.45 < repeated.float().mean() < 0.55


def test_noise_has_its_deviation_where_there_is_room_for_it():
    grey = torch.zeros(2, 1, 4, 32, 32)
    assert noise(grey, 0.1, 0).std().item() == pytest.approx(0.1, rel=0.05)


def test_blur_keeps_the_light_and_spreads_it_by_its_deviation():
    point = torch.full((1, 1, 1, 31, 31), -1.0)
    point[..., 15, 15] = 1
    spread = ink(blur(point, 2.0, 0))[0, 0]
    assert spread.sum().item() == pytest.approx(1, abs=1e-4)
    variance = (spread.sum(0) * (torch.arange(31) - 15) ** 2).sum()
    assert variance.item() == pytest.approx(4, rel=0.03)


def test_jitter_moves_the_object_by_its_deviation_and_keeps_its_light():
    many = CLIPS.repeat(10, 1, 1, 1, 1)
    broken = jitter(many, 0.5, 0)
    assert (centroid(broken) - centroid(many)).std().item() == pytest.approx(0.5, rel=0.1)
    assert (ink(broken).sum() / ink(many).sum()).item() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("severity", [2, 5])
def test_a_jump_is_one_step_in_the_middle_and_the_object_stays_whole(severity):
    broken = jump(CLIPS, severity, 0)
    step = (centroid(broken) - centroid(CLIPS)).norm(dim=-1)
    assert (step[:, :4] < 1e-3).all() and torch.allclose(step[:, 4], torch.tensor(float(severity)), atol=0.02)
    assert torch.allclose(ink(broken)[:, 4].sum((1, 2)), ink(CLIPS)[:, 4].sum((1, 2)), rtol=1e-3)


def test_another_identity_takes_over_the_path():
    broken = swap_identity(CLIPS, 1, 0)
    assert torch.equal(broken[:, :, :4], CLIPS[:, :, :4])
    assert (broken[:, :, 4:] - CLIPS[:, :, 4:]).abs().amax((1, 2, 3, 4)).min() > 0.3
    assert (centroid(broken) - centroid(CLIPS)).abs().mean() < 0.1
    before, after = ink(CLIPS).sum((2, 3)), ink(broken).sum((2, 3))
    assert torch.allclose(after[:, 5], before.roll(1, 0)[:, 5], rtol=0.1)  # it has the neighbour's ink


def test_an_identity_can_come_from_other_clips_and_must_come_from_somewhere():
    other = WORLD.sample(12, seed=1).video
    assert not torch.equal(swap_identity(CLIPS, 1, 0, other=other), swap_identity(CLIPS, 1, 0))
    with pytest.raises(ValueError, match="give two clips or more"):
        swap_identity(CLIPS[:1], 1, 0)


@pytest.mark.parametrize("corrupt", [swap_identity, reverse])
def test_a_share_of_the_clips_is_that_many_clips(corrupt):
    changed = (corrupt(CLIPS, 0.25, 0) - CLIPS).abs().amax((1, 2, 3, 4)) > 0
    assert changed.sum() == 3


def test_a_gain_changes_a_frames_light_and_nothing_else():
    dim = CLIPS * 0.5 - 0.5  # room above
    broken = gain_flicker(dim, 0.1, 0)
    gain = ink(broken).sum((2, 3)) / ink(dim).sum((2, 3))
    assert gain.std().item() == pytest.approx(0.1, rel=0.25)
    assert torch.allclose(ink(broken), ink(dim) * gain[..., None, None], atol=1e-6)


@pytest.mark.parametrize(("corrupt", "severity"), [(noise, -0.1), (reverse, 1.5), (hold_frames, 2), (jump, -1)])
def test_a_severity_out_of_range_is_refused(corrupt, severity):
    with pytest.raises(ValueError, match="A corruption's severity is"):
        corrupt(CLIPS, severity, 0)


def test_a_drift_moves_by_as_much_in_every_frame_and_nothing_at_severity_zero():
    wide = torch.full((6, 1, 8, 40, 40), -1.0)
    wide[:, :, :, 18:22, 18:22] = 1
    path = centroid(drift(wide, 0.5, 0))
    steps = path.diff(dim=1)
    assert torch.allclose(steps.norm(dim=2), torch.tensor(0.5), atol=1e-3) and torch.allclose(
        steps[:, 0], steps[:, -1], atol=1e-3
    )
    assert torch.allclose(drift(CLIPS, 0, 0), CLIPS, atol=1e-5)
    assert not torch.equal(drift(CLIPS, 0.5, 0), drift(CLIPS, 0.5, 1))


def test_a_fade_ends_at_its_share_of_the_light():
    faded = ink(fade(CLIPS, 0.5)).sum((2, 3)) / ink(CLIPS).sum((2, 3))
    assert torch.allclose(faded, torch.linspace(1, 0.5, 8).expand(12, -1), atol=1e-4)
    assert torch.equal(fade(CLIPS, 0), CLIPS)
    with pytest.raises(ValueError, match="share"):
        fade(CLIPS, 1.5)

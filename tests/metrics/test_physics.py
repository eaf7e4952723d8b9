"""The law of motion, held against the simulator's truth and against clips that break it."""

from dataclasses import replace

import pytest
import torch

from minivid.data import World, from_uint8, to_uint8
from minivid.metrics.corruptions import gain_flicker, hold_frames, jitter, jump, reverse, swap_identity
from minivid.metrics.objects import appearance, mass_flicker
from minivid.metrics.physics import bounces, fit_trajectory, moves, reach_walls, wave

WORLDS = [World(), World(frames=16, size=32), World(frames=16, size=(24, 32), directions=("up-left", "down-right"))]


@pytest.fixture(scope="module", params=WORLDS, ids=lambda world: f"{world.frames}x{world.height}x{world.width}")
def clips(request):
    return request.param.sample(96, seed=5)


def test_a_real_clip_is_a_straight_path_between_mirrors(clips):
    fit = fit_trajectory(clips.video)
    assert fit.rmse.max() < 0.03
    assert (fit.path - clips.position[:, :, 0]).norm(dim=2).max() < 0.1


def test_the_fit_finds_the_velocity_that_the_simulator_drew(clips):
    """To a hundredth of a pixel per frame, also for those that meet a wall, or two."""
    assert (fit_trajectory(clips.video).velocity - clips.velocity[:, 0, 0]).norm(dim=1).max() < 0.01


def test_the_waves_derivatives_are_those_of_autograd():
    """With free paths, one mirror and several passed, both ways."""
    unknown = torch.tensor([[3.0, 0.4, 0.5, 9.0], [3.0, -1.7, 0.5, 9.0], [3.0, 3.1, 2.5, 6.0]], dtype=torch.float64)
    times = torch.arange(9, dtype=torch.float64)
    place, slope = wave(*unknown.unbind(-1), times)
    found = torch.autograd.functional.jacobian(lambda u: wave(*u.unbind(-1), times)[0].sum(0), unknown)  # t n 4
    torch.testing.assert_close(slope, found.transpose(0, 1))
    assert ((place > unknown[:, 2:3] - 1e-9) & (place < unknown[:, 3:] + 1e-9)).all()


def test_a_place_off_the_path_is_an_error_in_pixels(clips):
    """The second half shown two frames late: as far off as two frames of motion, shared among all frames."""
    late = clips.video.clone()
    half = late.shape[2] // 2
    late[:, :, half:] = clips.video[:, :, half - 2 : -2]
    error, pace = fit_trajectory(late).rmse, clips.velocity[:, 0, 0].norm(dim=1)
    assert (error > 0.1 * pace).float().mean() > 0.9


def test_falling_is_no_straight_path():
    falling = World(gravity=0.15).sample(64, seed=1)
    assert fit_trajectory(falling.video).rmse.median() > 0.1


def test_a_clip_turned_round_in_time_keeps_the_law(clips):
    """Constant speed and elastic walls know no direction of time, so no honest measure of this law can see it."""
    assert fit_trajectory(clips.video.flip(2)).rmse.max() < 0.03


def test_walls_are_where_the_ink_would_touch_the_edge():
    """A clip pushed on until its ink leaves the picture has passed its wall."""
    video = World(frames=2, size=32, speeds=("slowly",)).sample(64, seed=2).video
    walls, middle = reach_walls(video), fit_trajectory(video).start
    assert (walls.low < middle + 1).all() and (middle - 1 < walls.high).all()
    steps = (walls.high[0, 0] - middle[0, 0]).round().int().item()
    row = video[0].amax((0, 1, 2))
    assert row.roll(steps - 2)[-1] < 0 < row.roll(steps + 2).roll(0).amax()
    assert video[0].amax((0, 1, 2)).roll(steps + 2)[: steps + 2].amax() > -0.9


def test_real_bounces_are_elastic_and_happen_at_the_edge(clips):
    seen = bounces(clips.video)
    met_a_wall = clips.bounce.isfinite().any(2)[:, 0]
    assert met_a_wall[seen.turns].all() and seen.turns.float().mean() > 0.3
    assert seen.lawful().float().mean() > 0.95
    assert (seen.restitution[seen.turns] - 1).abs().max() < 0.1
    assert seen.gap[~seen.turns].isnan().all()


def test_a_bounce_that_loses_speed_or_happens_in_mid_air_is_seen():
    world = World(frames=12, size=32, speeds=("quickly",))
    clips = world.sample(64, seed=3)
    half = clips.video[:, :, :6]
    there_and_back = torch.cat([half, half.flip(2)], dim=2)  # turns half-way, wherever it is
    assert bounces(there_and_back).lawful().float().mean() < 0.3
    dragged = bounces(replace(world, frames=20, drag=0.15).sample(64, seed=3).video)
    assert dragged.turns.any() and not dragged.lawful()[dragged.turns].any()


def test_a_still_clip_keeps_the_law_and_does_not_move(clips):
    still = clips.video[:, :, :1].expand_as(clips.video)
    assert fit_trajectory(still).rmse.max() < 1e-3 and bounces(still).lawful().all()
    assert not moves(still).any() and moves(clips.video).all()


def test_too_few_frames_for_a_bounce_are_refused(clips):
    with pytest.raises(ValueError, match="five steps or more; these clips have 4 frames"):
        bounces(clips.video[:, :, :4])


# The exchanged digit stands exactly where the other one would: its path alone shows little, its ink and looks all.
ACCEPTED = {  # measure: (corruption, severity, least area under the curve against clean clips)
    "trajectory": [(hold_frames, 0.1, 0.84), (jitter, 0.5, 0.99), (jump, 2, 0.97), (swap_identity, 1, 0.6)],
    "ink": [(swap_identity, 1, 0.98), (gain_flicker, 0.1, 0.99)],
    "looks": [(swap_identity, 1, 0.99), (gain_flicker, 0.1, 0.77)],
}
BLIND = {"ink": [(hold_frames, 0.1)], "looks": [(hold_frames, 0.1), (jump, 2)], "trajectory": [(reverse, 1)]}
MEASURES = {"trajectory": lambda video: fit_trajectory(video).rmse, "ink": mass_flicker, "looks": appearance}


def area(clean, corrupted):
    """How often a corrupted clip has the larger value than a clean one, ties counting half: 0.5 is chance."""
    above, equal = corrupted[:, None] > clean, corrupted[:, None] == clean
    return (above.float() + 0.5 * equal.float()).mean().item()


@pytest.fixture(scope="module")
def two_sets():
    """Clips as files hold them: in bytes."""
    world = World(frames=16, size=32)
    return [from_uint8(to_uint8(world.sample(128, seed=seed).video)) for seed in (1, 2)]


@pytest.mark.parametrize("measure", MEASURES)
def test_single_clips_give_themselves_away(two_sets, measure):
    clean, other = two_sets
    values = MEASURES[measure](clean)
    assert area(values, MEASURES[measure](other)) == pytest.approx(0.5, abs=0.1)
    for corruption, severity, least in ACCEPTED[measure]:
        assert area(values, MEASURES[measure](corruption(other, severity, 3))) > least, corruption.__name__
    for corruption, severity in BLIND.get(measure, []):
        assert area(values, MEASURES[measure](corruption(other, severity, 3))) < 0.6, corruption.__name__

"""Temporal metrics by the world's exact flow, by an estimated one, and on clips that cheat by standing still."""

import pytest
import torch

from minivid.data import World
from minivid.metrics.corruptions import gain_flicker, hold_frames, jitter, jump, noise, swap_frames
from minivid.metrics.temporal import (
    background_consistency,
    crossfade,
    dynamic_degree,
    flicker,
    followed,
    frame_features,
    short_term_loss,
    smoothness,
    static,
    subject_consistency,
    warping_error,
)
from minivid.motion.flow import estimate_flow

CLIPS = World(frames=9, size=32).sample(12, seed=0)
STILL = CLIPS.video[:, :, :1].expand_as(CLIPS.video)


def by_exact_flow(video: torch.Tensor) -> torch.Tensor:
    return warping_error(video, CLIPS.flow, mask=~CLIPS.occluded)


def by_estimated_flow(video: torch.Tensor) -> torch.Tensor:
    return warping_error(video, estimate_flow(video), estimate_flow(video, backward=True))


def test_with_the_exact_flow_whole_pixel_motion_has_no_warping_error_at_all():
    """Before the first wall, pixels of a digit go to pixels; the faint rim of its ink belongs to the background."""
    clips = World(frames=3, size=32, slowly=(1, 1), quickly=(2, 2)).sample(12, seed=0)
    digit = (clips.layer[:, :-1] == 0) & ~clips.occluded
    assert warping_error(clips.video, clips.flow, mask=digit).max() < 1e-9
    assert warping_error(clips.video, clips.flow * 0, mask=digit).min() > 1e-2


def test_with_the_exact_flow_an_untouched_clip_is_at_interpolation_level():
    """What is left is bilinear look-up's blur; a pixel of jitter, or no flow, make twenty times as much."""
    clean = by_exact_flow(CLIPS.video)
    assert clean.mean() < 4e-4
    assert by_exact_flow(jitter(CLIPS.video, 1.0, 0)).mean() > 20 * clean.mean()
    assert warping_error(CLIPS.video, CLIPS.flow * 0).mean() > 20 * clean.mean()


def test_a_flow_that_is_half_a_pixel_off_is_seen():
    clean = by_exact_flow(CLIPS.video)
    off = warping_error(CLIPS.video, CLIPS.flow + 0.5, mask=~CLIPS.occluded)
    assert (off > 5 * clean).all()


def test_warping_error_is_the_formula():
    """One white pixel that the flow cannot explain among 16, of which 4 are masked, in both pairs of frames."""
    video = torch.full((1, 3, 3, 4, 4), -1.0)
    video[:, :, 1, 1, 1] = 1.0
    mask = torch.ones(1, 2, 4, 4, dtype=torch.bool)
    mask[..., 3] = False
    flow = torch.zeros(1, 2, 2, 4, 4)
    assert warping_error(video, flow).item() == pytest.approx(1 / 16)
    assert warping_error(video, flow, mask=mask).item() == pytest.approx(1 / 12)
    mask[:, 1, 1, 1] = False
    assert warping_error(video, flow, mask=mask).item() == pytest.approx(1 / 24)


def test_a_pair_of_which_nothing_can_be_followed_counts_whole():
    video = torch.full((1, 1, 2, 4, 4), -1.0)
    video[:, :, 1] = 1.0
    nothing = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    assert warping_error(video, torch.zeros(1, 1, 2, 4, 4), mask=nothing).item() == 1


def test_what_is_followed_is_what_leads_back_and_is_not_at_an_edge_of_motion():
    flow, back = torch.zeros(1, 1, 2, 8, 8), torch.zeros(1, 1, 2, 8, 8)
    flow[:, :, 0], back[:, :, 0] = 1.0, -1.0
    assert followed(flow, back).all()
    back[:, :, 0, 5, 4] = 1.0  # whoever gets there does not come back
    assert (~followed(flow, back)).nonzero()[:, 2:].tolist() == [[5, 3]]
    edge = torch.zeros(1, 1, 2, 8, 8)
    edge[:, :, 0, :, 4:] = 1.0
    there_and_back = followed(edge, -edge)
    assert not there_and_back[..., 3].any() and there_and_back[..., :3].all() and there_and_back[..., 5:].all()


@pytest.mark.parametrize(
    ("corrupt", "severities"),
    [(jitter, (0.5, 2.0)), (swap_frames, (1, 8)), (gain_flicker, (0.1, 0.4)), (jump, (2, 8)), (noise, (0.05, 0.4))],
)
def test_warping_error_by_the_exact_flow_rises_with_what_is_wrong_in_time(corrupt, severities):
    mild, severe = (by_exact_flow(corrupt(CLIPS.video, severity, 0)).mean() for severity in severities)
    assert by_exact_flow(CLIPS.video).mean() < mild < severe


def test_flow_estimated_on_the_output_forgives_what_the_exact_flow_does_not():
    """To the estimate, a frame out of place is one that moved: what is wrong is explained away."""
    for corrupt, severity in ((hold_frames, 0.5), (jitter, 1.0), (swap_frames, 4)):
        broken = corrupt(CLIPS.video, severity, 0)
        assert by_exact_flow(broken).mean() > 10 * by_estimated_flow(broken).mean()


def test_a_still_wins_by_every_temporal_measure_and_is_found_out_by_its_motion():
    assert (by_estimated_flow(STILL) == 0).all() and (flicker(STILL) == 1).all()
    assert torch.allclose(smoothness(STILL), torch.ones(12), atol=1e-6)
    assert (flicker(STILL) > flicker(CLIPS.video)).all() and (smoothness(STILL) > smoothness(CLIPS.video)).all()
    moving, standing = estimate_flow(CLIPS.video), estimate_flow(STILL)
    assert (dynamic_degree(standing) == 0).all() and static(standing).all()
    assert (dynamic_degree(moving) > 0.3).all() and not static(moving).any()


def test_dynamic_degree_is_the_speed_of_what_moves():
    way = CLIPS.position[:, :, 0].diff(dim=1).norm(dim=-1).mean(1)
    assert torch.allclose(dynamic_degree(CLIPS.flow), way, atol=1e-4)
    assert torch.allclose(dynamic_degree(estimate_flow(CLIPS.video)), way, atol=0.1)


def test_a_clip_with_one_moving_pair_in_eight_still_counts_as_static():
    flow = torch.zeros(2, 16, 2, 32, 32)
    flow[0, :2], flow[1, :3] = 1.0, 1.0
    assert static(flow).tolist() == [True, False]


def test_flicker_is_vbenchs_formula_on_levels():
    video = torch.full((1, 1, 3, 4, 4), -1.0)
    video[:, :, 1] += 10 / 127.5  # ten levels up, and down again
    assert flicker(video).item() == pytest.approx((255 - 10) / 255)
    assert (flicker(gain_flicker(STILL, 0.2, 0)) < flicker(gain_flicker(STILL, 0.05, 0))).all()


def test_smoothness_knows_motion_better_by_flow_than_by_crossfading():
    assert smoothness(CLIPS.video).mean() > smoothness(CLIPS.video, crossfade).mean() + 0.005
    halted = hold_frames(CLIPS.video, 0.3, 0)
    assert smoothness(CLIPS.video).mean() > smoothness(halted).mean()
    assert smoothness(jitter(CLIPS.video, 1.0, 0)).mean() < smoothness(halted).mean()


def test_smoothness_drops_every_other_frame_that_has_two_neighbours():
    video = torch.zeros(1, 1, 6, 4, 4)
    video[:, :, 5] = -1.0  # the last has none
    assert smoothness(video, crossfade).item() == 1
    video[:, :, 3] = 0.5
    assert smoothness(video, crossfade).item() == pytest.approx(1 - 0.25 / 2)


def test_consistency_is_the_mean_cosine_to_the_frame_before_and_to_the_first():
    turning = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 2.0], [-1.0, 0.0]]])
    expected = ((0 + 0) / 2 + (1 + 0) / 2 + (0 + 0) / 2) / 3  # a negative cosine counts as 0
    assert subject_consistency(turning).item() == pytest.approx(expected)
    assert background_consistency(turning[:, 1:3]).item() == pytest.approx(1)


def test_features_of_frames_come_in_order_and_in_batches():
    brightness = frame_features(CLIPS.video, lambda images: images.mean((2, 3)), batch=7)
    assert torch.allclose(brightness, CLIPS.video.mean((3, 4)).transpose(1, 2))


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (lambda one: flicker(one), "Flicker needs at least 2 frames"),
        (lambda one: smoothness(one), "Smoothness needs at least 3 frames"),
        (lambda one: warping_error(one, torch.zeros(1, 0, 2, 4, 4)), "warping error needs at least 2"),
        (lambda one: subject_consistency(torch.zeros(1, 1, 4)), "at least 2 frames"),
        (lambda one: warping_error(one.expand(-1, -1, 3, -1, -1), torch.zeros(1, 1, 2, 4, 4)), "these clips need"),
    ],
)
def test_too_few_frames_and_another_clips_flow_are_refused(measure, sentence):
    with pytest.raises(ValueError, match=sentence):
        measure(torch.full((1, 1, 1, 4, 4), -1.0))


def test_a_short_term_loss_is_nothing_where_all_moves_as_it_was_given_to():
    given = torch.rand(2, 1, 1, 12, 15).mul(1.8).sub(0.9)
    video = torch.cat([given.roll((0, shift), (3, 4)) for shift in (0, 2, 4)], dim=2)
    flow = torch.tensor([-2.0, 0.0])[None, None, :, None, None].expand(2, 2, 2, 12, 15)
    inside = short_term_loss(video, video, flow)
    assert inside < 0.02 < short_term_loss(video, torch.zeros_like(video), 0 * flow)
    still = video[:, :, :1].expand(-1, -1, 3, -1, -1)
    assert short_term_loss(still, still, 0 * flow) < 1e-7


def test_the_short_term_loss_trusts_the_given_video_alone_and_its_gradient_is_the_made_ones():
    video, given = (torch.rand(1, 3, 4, 8, 9).sub(0.5).requires_grad_() for _ in range(2))
    flow = torch.zeros(1, 3, 2, 8, 9)
    short_term_loss(video, given, flow).backward()
    assert given.grad is None and (video.grad.abs().amax((0, 1, 3, 4)) > 0).all()


@pytest.mark.parametrize(
    "shape, given, flow, words",
    [
        ((1, 1, 1, 8, 8), (1, 1, 1, 8, 8), (1, 0, 2, 8, 8), "2 frames or more"),
        ((1, 1, 3, 8, 8), (1, 1, 3, 8, 9), (1, 2, 2, 8, 8), "differ in shape"),
        ((1, 1, 3, 8, 8), (1, 1, 3, 8, 8), (1, 3, 2, 8, 8), "a pair at a time"),
        ((1, 1, 3, 8, 8), (1, 1, 3, 8, 8), (1, 2, 2, 4, 4), "a pair at a time"),
    ],
)
def test_the_short_term_loss_refuses_clips_and_flows_that_do_not_fit(shape, given, flow, words):
    with pytest.raises(ValueError, match=words):
        short_term_loss(torch.zeros(shape), torch.zeros(given), torch.zeros(flow))

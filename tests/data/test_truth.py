"""What the clips say of themselves is what their frames show."""

import numpy as np
import pytest
import torch

from minivid.data import World
from minivid.motion import backward_warp


def warped(clips):
    """Frame i+1 drawn as frame i, along the true flow: n c t-1 h w."""
    n, steps = clips.flow.shape[:2]
    following = clips.video[:, :, 1:].transpose(1, 2).flatten(0, 1)
    return backward_warp(following, clips.flow.flatten(0, 1)).unflatten(0, (n, steps)).transpose(1, 2)


def error(clips):
    """Mean absolute difference (of a range of 2) where the flow is not occluded."""
    seen = (~clips.occluded)[:, None].expand_as(clips.video[:, :, 1:])
    return (warped(clips) - clips.video[:, :, :-1]).abs()[seen].mean().item()


def whole_steps(digits):
    """Clips whose every step is of whole pixels: no wall is met in the first two."""
    world = World(size=32, digits=digits, slowly=(1, 1), quickly=(2, 2), digit_size=9, frames=3)
    return world.sample(16, seed=1)


def test_flow_of_whole_pixels_warps_each_frame_to_the_one_before_exactly():
    clips = whole_steps(1)
    difference = (warped(clips) - clips.video[:, :, :-1]).abs()[:, 0]
    on_digit = clips.mask[:, 0, :-1] >= 1 / 16
    assert on_digit.float().mean() > 0.03
    assert difference[on_digit].max() < 1e-3
    beside = ~on_digit & ~clips.occluded
    assert difference[beside].max() < 2 / 16 + 1e-3, "a rim of less than a sixteenth counts as background"


@pytest.mark.parametrize("digits", [2, 3])
def test_pixels_of_one_layer_alone_are_warped_exactly_where_they_are_not_hidden_next(digits):
    clips = whole_steps(digits)
    difference = (warped(clips) - clips.video[:, :, :-1]).abs()[:, 0]
    pure = (clips.mask[:, :, :-1].amax(1) > 0.9999) & ~clips.occluded
    assert pure.float().mean() > 0.6
    assert difference[pure].max() < 2 / 16 + 1e-3, "a cover of less than a sixteenth does not count as hiding"
    assert difference[pure].mean() < 1e-3


LOOKS = {
    "plain": World(),
    "turning": World(rotation=15),
    "growing": World(scale=1.5),
    "falling": World(gravity=0.2, drag=0.05),
    "panning": World(background="clouds", pan=1.3),
    "two": World(digits=2, colour=True),
    "change": World(change="direction"),
}


@pytest.mark.parametrize("name", LOOKS)
def test_the_error_of_a_warp_along_the_flow_is_interpolation_which_finer_pixels_take_away(name):
    errors, still = [], []
    for zoom in (1, 2, 4):
        world = LOOKS[name]
        speeds = {word: tuple(zoom * v for v in getattr(world, word)) for word in ("slowly", "quickly")}
        lengths = {what: zoom * getattr(world, what) for what in ("gravity", "pan")}
        changed = {**world.__dict__, **speeds, **lengths, "size": 24 * zoom, "digit_size": 8 * zoom, "frames": 6}
        clips = World(**changed).sample(8, seed=3)
        errors.append(error(clips))
        still.append((clips.video[:, :, 1:] - clips.video[:, :, :-1]).abs().mean().item())
    assert errors[0] < 0.5 * still[0], "already at 24 x 24, most of the change from frame to frame is explained"
    assert errors[1] < 0.7 * errors[0] and errors[2] < 0.7 * errors[1]
    assert errors[2] < 0.1 * still[2]


def test_the_flow_back_draws_each_frame_as_the_next_and_cancels_the_flow_there():
    clips = World(digits=2, size=32, background="checks", pan=0.5).sample(6, seed=4)
    before = clips.video[:, :, :-1].transpose(1, 2).flatten(0, 1)
    drawn = backward_warp(before, clips.backward_flow.flatten(0, 1)).unflatten(0, (6, -1)).transpose(1, 2)
    off = (drawn - clips.video[:, :, 1:]).abs()
    assert off.median() < 0.02 and off.mean() < 0.5 * (clips.video[:, :, 1:] - clips.video[:, :, :-1]).abs().mean()
    back = backward_warp(clips.backward_flow.flatten(0, 1), clips.flow.flatten(0, 1)).unflatten(0, (6, -1))
    assert (clips.flow + back).norm(dim=2).median() < 1e-4


def test_a_wrong_flow_would_be_noticed():
    clips = World(size=48, digit_size=16).sample(8, seed=3)
    right = error(clips)
    clips.__dict__["flow"] = -clips.flow
    assert error(clips) > 5 * right


def test_flow_follows_a_point_of_a_turning_growing_digit():
    clips = World(size=32, rotation=20, scale=1.5).sample(8, seed=2)
    y, x = np.mgrid[:32, :32]
    for i in range(8):
        for t in range(7):
            p, q = (complex(*clips.position[i, s, 0].tolist()) for s in (t, t + 1))
            grown = (clips.size[i, t + 1, 0] / clips.size[i, t, 0]).item()
            turned = np.exp(1j * (clips.angle[i, t + 1, 0] - clips.angle[i, t, 0]).item())
            there = q + grown * turned * (x + 1j * y - p)
            on = clips.layer[i, t].numpy() == 0
            flow = clips.flow[i, t].numpy()
            assert np.allclose((flow[0] + 1j * flow[1])[on], (there - (x + 1j * y))[on], atol=1e-4)


def test_the_background_flows_against_the_camera():
    clips = World(background="checks", pan=1.2).sample(4, seed=0)
    assert torch.allclose(clips.pan.norm(dim=1), torch.full((4,), 1.2))
    for i in range(4):
        behind = clips.flow[i].movedim(1, -1)[clips.layer[i, :-1] == 1]
        assert torch.allclose(behind, -clips.pan[i].expand_as(behind), atol=1e-6)


@pytest.mark.parametrize("world", [World(), World(digits=3), World(rotation=20), World(digits=2, motion_blur=1.0)])
def test_masks_sum_to_one_and_are_shares(world):
    mask = world.sample(8, seed=0).mask
    assert torch.allclose(mask.sum(1), torch.ones_like(mask[:, 0]), atol=1e-5)
    assert mask.min() >= 0 and mask.max() <= 1 + 1e-6


def test_the_frames_are_the_masks_in_the_digits_brightness():
    clips = World(digits=3).sample(8, seed=0)
    brightness = torch.tensor([1.0, 0.78, 0.56])[clips.depth][:, :, None, None, None]
    assert torch.allclose((clips.video[:, 0] + 1) / 2, (clips.mask[:, :3] * brightness).sum(1), atol=1e-5)


def test_the_top_most_layer_is_the_nearest_digit_that_covers_the_pixel():
    clips = World(digits=3, size=20).sample(6, seed=0)
    layer = np.full(clips.layer.shape, 3)
    for i in range(6):
        for digit in clips.depth[i].argsort(descending=True).tolist():
            layer[i][clips.mask[i, digit].numpy() >= 1 / 16] = digit
    assert np.array_equal(layer, clips.layer.numpy())
    assert all((clips.layer == which).any() for which in range(4))


def test_the_nearer_digit_is_seen_whole_and_the_farther_one_is_hidden_where_they_meet():
    clips = World(digits=2).sample(64, seed=0)
    ink = clips.mask[:, :2].sum((3, 4))  # n k t: what is seen of each digit
    whole = (ink - ink.amax(2, keepdim=True)).abs().amax(2) < 1e-3 * ink.amax(2)
    nearest = clips.depth == 0
    assert whole[nearest].all()
    assert (~whole[~nearest]).float().mean() > 0.5


def test_what_is_occluded_next_is_covered_by_a_nearer_digit_then():
    clips = World(size=32, digits=2, slowly=(1, 1), quickly=(2, 2), frames=3, digit_size=12).sample(32, seed=4)
    found = 0
    for i in range(32):
        near = clips.depth[i].argmin().item()
        for t in range(2):
            hidden = (clips.occluded[i, t] & (clips.layer[i, t] != near)).nonzero()
            for y, x in hidden.tolist():
                dx, dy = clips.flow[i, t, :, y, x].round().int().tolist()
                if 0 <= x + dx < 32 and 0 <= y + dy < 32:
                    cover = 1 - clips.mask[i, -1, t + 1, y + dy, x + dx]
                    assert cover > 1 / 16 - 1e-4
                    found += 1
    assert found > 100


def test_a_slice_of_clips_is_clips_with_the_same_truth():
    clips = World(digits=2, audio=True).sample(6, seed=0)
    some = clips[2:4]
    assert len(some) == 2 and some.caption == clips.caption[2:4]
    for what in ("video", "digit", "index", "position", "velocity", "mask", "flow", "occluded", "bounce", "audio"):
        assert torch.equal(getattr(some, what), getattr(clips, what)[2:4])


def test_one_clip_is_a_batch_of_one():
    clips = World().sample(3, seed=0)
    assert [one.caption for one in clips] == [[line] for line in clips.caption]
    assert torch.equal(clips[-1].video, clips.video[2:])
    with pytest.raises(IndexError, match="There are 3 clips; there is no clip 3"):
        clips[3]

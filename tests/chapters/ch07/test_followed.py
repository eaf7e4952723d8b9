"""What is counted of a clip under a control, on clips of which everything is known."""

import torch

from minivid.chapters.ch07.followed import background_changes, colours, followed
from minivid.chapters.ch07.steered import WORLD, recoloured, renumbered
from minivid.data.captions import COLOURS, parse

CLIPS = WORLD.sample(12, seed=9)


def test_the_world_itself_follows_its_control_and_keeps_its_caption():
    found = followed(CLIPS.video, CLIPS.caption, CLIPS).means()
    assert found["off"] < 0.4 and found["edge"] > 0.98 and found["read"] > 0.9
    assert found["colour"] == 1 and found["background"] < 1e-3 and found["said"] == found["read"]


def test_another_clip_s_picture_does_not_follow():
    found = followed(CLIPS.video.roll(1, 0), CLIPS.caption, CLIPS).means()
    assert found["off"] > 2 and found["edge"] < 0.6 and found["read"] < 0.5


def test_a_picture_that_is_pushed_is_off_by_as_much():
    off = followed(CLIPS.video.roll(2, -1), CLIPS.caption, CLIPS).off
    inside = (CLIPS.position[..., 0] < 15).all((1, 2)) & (CLIPS.position[..., 0] > 8).all((1, 2))
    assert inside.any() and ((off[inside] - 2).abs() < 0.6).all()


def test_a_caption_s_own_digit_and_colour_are_told_from_others():
    names = list(COLOURS)
    own = [names.index(parse(caption)[0].colour) for caption in CLIPS.caption]
    others = recoloured(CLIPS.caption, [names[(place + 1) % len(names)] for place in own])
    assert followed(CLIPS.video, others, CLIPS).colour.max() == 0
    assert torch.equal(colours(CLIPS.video), torch.tensor(own)[:, None].expand(-1, WORLD.frames))
    found = followed(CLIPS.video, renumbered(CLIPS.caption), CLIPS).means()
    assert found["said"] < 0.1 < found["read"]


def test_a_background_s_change_is_counted_between_neighbours():
    clip = -torch.ones(1, 3, 3, 8, 8)
    clip[:, :, 1] = -0.8
    change, weight = background_changes(clip)
    torch.testing.assert_close(change / weight, torch.tensor([[0.1, 0.1]]))

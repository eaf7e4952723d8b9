"""What chapter 6 counts in its clips, on clips of which the truth is known."""

from dataclasses import replace

import torch

from minivid.chapters.ch06.clips import WORLD
from minivid.chapters.ch06.experiments.lift import NEON, whiteness
from minivid.chapters.ch06.seen import cut_out, seen

REAL = replace(WORLD, split="heldout").sample(24, 5)


def test_real_clips_do_what_they_are_told():
    found = seen(REAL.video, REAL.caption)
    assert found.direction.all() and found.same.all() and found.read.min() == 1
    assert found.alike.min() > 0.95 and found.off.median() < 0.1 and found.step.min() > 0.3


def test_frames_of_other_clips_are_no_one_digit_on_no_path():
    mixed = torch.stack([REAL.video[(torch.arange(24) + 5 * k) % 24, :, k] for k in range(8)], dim=2)
    found, real = seen(mixed, REAL.caption), seen(REAL.video, REAL.caption)
    assert not found.same.any() and (found.alike < real.alike).all() and found.off.min() > 1


def test_clips_that_run_backwards_go_where_they_were_not_told():
    shown = replace(WORLD, frames=4).sample(24, 5)  # too short for a wall to turn most of them
    forth, back = seen(shown.video, shown.caption), seen(shown.video.flip(2), shown.caption)
    assert forth.direction.all() and back.direction.float().mean() < 0.2
    assert torch.equal(forth.read, back.read)


def test_a_still_clip_is_never_thrown_off_and_does_not_move():
    found = seen(REAL.video[:, :, :1].expand_as(REAL.video), REAL.caption)
    assert found.off.max() < 1e-4 and found.step.max() < 1e-4 and found.same.all()


def test_what_is_behind_the_digit_does_not_count():
    behind = replace(WORLD, background="gradient").sample(24, 5)
    plain, found = seen(WORLD.sample(24, 5).video, behind.caption), seen(behind.video, behind.caption)
    assert abs(found.read.mean() - plain.read.mean()) < 0.1 and (found.step - plain.step).abs().median() < 0.15
    assert (cut_out(behind.video).amin(1) == -1).float().mean() > 0.4


def test_white_ink_is_told_from_plain_on_every_real_clip_whatever_its_colour():
    plain, neon = whiteness(WORLD.sample(200, 6).video), whiteness(NEON.sample(200, 6).video)
    assert plain.max() < 0.6 < 0.75 < neon.min()


def test_neon_is_read_by_who_knows_its_look():
    neon = replace(NEON, split="heldout").sample(24, 5)
    assert seen(neon.video, neon.caption, NEON).read.mean() > 0.95

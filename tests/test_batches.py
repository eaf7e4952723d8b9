"""Batches: clips with captions, worlds in turns, images packed behind clips."""

import pytest
import torch

from minivid.batches import clips_in, clips_of, in_turns, joint_clips_of
from minivid.data import World, detokenize


def test_a_batch_is_a_function_of_its_seed():
    draw = clips_of(World())
    (first, said), (again, said_again), (other, _) = draw(4, (0, 7)), draw(4, (0, 7)), draw(4, (0, 8))
    assert torch.equal(first, again) and torch.equal(said.tokens, said_again.tokens)
    assert not torch.equal(first, other)


def test_worlds_take_turns_and_keep_their_captions():
    video, cond = clips_of(World(), World(change="direction"))(5, (0, 0))
    texts = detokenize(cond.tokens, cond.token_mask)
    assert len(video) == 5
    assert ["first" in text for text in texts] == [False, False, False, True, True]


def test_the_clips_that_take_turns_are_those_of_the_batch_with_their_truth():
    worlds = (World(), World(change="direction"))
    video, _ = clips_of(*worlds)(5, (0, 0))
    parts = in_turns(worlds, 5, (0, 0))
    assert torch.equal(torch.cat([part.video for part in parts]), video)
    assert [len(part.position) for part in parts] == [3, 2] and len(in_turns(worlds, 1, (0, 0))) == 1


def test_a_folder_of_videos_gives_clips_without_captions():
    class Folder:
        def sample(self, n, seed):
            return torch.full((n, 3, 4, 8, 8), float(seed[-1]))

    video, cond = clips_in(Folder())(2, (0, 7))
    assert video.shape == (2, 3, 4, 8, 8) and video.unique().tolist() == [7.0] and cond is None


def test_images_of_a_joint_batch_are_first_frames_with_their_own_captions():
    world = World()
    video, cond = joint_clips_of(world, images=3)(2, (0, 1))
    assert video.shape == (2, 1, 8 + 3, 16, 16) and cond.images == 3
    texts = [detokenize(cond.tokens[row], cond.token_mask[row]) for row in range(2)]
    stills = world.sample(6, (0, 1, 1))
    assert torch.equal(video[1, :, 8], stills.video[3, :, 0])
    assert [text.replace(",", "") for text in texts[1][8:]] == [
        caption.replace(",", "") for caption in stills.caption[3:]
    ]
    assert len(set(texts[0][:8])) == 1


def test_a_joint_batch_without_images_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        joint_clips_of(World(), images=0)

"""The two towers: a clip finds its own caption, and a wrong word costs."""

import pytest
import torch

from minivid import judges
from minivid.data import World
from minivid.metrics.text_score import TwoTowers, TwoTowersConfig, contrast, retrieval, text_score

WORLDS = [World(), World(frames=16, size=32), World(frames=16, size=32, colour=True)]


@pytest.fixture(scope="module")
def towers():
    return judges.load("judge-text").net


@pytest.mark.parametrize("world", WORLDS, ids=["8x16x16", "16x32x32", "colour"])
def test_clips_fit_their_own_captions_and_not_their_neighbours(towers, world):
    clips = world.sample(64, seed=5)
    own, other = (text_score(towers, clips.video.roll(shift, 0), clips.caption) for shift in (0, 1))
    assert own.mean() > 0.8 and other.mean() < 0.2
    assert retrieval(towers, clips.video, clips.caption).mean() > 0.97


@pytest.mark.parametrize("said, instead", [("right", "left"), ("slowly", "quickly"), ("3", "8")])
def test_one_wrong_word_costs(towers, said, instead):
    caption = "a 3 moves right, slowly"
    video = World().sample(32, seed=6, caption=caption).video
    wrong = caption.replace(said, instead)
    assert (text_score(towers, video, [caption] * 32) > text_score(towers, video, [wrong] * 32)).float().mean() > 0.9


def test_a_still_clip_does_not_show_a_motion(towers):
    clips = World().sample(64, seed=7)
    still = clips.video[:, :, :1].expand_as(clips.video)
    assert text_score(towers, still, clips.caption).mean() < text_score(towers, clips.video, clips.caption).mean() - 0.3


def test_clips_of_one_caption_are_all_right_answers():
    """Were only the diagonal right, four clips of one caption could do no better than log 4."""
    torch.manual_seed(0)
    net = TwoTowers().eval()
    video = World().sample(4, seed=0, caption="a 3 moves right, slowly").video
    assert contrast(net, video, ["a 3 moves right, slowly"] * 4).item() == pytest.approx(torch.tensor(4.0).log().item())
    assert retrieval(net, video, ["a 3 moves right, slowly"] * 4).tolist() == [0.5] * 4


def test_scores_are_cosines_and_need_a_caption_each(towers):
    clips = World().sample(4, seed=1)
    assert text_score(towers, clips.video, clips.caption).abs().max() <= 1 + 1e-6
    with pytest.raises(ValueError, match="4 clips need as many captions; these are 3"):
        text_score(towers, clips.video, clips.caption[:3])
    with pytest.raises(ValueError, match='has the word "jumps"'):
        text_score(towers, clips.video, ["a 3 jumps right"] * 4)


def test_a_tower_of_pictures_sees_each_frame_by_itself():
    torch.manual_seed(0)
    net = TwoTowersConfig(pictures=True).build().eval()
    video = World(colour=True).sample(3, seed=2).video
    frames = torch.stack([net.clip(video[:, :, i : i + 1]) for i in range(video.shape[2])])
    torch.testing.assert_close(net.clip(video), frames.mean(0))
    torch.testing.assert_close(net.see(video.flip(2)), net.see(video))

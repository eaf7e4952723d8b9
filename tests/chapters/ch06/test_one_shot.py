"""Editing by prompt: up and down again is the clip, the tuned model is tuned on that clip alone, and a packed clip is the clip."""

from itertools import pairwise

import pytest
import torch

from minivid import zoo
from minivid.adapt import Method, inflated
from minivid.chapters.ch06 import one_shot
from minivid.chapters.ch06.clips import as_clips
from minivid.chapters.ch06.exercises.edit import edit
from minivid.chapters.ch06.experiments import edits
from minivid.chapters.ch06.packed import packed, unpacked
from minivid.data.captions import parse
from minivid.diffusion import samplers
from minivid.diffusion.inversion import ddim_inversion
from minivid.train import TrainConfig


@pytest.fixture(scope="module")
def image():
    return as_clips(zoo.load("image-digits"))


def test_the_way_up_is_the_librarys_inversion_and_the_way_down_its_ddim(image):
    clips, captions, others = one_shot.source_clips(2, 0)
    step, levels = one_shot.step_by(image), one_shot.way(image, 3)
    cond = one_shot.Cond(*one_shot.tokenize(captions))
    *_, (noise, _) = ddim_inversion(image.denoiser, clips, image.schedule, image.objective, 3, cond)
    z = clips
    for s, t in pairwise(levels):
        z = step(z, s, t, one_shot.told(image, captions))
    torch.testing.assert_close(z, noise)
    down = samplers.sample(image.path(noise, others, 3, 3.0))
    edited = edit(step, clips, levels, one_shot.told(image, captions), one_shot.told(image, others, 3.0))
    torch.testing.assert_close(edited, down, atol=1e-3, rtol=1e-3)


def test_told_the_same_both_ways_the_clip_comes_back(image):
    clips, captions, _ = one_shot.source_clips(1, 3)
    same = edits.edited(image, clips, captions, captions, 20, guidance=1.0)
    assert (same - clips).square().mean() < 0.05 * (clips + 1).square().mean()


def test_tuning_changes_the_queries_and_the_layers_over_time_and_lowers_the_loss_on_that_clip(image):
    clips, captions, _ = one_shot.source_clips(1, 3)
    model = one_shot.tuned(image, clips, captions[0], TrainConfig(steps=12, batch=2, warmup=1, ema=0.5))
    before = inflated(image.network, Method.TUNE_A_VIDEO)
    moved = {
        name for name, weight in model.network.named_parameters() if not torch.equal(weight, before.get_parameter(name))
    }
    assert moved and moved <= set(before.trained())
    eps, level = torch.randn(clips.shape, generator=torch.Generator().manual_seed(0)), torch.tensor([-1.0])
    alpha, sigma = torch.sigmoid(level).sqrt(), torch.sigmoid(-level).sqrt()
    error = {}
    for name, network in (("before", before.eval()), ("after", model.network)):
        of = one_shot.model_of(image, Method.TUNE_A_VIDEO, network)
        x_hat, _ = one_shot.told(of, captions)(alpha * clips + sigma * eps, level)
        error[name] = (x_hat - clips).square().mean()
    assert error["after"] < error["before"]


def test_the_other_caption_changes_the_digit_and_nothing_else():
    _, captions, others = one_shot.source_clips(20, 1)
    for mine, other in zip(captions, others, strict=True):
        (a,), (b,) = parse(mine), parse(other)
        assert a.digit != b.digit and (a.directions, a.speeds, a.colour) == (b.directions, b.speeds, b.colour)
    assert one_shot.other_digit("a red 8 moves left, slowly", 3) == "a red 1 moves left, slowly"


def test_a_clip_is_packed_into_letters_and_comes_back_as_bytes_hold_it():
    clips, *_ = one_shot.source_clips(2, 0)
    kept = packed(clips)
    assert isinstance(kept["pixels"], str) and len(kept["pixels"]) < clips.numel() / 4
    torch.testing.assert_close(unpacked(kept), clips, atol=1.01 / 255, rtol=0)


def test_the_clip_itself_is_on_its_path_and_shows_its_own_digit():
    clips, captions, others = one_shot.source_clips(6, 28)
    found = edits.looked_at(clips, clips, captions, others)
    assert max(found["path"]) == 0 and sum(found["old"]) / 6 > 0.8 and sum(found["new"]) / 6 < 0.2
    swapped = edits.looked_at(clips.roll(1, 0), clips, captions, others)
    assert sum(swapped["path"]) / 6 > 2

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
from minivid.chapters.ch06.seen import with_interval
from minivid.course import receipt
from minivid.data.captions import parse
from minivid.diffusion import samplers
from minivid.diffusion.inversion import ddim_inversion
from minivid.metrics.distribution import paired_interval
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


def test_an_interval_is_cut_to_what_the_measure_can_be():
    assert with_interval("path", [0.1, 0.1, 4.0])[1] == 0 and with_interval("read", [1.0, 1.0, 0.4])[2] == 1
    assert with_interval("edited", [1.0, 1.0, 0.0])[0] == pytest.approx(2 / 3)


def test_what_the_chapter_says_of_edits_is_what_was_measured():
    found = receipt("06_edit")
    assert found["n"] == 6 and found["model"] == zoo.load("image-digits").manifest["sha256"]

    def against(other, measure):
        mine, theirs = (edits.of_a_row(found, name, measure) for name in (edits.EDITED, other))
        _, low, high = paired_interval(mine, theirs)
        return (low > 0) - (high < 0)

    assert against(edits.NEW_NOISE, "path") == against(edits.NEW_NOISE, "off") == -1
    for other in (edits.UNTUNED, edits.ALONE):
        assert against(other, "edited") == against(other, "path") == against(other, "off") == 0
    rows = found["rows"]
    assert all(edits.of_a_row(found, edits.NEW_NOISE, "edited")) and not all(
        edits.of_a_row(found, edits.EDITED, "edited")
    )
    assert set(rows[edits.SAME]["old"]) == {1.0} and max(rows[edits.SAME]["path"]) < 0.5
    assert (found["captions"][0][:9], found["others"][0][:9]) == ("a green 9", "a green 5")
    assert rows[edits.EDITED]["old"][0] > 0.8 and rows[edits.UNTUNED]["new"][0] == rows[edits.ALONE]["new"][0] == 1
    assert rows[edits.UNTUNED]["path"][0] > 5 > 1 > rows[edits.EDITED]["path"][0]


def test_the_clips_that_are_shown_are_the_receipts():
    shown = edits.shown_clips(receipt("06_edit"), 2)
    assert list(shown) == ["the_clip_itself", "tuned_inverted", "frames_alone_inverted", "tuned_new_noise"]
    clips, captions, others = one_shot.source_clips(6, 28)
    torch.testing.assert_close(shown["the_clip_itself"], clips[:2], atol=1.01 / 255, rtol=0)
    assert (captions, others) == (receipt("06_edit")["captions"], receipt("06_edit")["others"])
    assert edits.edit_table(receipt("06_edit")).count("\n") == len(edits.ROWS)

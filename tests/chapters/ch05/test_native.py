"""Chapter 5's packs of native sizes: the loss is the loss of each clip alone, and the eye that counts framing errors is held by the simulator."""

import torch

from minivid.chapters.ch05.experiments import native
from minivid.course import receipt
from minivid.diffusion.objective import Objective, per_clip_loss, stratified_times
from minivid.diffusion.schedule import COSINE
from minivid.nn.dit import DiT
from minivid.train import Step


def awake(network):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network


def test_the_loss_of_a_pack_is_the_mean_over_all_its_pixels_of_what_each_clip_has_alone():
    network, step = awake(DiT(native.NETWORK)), Step(0, 3)
    clips, _ = native.native(1, (0, 0))
    random = step.generator()
    u = stratified_times(len(clips), random)
    alone = 0.0
    for clip, time in zip(clips, u, strict=True):
        eps = torch.randn(clip.shape, generator=random)
        loss = per_clip_loss(network, clip[None], eps[None], time[None], None, COSINE, Objective.V)
        alone = alone + loss[0] * clip.numel()
    expected = alone / sum(clip.numel() for clip in clips)
    torch.testing.assert_close(native.Packed()(network, (clips, None), step), expected, rtol=1e-4, atol=1e-5)


def test_both_trainings_see_nearly_as_many_tokens_a_step_and_only_one_of_them_other_shapes():
    tokens, shapes = {}, {}
    for name, arm in native.ARMS.items():
        clips, _ = arm(native.TRAINING.batch, (0, 0))
        tokens[name] = sum(clip.numel() for clip in clips) // 32
        shapes[name] = {tuple(clip.shape[-2:]) for clip in clips}
    many, fewer = tokens.values()
    assert (many, fewer) == (512, 480)
    assert shapes == {"native sizes": {(16, 32), (32, 16), (16, 16)}, "squares cut out": {(16, 16)}}


def test_the_truth_knows_what_a_square_cuts_off():
    clips = native.WORLDS["wide"].sample(64, 3)
    share, x = native.in_picture(clips), clips.position[:, :, 0, 0]
    assert share.shape == (64, 8) and (share > native.WHOLE)[(x - 15.5).abs() < 2].all()
    assert (share < native.GONE)[(x < 3) | (x > 28)].all()
    assert torch.equal(native.in_picture(native.WORLDS["square"].sample(4, 0)), torch.ones(4, 8))


def test_the_eye_is_right_of_squares_that_it_was_not_fitted_to():
    right = native.eye_is_right(native.fitted_eye())
    assert min(right.values()) > 0.8


def test_the_eye_sees_real_clips_whole_and_black_ones_gone():
    eye = native.fitted_eye()
    for kind in native.SHOWN:
        assert eye.shares(native.WORLDS[kind].sample(50, 11).video)["whole"] > 0.8
    assert eye.shares(-torch.ones(2, 1, 3, 16, 16)) == {"whole": 0.0, "cut": 0.0, "gone": 1.0}


def test_a_run_can_be_walked_and_drawn_from_at_any_size():
    for arm in native.ARMS:
        training = native.native_run(arm, steps=1)
        next(training.steps(progress=False))
        assert native.drawn(training.ema, "wide", 2, steps=2).shape == (2, 1, 8, 16, 32)


def test_what_the_chapter_says_of_native_sizes_is_what_was_measured():
    found = receipt("05_native")
    natively, squares = (found["arms"][arm] for arm in native.ARMS)
    for one, other in zip(natively["loss"]["wide"], squares["loss"]["wide"], strict=True):
        assert other > 1.3 * one
    for one, other in zip(natively["loss"]["square"], squares["loss"]["square"], strict=True):
        assert 0.9 * one < other < one
    assert max(one["whole"] for one in squares["shares"]["wide"]) < 0.1
    bars = native.native_bars(found)
    assert bars["square, from squares cut out"]["whole"] > bars["square, from native sizes"]["whole"]
    for kind in native.SHOWN:
        assert abs(bars[f"{kind}, from native sizes"]["whole"] - found["real"][kind]["whole"]) < 0.1
    assert 0.3 < found["taught"]["cut"] < 0.4 and min(found["eye"].values()) > 0.8

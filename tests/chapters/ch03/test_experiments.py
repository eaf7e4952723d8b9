"""Chapter 3's measurements on inputs whose answer is known, and receipts that hold what the chapter prints."""

from dataclasses import replace

import pytest
import torch
from scipy import stats

from minivid import zoo
from minivid.chapters.ch03 import experiments
from minivid.chapters.ch03.experiments.extending import continuity
from minivid.chapters.ch03.experiments.following import actions_done, interval
from minivid.chapters.ch03.experiments.growth import ARMS, measure_growth
from minivid.chapters.ch03.experiments.joint import measure_joint, paired
from minivid.course import receipt
from minivid.data import World
from minivid.diffusion import COSINE, Objective
from minivid.diffusion.objective import per_clip_loss
from minivid.metrics.reader import fit_reader

WORLD = World()


@pytest.fixture(scope="module")
def reader():
    return fit_reader(WORLD)


def test_the_landmarks_are_the_losses_of_networks_that_learnt_nothing():
    marks = experiments.landmarks(WORLD)
    x = WORLD.sample(512, 7).video
    eps = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    u = (torch.arange(512) + 0.5) / 512
    zero = per_clip_loss(lambda z, t, cond: torch.zeros_like(z), x, eps, u, None, COSINE, Objective.V).mean()
    assert marks["says zero"] == pytest.approx(zero.item(), rel=0.02)
    mean = WORLD.sample(512, 8).video.mean(0)

    def constant(z, t, cond):
        return -torch.sigmoid(-t).sqrt().reshape(-1, 1, 1, 1, 1) * mean.expand_as(z)

    ignoring = per_clip_loss(constant, x, eps, u, None, COSINE, Objective.V).mean()
    assert marks["ignores its input"] == pytest.approx(ignoring.item(), rel=0.02)
    spread = (x - x.mean(0)).square().mean()

    def linear(z, t, cond):
        alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in COSINE.alpha_sigma(t))
        x_hat = mean + alpha * spread / (alpha**2 * spread + sigma**2) * (z - alpha * mean)
        return (alpha * z - x_hat) / sigma

    straight = per_clip_loss(linear, x, eps, u, None, COSINE, Objective.V).mean().item()

    values = torch.linspace(-1, 1, 201)  # what a pixel may be, by a histogram of other clips
    frames = WORLD.sample(1024, 8).video[:, 0].flatten(0, 1).flatten(1)  # n pixels
    share = torch.stack([torch.histc(pixel, 201, -1.005, 1.005) for pixel in frames.T]) / len(frames)  # pixels values

    def by_histogram(z, t, cond):
        alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in COSINE.alpha_sigma(t))
        flat = z.flatten(3).transpose(1, 3)[..., 0]  # clips pixels frames
        off = (flat[..., None] - alpha[..., 0] * values) / sigma[..., 0]  # clips pixels frames values
        weight = share[:, None] * (-0.5 * (off.square() - off.square().amin(-1, keepdim=True))).exp()
        guess = (weight * values).sum(-1) / weight.sum(-1).clamp(min=1e-30)
        x_hat = guess.transpose(1, 2).reshape(z.shape)
        return (alpha * z - x_hat) / sigma

    few = torch.arange(8, 512, 16)
    best = per_clip_loss(by_histogram, x[few], eps[few], u[few], None, COSINE, Objective.V).mean().item()
    assert marks["pixel by pixel"] == pytest.approx(best, rel=0.06) and best < 0.75 * straight


def test_smoothing_is_a_trailing_mean():
    assert experiments.smoothed(torch.tensor([1.0, 3.0, 5.0, 7.0]), window=2).tolist() == [1.0, 2.0, 4.0, 6.0]


def test_wilsons_interval():
    low, high = interval(0.5, 100)  # statsmodels' proportion_confint(50, 100, method="wilson")
    assert low == pytest.approx(0.40383, abs=1e-4) and high == pytest.approx(0.59617, abs=1e-4)


def test_real_clips_do_both_actions_in_order_and_reversed_captions_do_not():
    world = World(change="direction")
    clips = world.sample(100, 3)
    first, second = actions_done(clips.video, clips.caption, world)
    assert first.all() and second.all()
    first, second = actions_done(clips.video, clips.caption[::-1], world)
    assert (first & second).float().mean() < 0.3


def test_a_continuation_is_measured_against_the_truth(reader):
    clips = WORLD.sample(50, 4)
    real = continuity(clips.video, clips.video, 4, reader)
    assert real["jump"] == 0 and real["same_last"] > 0.9
    other = torch.cat([clips.video[:, :, :4], clips.video.roll(1, 0)[:, :, 4:]], dim=2)
    swapped = continuity(other, clips.video, 4, reader)
    assert swapped["jump"] > 1 and swapped["same_last"] < 0.4


def test_extending_keeps_the_known_frames():
    model = zoo.load("vdm-small")
    known = model.world.sample(2, 5).video
    for weight in (0.0, experiments.WEIGHT):
        made = experiments.extend(model, known, 4, weight, seed=0, steps=3)
        torch.testing.assert_close(made[:, :, :4], known[:, :, :4], atol=1e-3, rtol=1e-3)
        assert (made[:, :, 4:] - known[:, :, 4:]).abs().max() > 0.05


def test_the_patients_differ_from_the_healthy_and_from_one_another():
    clips = experiments.clinic(zoo.load("vdm-small"), ["a 3 moves right, slowly"], seed=0, steps=6)
    videos = list(clips.values())
    assert len(videos) == 6
    assert all((a - b).abs().mean() > 0.005 for i, a in enumerate(videos) for b in videos[:i])


def test_growth_and_whole_clips_are_held_against_each_other_on_as_many_frames():
    found = measure_growth(seeds=(0,), steps=3, n=4)
    assert set(found["results"]) == {"whole clips", "short first"}
    assert all(0 <= run["frames_read"] <= 1 for runs in found["results"].values() for run in runs)
    assert ARMS["whole clips"] == () and ARMS["short first"] == experiments.LAPTOP.training.growth != ()


def test_the_receipts_are_of_the_model_that_is_shipped():
    """A new model needs new measurements."""
    models = {
        "03_guidance": "vdm-small",
        "03_ordered": "vdm-small",
        "03_extend": "vdm-small",
        "03_digits": "vdm-digits",
    }
    for name, model in models.items():
        assert receipt(name)["model"] == zoo.load(model).manifest["sha256"]


def test_a_point_measured_again_stands_beside_the_receipt_s_and_says_why_it_may_differ():
    found = receipt("03_guidance")
    here = {"digit_always": 0.5, "direction": 1.0, "brightest": 1.2}
    few, many = (experiments.beside_the_receipt(here, n, found, scale=1.0) for n in (10, found["n"]))
    low, high = interval(0.5, 10)
    assert f"0.50 [{low:.2f}, {high:.2f}]" in few and f"{found['digit_always'][1]:.2f} [" in few
    assert "fewer clips" in few and "fewer clips" not in many


def test_the_second_action_is_said_to_be_done_where_it_is():
    clips = World(change="direction").sample(2, 3)
    assert experiments.ordered_here(clips.video, clips.caption).count("not done") == 0
    still = clips.video[:, :, :1].expand_as(clips.video)
    assert experiments.ordered_here(still, clips.caption).count("second not done") >= 1


@pytest.mark.parametrize(
    "second, words", [(0.33, "not shown to be heard"), (0.57, "often missed"), (0.98, "is heard.")]
)
def test_what_is_said_of_the_second_action_follows_from_its_interval(second, words):
    values = {"n": 100, "first": 1.0, "second": second, "both": second, "both_real": 1.0}
    assert words in experiments.ordered_sentence(replace(receipt("03_ordered"), values=values))


def test_what_the_reader_sees_stands_beside_each_caption(reader):
    clips = WORLD.sample(6, 4)
    right = experiments.read_of(clips.video, clips.caption, reader)
    wrong = experiments.read_of(clips.video.roll(1, 0), clips.caption, reader)
    assert int(right.splitlines()[-1].split()[0]) >= 5 and len(right.splitlines()) == 7
    assert wrong.count("*") > right.count("*")


def test_paired_differences_have_student_s_interval():
    a, b = [1.0, 2.0, 4.0, 3.0], [0.5, 1.8, 3.1, 2.9]
    middle, low, high = paired(a, b)
    found = stats.ttest_rel(a, b).confidence_interval()
    assert (low, high) == pytest.approx((found.low, found.high)) and low < middle < high


@pytest.mark.parametrize(
    "change, words", [(-0.01, "images help"), (0.01, "images harm"), (0.0, "no difference is shown")]
)
def test_the_joint_training_s_sentence_follows_from_the_interval(change, words):
    noise = [0.001, -0.001, 0.0005, -0.0005]
    losses = {"as many clips": [0.2] * 4, "as many frames": [0.2] * 4, "with images": [0.2 + change + n for n in noise]}
    clips = {"with images": 8, "as many clips": 8, "as many frames": 12}
    values = {"losses": losses, "clips": clips, "steps": 1, "images": 4}
    said = experiments.joint_sentence(replace(receipt("03_joint"), values=values))
    assert said.count(words) == 2


def test_the_three_trainings_see_the_clips_and_frames_that_they_are_named_for():
    found = measure_joint(seeds=(0,), steps=1)
    assert found["clips"] == {"with images": 8, "as many clips": 8, "as many frames": 12}
    assert all(len(losses) == 1 and 0 < losses[0] < 2 for losses in found["losses"].values())

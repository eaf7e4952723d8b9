"""Chapter 4's experiments: what they claim holds where it can be known."""

from dataclasses import replace

import pytest
import torch
from scipy import stats

from minivid import zoo
from minivid.chapters.ch04.experiments.drift import (
    CHANNELS,
    CUTS,
    drift,
    drift_table,
    levels,
    measure_drift,
    paired,
    slopes,
)
from minivid.chapters.ch04.experiments.targets import LEVELS, targets_table, x_errors
from minivid.chapters.ch04.experiments.terminal import (
    ENDS,
    FACTS,
    SHOWN,
    as_png,
    brightness,
    drawn,
    facts,
    from_afar,
    lit,
    pictures_of,
    spread_of_perfect,
    terminal_table,
    train_on,
)
from minivid.chapters.ch04.experiments.terminal import TRAINING as TERMINAL
from minivid.chapters.ch04.experiments.terminal import run_of as terminal_run
from minivid.chapters.ch04.experiments.words import WORDS, WORLD, run_of
from minivid.course import receipt
from minivid.diffusion.schedule import COSINE, schedule_named
from minivid.show.frames import read
from minivid.tools.seeds import plain_generator


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.value)
def test_each_word_has_the_same_network_clips_and_training(word):
    first, run = run_of(WORDS[0]), run_of(word)
    assert run.differences(first) in ([], ["name", "objective"])
    assert run.loss.objective is word


def test_an_error_of_a_network_that_says_nothing_is_the_clips_power_where_it_says_x():
    run = run_of(WORDS[1])
    assert run.loss.objective.value == "x"
    network = run.network.build()
    with torch.no_grad():
        for weight in network.parameters():
            weight.zero_()
    errors = x_errors(zoo.Model(run, network), n=4)
    assert len(errors) == len(LEVELS)
    assert max(errors) - min(errors) < 1e-6 < min(errors)


def test_the_table_has_a_column_for_each_word_and_the_real_clips():
    head, *rows = targets_table(receipt("04_targets")).splitlines()
    assert all(word.value in head for word in WORDS) and "real" in head
    assert len(rows) == len(LEVELS) + 6
    assert max(map(len, [head, *rows])) <= 107, "a notebook beside its file browser breaks no line of it"


def test_a_drift_that_was_put_in_is_found_in_its_own_channel():
    real = WORLD.sample(4, 1).video
    ramp = torch.zeros(3, 8, 1, 1)
    ramp[0] = 0.02 * torch.arange(8.0).view(8, 1, 1)
    ramp[1] = 0.5
    up_and_down = torch.tensor([1.0, -1.0, 1.0, -1.0]).view(4, 1, 1, 1, 1)
    found = drift(real + ramp, real)
    assert [found[channel]["slope"] for channel in CHANNELS] == pytest.approx([0.02 / 3, 0.02, 0, 0], abs=1e-6)
    assert [found[channel]["offset"] for channel in CHANNELS] == pytest.approx([0.19, 0.07, 0.5, 0], abs=1e-6)
    red = drift(real + up_and_down * ramp, real)["red"]
    assert [red["slope"], red["slope_size"]] == pytest.approx([0, 0.02], abs=1e-6)
    assert [red["offset"], red["offset_size"]] == pytest.approx([0, 0.07], abs=1e-6)


def test_a_clip_of_this_world_does_not_drift():
    video = WORLD.sample(32, 4000).video
    assert slopes(levels(video)).abs().max() < 1e-6 < levels(video).std(0).min()


def test_drift_is_that_of_the_seeds_own_noise_where_a_network_says_nothing(monkeypatch):
    def silent(word, seed, home):
        run = run_of(word)
        network = run.network.build()
        for weight in network.parameters():
            weight.data.zero_()
        return zoo.Model(run, network), 0.0

    monkeypatch.setattr("minivid.chapters.ch04.experiments.drift.trained", silent)
    found = measure_drift(seeds=(0, 1), n=2, steps=(1, 3))
    alpha = COSINE.alpha_sigma(COSINE.logsnr(torch.tensor(1.0)))[0].item()
    for seed in (0, 1):
        noise = torch.randn((2, 3, 8, 16, 16), generator=plain_generator(seed))
        # ε̂ = 0 makes x̂ = z/α, which DDIM then keeps; v̂ = 0 makes x̂ = αz, so one step ends there.
        said = drift(noise, noise)["green"]["slope_size"]
        eps, v = (found["words"][word][seed] for word in ("eps", "v"))
        assert [eps["free"][n]["green"]["slope_size"] for n in ("1", "3")] == pytest.approx(
            [said / alpha] * 2, rel=1e-3
        )
        assert v["free"]["1"]["green"]["slope_size"] == pytest.approx(said * alpha, rel=1e-3)
        assert eps["cut"]["1"]["green"]["slope_size"] < 1 < eps["free"]["1"]["green"]["slope_size"]


def test_the_interval_of_a_paired_difference_is_students():
    first, second = [1.0, 2.0, 4.0], [1.5, 2.2, 5.0]
    wanted = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert paired(first, second) == pytest.approx((1.7 / 3, wanted.low, wanted.high))


def test_a_star_stands_where_the_seeds_agree_and_nowhere_else():
    receipt_of = receipt("04_drift")
    for run in receipt_of["words"]["eps"]:
        run["cut"]["12"]["red"]["slope"] = 0.5
    for run, value in zip(receipt_of["words"]["v"], (0.1, 0.11, 0.12), strict=True):
        run["cut"]["12"]["red"]["slope"] = value
    for run, value in zip(receipt_of["words"]["v"], (-9.0, 0.0, 9.0), strict=True):
        run["cut"]["12"]["blue"]["slope"] = value
    head, *rows = drift_table(receipt_of).splitlines()
    assert "eps, 12" in head and "v − eps, 40" in head and len(rows) == 12
    red, blue = (next(row for row in rows if row.startswith(f"  slope: {colour}")) for colour in ("red", "blue"))
    assert "+0.5000  +0.1100  -0.3900 [-0.4148, -0.3652] *" in red
    assert "*" not in blue


def test_what_the_chapter_says_of_targets_is_what_was_measured():
    found = receipt("04_targets")
    errors = {
        word: torch.tensor([run["x_error"] for run in runs]) for word, runs in found["words"].items()
    }  # seeds × LEVELS
    eps, x, v = (errors[word.value] for word in WORDS)
    power = found["real"]["deviation"] ** 2
    assert (eps[:, 0] > 100 * power).all() and all(
        run["free"]["deviation"] > 100 for run in found["words"]["eps"]
    )  # nonsense
    assert (v < power).all() and (x < power).all()  # nowhere nonsense
    assert (eps[:, -1] < v[:, -1]).all() and (v[:, -1] < x[:, -1]).all()  # the cleanest
    assert (x[:, :-1] < v[:, :-1]).all()  # and all others
    for runs in found["words"].values():
        assert all(run[how]["digit_always"] < 0.1 for run in runs for how in CUTS)
        for how in CUTS:  # not to be told from guessing one of the world's directions
            right = sum(round(run[how]["direction"] * found["n"]) for run in runs)
            assert stats.binomtest(right, found["n"] * len(runs), 1 / len(WORLD.directions)).pvalue > 0.05


def test_what_the_chapter_says_of_drift_is_what_was_measured():
    found = receipt("04_drift")
    tables = {how: drift_table(found, how).splitlines()[1:] for how in CUTS}
    for rows in tables.values():
        assert not any("*" in row for row in rows if row.startswith("  slope:"))
        assert all(row.count("*") == 2 for row in rows if row.startswith("  slope's size:"))
    assert all(row.count("*") == 2 for row in tables["cut"] if row.startswith("  offset:"))
    without = [row for row in tables["free"] if row.startswith("  offset:") and "*" not in row]
    assert [row.split()[1] for row in without] == ["blue"]
    for run in found["words"]["v"]:
        assert abs(run["free"]["12"]["brightness"]["offset"]) < run["cut"]["12"]["brightness"]["offset"]
    for eps, v in zip(found["words"]["eps"], found["words"]["v"], strict=True):
        assert eps["cut"]["12"]["brightness"]["offset"] > 2 * v["cut"]["12"]["brightness"]["offset"] > 0


def test_grounds_are_even_from_black_to_white_and_digits_are_in_the_farther_of_the_two():
    video = lit(400, 3)
    ground = video[:, 0, 0, 0, 0]
    assert video.abs().max() <= 1 and stats.kstest(ground.numpy(), "uniform", (-1, 2)).pvalue > 0.01
    ends = torch.stack([video.amin((1, 2, 3, 4)), video.amax((1, 2, 3, 4))], -1)
    digit = torch.where(ground > 0, ends[:, 0], ends[:, 1])
    assert (digit * -ground.sign()).median() > 0.9  # ink is seldom quite full


def test_the_networks_differ_in_their_schedule_alone():
    first, *others = map(terminal_run, ENDS)
    for run in others:
        assert run.differences(first) == ["name", "schedule"]


def test_a_training_of_the_dark_and_bright_is_kept_and_not_taken_again(tmp_path):
    short = TERMINAL.shortened(2)
    first, again, without = (train_on("rescaled", short, home) for home in (tmp_path, tmp_path, None))
    clips = [drawn(model, 2, 2, 0) for model in (first, again, without)]
    assert torch.equal(clips[0], clips[1]) and torch.equal(clips[0], clips[2])
    assert [path.name for path in tmp_path.iterdir()] == ["lit-zero-terminal-0"]


@pytest.mark.parametrize("end", ENDS)
def test_with_many_steps_a_perfect_network_leaves_what_the_last_level_cannot_tell(end):
    """The exact path keeps each value's place in its distribution, which begins narrower than in training."""
    values, deviation = 4096, 0.44
    alpha, sigma = schedule_named(ENDS[end]).alpha_sigma(schedule_named(ENDS[end]).logsnr(torch.ones(())))
    left = deviation / (alpha**2 * values * deviation**2 + sigma**2).sqrt().item()
    assert spread_of_perfect(ENDS[end], deviation, values, 2000) == pytest.approx(left, rel=0.02)
    assert spread_of_perfect(ENDS[end], deviation, values, 12) < left


def test_facts_of_clips_whose_brightness_is_known():
    found = facts(torch.linspace(-0.99, 0.99, 100).view(-1, 1, 1, 1, 1).expand(-1, 1, 2, 4, 4))
    assert [found[key] for key in ("mean", "dark_edge", "bright_edge", "grain")] == pytest.approx(
        [0, -0.891, 0.891, 0], abs=1e-6
    )
    assert found["far"] == pytest.approx(0.4) and len(found["brightness"]) == 100


def test_a_receipt_s_pictures_are_the_clips_first_frames_from_dark_to_bright():
    video = lit(SHOWN, 1)
    (images,) = pictures_of(replace(receipt("04_terminal"), values={"pictures": {"real": as_png(video)}})).values()
    first = video[brightness(video).argsort(), :, 0]
    assert (read(images[:, :, None]) == read(first[:, :, None])).all()


def test_the_terminal_table_has_a_column_for_each_end_and_an_interval_for_each_number_of_steps():
    found = receipt("04_terminal")
    head, *rows = terminal_table(found).splitlines()
    assert all(end in head for end in ENDS) and "real clips" in head
    assert len(rows) == len(found["steps"]) * (len(FACTS) + 2)
    assert all(image.shape == (SHOWN, 1, 32, 32) for image in pictures_of(found).values())


def test_from_afar_a_clip_keeps_its_brightness_and_loses_its_grain():
    noise = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0)) + 0.3
    afar = from_afar(noise)
    torch.testing.assert_close(afar.mean((1, 2, 3)), noise.mean((1, 2, 3)))
    assert afar.shape == (4, 1, 4, 4) and afar.std() < 0.2


def test_what_the_chapter_says_of_dark_and_bright_clips_is_what_was_measured():
    found = receipt("04_terminal")
    real = found["real"]["deviation"]

    def deviations(end, steps):
        return torch.tensor([run[str(steps)]["deviation"] for run in found["ends"][end]])

    published, rescaled, cosine = ({steps: deviations(end, steps) for steps in (12, 50)} for end in ENDS)
    for steps in (12, 50):
        assert abs(published[steps].mean() / real - 0.5) < 0.06  # half
        assert abs(published[steps].mean() - found["perfect"]["as published"][str(steps)]) < 0.03
        assert (rescaled[steps] > published[steps]).all()
        _, low, high = paired(published[steps].tolist(), rescaled[steps].tolist())
        assert 0 < low < high
    assert (published[50] - published[12]).abs().max() < 0.03
    assert rescaled[50].mean() > 0.75 * real > 0.7 * real > rescaled[12].mean()
    assert (
        (cosine[12] < published[12]).all() and (published[50] < cosine[50]).all() and (cosine[50] < rescaled[50]).all()
    )
    perfect = found["perfect"]
    assert all(run["50"]["grain"] > found["real"]["grain"] + 0.1 for runs in found["ends"].values() for run in runs)
    assert perfect["our cosine"]["12"] < perfect["as published"]["12"] < perfect["rescaled"]["12"]
    assert perfect["as published"]["50"] < perfect["our cosine"]["50"] < perfect["rescaled"]["50"]

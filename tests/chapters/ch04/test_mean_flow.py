"""Chapter 4's MeanFlow beside flow matching: the arms differ in one thing, and the distance is what it says it is."""

from dataclasses import replace

import pytest
import torch

from minivid.chapters.ch04.experiments import mean_flow
from minivid.chapters.ch04.experiments.mean_flow import (
    ARMS,
    STEPS,
    WAYS,
    WORLD,
    PerceptronConfig,
    energy_distance,
    mean_flow_table,
    measure_mean_flow,
    pixels,
    run_of,
    samples,
    shown,
)
from minivid.course.receipt import Receipt, receipt
from minivid.data.captions import tokenize
from minivid.nn.condition import Cond


def gaussian(n, mean=0.0, seed=0):
    return mean + torch.randn(n, 2, 3, generator=torch.Generator().manual_seed(seed))


def test_the_arms_have_the_same_network_clips_noise_and_times():
    flow, longer, mean = (run_of(arm) for arm in ARMS)
    assert flow.differences(mean) == ["name", "share"] and flow.loss.share == 0
    assert flow.differences(longer) == ["name", "steps"]


def test_the_energy_distance_is_none_between_sets_of_one_distribution_and_grows_with_their_shift():
    same = [energy_distance(gaussian(200, seed=2 * i), gaussian(200, seed=2 * i + 1)) for i in range(20)]
    assert abs(sum(same) / 20) < 0.02 and min(same) < 0  # unbiased: it is below as often as above
    near, far = (energy_distance(gaussian(200, seed=1), gaussian(200, shift, seed=2)) for shift in (0.3, 1.0))
    assert 0.05 < near < far / 3


def test_the_energy_distance_of_two_points_is_by_hand():
    a, b = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0]])
    assert energy_distance(a, b) == pytest.approx(2 * (1 + 5 + 1 + 3) / 4 - 2 - 4)


def test_the_perceptron_begins_as_nothing_and_is_told_both_ends_and_the_words():
    torch.manual_seed(0)
    network, clips = PerceptronConfig().build(), WORLD.sample(2, 0)
    t, cond = torch.tensor([-2.0, 1.0]), Cond(*tokenize(clips.caption))
    assert network(clips.video, t, cond).abs().max() == 0
    for weight in network.parameters():
        weight.data = torch.randn(weight.shape) / weight.shape[-1] ** 0.5
    said = network(clips.video, t, cond)
    assert torch.equal(said, network(clips.video, t, replace(cond, r=t)))
    for other in (replace(cond, r=t + 1), cond.keep(torch.zeros(2, dtype=torch.bool))):
        assert not torch.allclose(said, network(clips.video, t, other))
    with pytest.raises(ValueError, match="takes clips of"):
        PerceptronConfig().check((1, 8, 32, 32))


def test_a_network_that_says_nothing_leaves_the_noise_where_it_is():
    network, noise = PerceptronConfig().build().eval(), torch.randn(2, 1, 8, 16, 16)
    cond = Cond(*tokenize(WORLD.sample(2, 0).caption))
    for average in (True, False):
        torch.testing.assert_close(samples(network, noise, 2, cond, average), noise, rtol=1e-3, atol=1e-3)


def test_the_measurement_asks_every_way_at_every_number_of_steps(monkeypatch):
    monkeypatch.setattr(mean_flow, "trained", lambda arm, seed, home: (PerceptronConfig().build().eval(), 1.5))
    monkeypatch.setattr(mean_flow, "step_seconds", lambda arm: 1.0)
    monkeypatch.setattr(mean_flow, "SHOWN", WORLD.sample(8, 4000).caption[:2])
    found = measure_mean_flow(seeds=(0, 1), n=8)
    told = Receipt("04_mean_flow", found, [0, 1], 1.0, "", {}, {})
    head, *rows = mean_flow_table(told).splitlines()
    assert (
        "1 step " in head
        and f"{STEPS[-1]} steps" in head
        and [row.strip().split(" (")[0] for row in rows] == list(WAYS)
    )
    assert found["training_minutes"] == 1.5 * 2 * len(ARMS)
    noise = found["ways"]["MeanFlow"]
    assert (
        len(noise) == 2 and min(map(min, noise)) > found["blur"] > found["real"]
    )  # noise is farther than the mean clip
    assert shown(told, "MeanFlow", 1).shape == (2, 1, 8, 16, 16)


def test_pixels_are_kept_to_half_a_grey_level():
    clips = WORLD.sample(2, 0).video
    told = Receipt("04_mean_flow", {"shown": {"way": {"1": pixels(clips)}}}, [0], 1.0, "", {}, {})
    assert (shown(told, "way", 1) - clips).abs().max() <= 0.5 / 127.5 + 1e-6


def test_what_the_chapter_says_of_mean_flow_is_what_was_measured():
    found = receipt("04_mean_flow")
    flow, longer, mean, still = (torch.tensor(found["ways"][way]) for way in WAYS)  # seeds × STEPS
    for other in (flow, longer):
        assert (mean.amax(0) < other.amin(0))[:3].all()  # every seed of one is nearer than every seed of the other
        assert not (mean[:, 3].max() < other[:, 3].min()) and not (other[:, 3].max() < mean[:, 3].min())  # sixteen
    assert longer[:, 3].mean() < min(flow[:, 3].mean(), mean[:, 3].mean(), still[:, 3].mean())
    assert mean[:, 0].min() > 20 * found["real"] and mean.max() < found["blur"]
    assert (still.amin(0) < flow.amax(0)).all() and (flow.amin(0) < still.amax(0)).all()
    ratio = found["seconds"]["MeanFlow"] / found["seconds"]["flow matching"]
    assert abs(found["arms"]["flow matching, longer"][1] / found["arms"]["MeanFlow"][1] / ratio - 1) < 0.25

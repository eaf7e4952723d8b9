"""Distances of distributions against what mathematics says of Gaussians, and what chance does to them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from minivid.metrics.distribution import (
    bootstrap,
    floor,
    frechet_distance,
    frechet_infinity,
    jedi,
    kernel_distance,
    mean_interval,
    paired_interval,
    share_interval,
)

DISTANCES = [frechet_distance, kernel_distance, jedi]


def gaussian(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def whitened(n: int, d: int, seed: int) -> torch.Tensor:
    """A set whose mean is exactly zero and whose covariance, by N − 1, is exactly the identity."""
    x = gaussian(n, d, seed)
    return torch.linalg.qr(x - x.mean(0))[0] * (n - 1) ** 0.5


def test_the_distance_of_two_gaussians_is_its_closed_form():
    """Of diagonal covariances: Σ (μ₁ − μ₂)² + (σ₁ − σ₂)²."""
    mean, deviation = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([1.0, 3.0, 0.2])
    a, b = whitened(50, 3, seed=1), whitened(80, 3, seed=2) * deviation + mean
    closed = (mean**2).sum() + ((1 - deviation) ** 2).sum()
    assert frechet_distance(a, b) == pytest.approx(closed.item(), rel=1e-6)


def test_covariances_that_do_not_commute_have_their_closed_form():
    """Of two ellipses at 45°: with Σ₁ = diag(4, 1), Σ₂ its rotation, Tr(Σ₁Σ₂)^½ = √(Tr Σ₁Σ₂ + 2 √det Σ₁Σ₂)."""
    turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]], dtype=torch.float64) / 2**0.5
    a = whitened(40, 2, seed=3) * torch.tensor([2.0, 1.0])
    b = whitened(40, 2, seed=4) * torch.tensor([2.0, 1.0]) @ turn.T
    overlap = (12.5 + 2 * 4) ** 0.5
    assert frechet_distance(a, b) == pytest.approx(10 - 2 * overlap, rel=1e-12)


def test_two_samples_of_one_gaussian_are_apart_by_the_bias_of_their_size():
    """E[FD] ≈ d(d + 5) / 2N, to leading order."""
    d, n = 64, 1024
    measured = sum(frechet_distance(gaussian(n, d, 2 * i), gaussian(n, d, 2 * i + 1)) for i in range(6)) / 6
    assert measured == pytest.approx(d * (d + 5) / (2 * n), rel=0.05)


@given(st.integers(0, 2**31), st.integers(2, 30), st.integers(1, 40))
@settings(deadline=None, max_examples=25)
def test_a_set_is_at_no_distance_from_itself_even_with_fewer_clips_than_features(seed, n, d):
    a = gaussian(n, d, seed) * 10
    assert abs(frechet_distance(a, a)) < 1e-9 * a.square().sum()
    assert abs(jedi(a, a)) < 1e-9 * a.square().sum() ** 2


@pytest.mark.parametrize("distance", DISTANCES)
def test_distances_do_not_depend_on_which_set_is_first(distance):
    a, b = gaussian(20, 30, 0), gaussian(25, 30, 1) + 0.5
    assert distance(a, b) == pytest.approx(distance(b, a), rel=1e-9)


def test_fewer_clips_than_features_still_measure_a_shift():
    a = gaussian(10, 100, 0)
    assert frechet_distance(a, a + 1) == pytest.approx(100, rel=1e-9)


def test_features_in_single_precision_are_computed_in_double():
    """A large common offset would swallow the distance in float32."""
    a, b = gaussian(200, 4, 0).float() + 1000, gaussian(200, 4, 1).float() + 1000
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(a.double() - 1000, b.double() - 1000), rel=1e-6)


def test_the_divisor_scales_the_covariances_and_nothing_else():
    a, b = gaussian(10, 3, 0), gaussian(10, 3, 1)
    shift = (a.mean(0) - b.mean(0)).square().sum().item()
    by_n, by_n_less_one = frechet_distance(a, b, divisor="N") - shift, frechet_distance(a, b) - shift
    assert by_n == pytest.approx(0.9 * by_n_less_one, rel=1e-9)
    with pytest.raises((ValueError, TypeError), match="divisor"):
        frechet_distance(a, b, divisor="n")


def test_the_kernel_distance_has_no_bias():
    values = torch.tensor([kernel_distance(gaussian(30, 8, 2 * i), gaussian(30, 8, 2 * i + 1)) for i in range(100)])
    assert abs(values.mean()) < 3 * values.std() / 100**0.5 and (values < 0).any()
    assert values.std() < 0.2 < kernel_distance(gaussian(30, 8, 0), gaussian(30, 8, 1) + 1)


def test_jedis_bias_falls_with_the_number_of_clips():
    small, large = jedi(gaussian(50, 8, 0), gaussian(50, 8, 1)), jedi(gaussian(800, 8, 0), gaussian(800, 8, 1))
    assert 0 < large < small / 8


def test_frechet_infinity_as_published_leaves_the_references_half_of_the_bias():
    """The line is fitted over subsets of the first set alone; cutting both takes the other half away too."""
    d, n = 16, 600
    bias = d * (d + 5) / (2 * n)
    sets = [(gaussian(n, d, 2 * i), gaussian(n, d, 2 * i + 1)) for i in range(8)]
    published = sum(frechet_infinity(a, b, seed=i) for i, (a, b) in enumerate(sets)) / 8
    both = sum(frechet_infinity(a, b, seed=i, both=True) for i, (a, b) in enumerate(sets)) / 8
    assert 0.3 * bias < published < 0.7 * bias
    assert abs(both) < 0.3 * bias


def test_frechet_infinity_is_the_same_for_the_same_seed_and_needs_clips():
    a, b = gaussian(60, 3, 0), gaussian(60, 3, 1)
    value = frechet_infinity(a, b, seed=5)
    assert frechet_infinity(a, b, seed=5) == pytest.approx(value, rel=1e-9)  # the arithmetic is not always the same
    assert frechet_infinity(a, b, seed=6) != pytest.approx(value, rel=1e-3)
    with pytest.raises(ValueError, match="20 clips"):
        frechet_infinity(a[:19], b)


def test_the_interval_covers_what_sets_of_this_size_get_on_average():
    """Nineteen times in twenty, in 40 trials; and no interval is wide for safety."""
    sets = [(gaussian(60, 3, 2 * i), gaussian(60, 3, 2 * i + 1) + 0.5) for i in range(150)]
    values = torch.tensor([frechet_distance(a, b) for a, b in sets])
    intervals = torch.tensor([bootstrap(frechet_distance, a, b, draws=40) for a, b in sets[:40]])
    low, high = intervals.unbind(1)
    assert ((low < values.mean()) & (values.mean() < high)).sum() >= 34
    assert 0.8 < ((high - low).mean() / (2 * 1.96 * values.std())).item() < 1.3


def test_the_interval_of_a_mean_is_the_textbooks():
    values = gaussian(400, 1, 0)[:, 0]
    low, high = bootstrap(torch.mean, values, draws=500)
    width = 2 * 1.96 * values.std().item() / 20
    assert high - low == pytest.approx(width, rel=0.15) and low < values.mean() < high


def test_the_interval_of_a_share_is_wilsons_which_knows_that_all_of_ten_is_not_all():
    assert share_interval(50, 100) == pytest.approx((0.40383, 0.59617), abs=1e-5)  # statsmodels' proportion_confint
    assert share_interval(10, 10) == pytest.approx((10 / (10 + 1.959964**2), 1.0), abs=1e-6)
    assert share_interval(0, 10)[0] == 0.0 and share_interval(5, 10, level=0.5)[0] > share_interval(5, 10)[0]


def test_the_floor_is_real_against_real_at_the_same_number():
    real = gaussian(400, 16, 0)
    assert floor(frechet_distance, real, n=200) == pytest.approx(16 * 21 / 400, rel=0.2)
    assert floor(frechet_distance, real, n=50) > 3 * floor(frechet_distance, real, n=200)
    assert abs(floor(kernel_distance, real)) < 0.02
    with pytest.raises(ValueError, match="needs 402 real clips; there are 400"):
        floor(frechet_distance, real, n=201)


def test_chance_is_drawn_from_the_seed_alone():
    real = gaussian(40, 3, 0)
    state = torch.random.get_rng_state()
    first = [floor(frechet_distance, real), *bootstrap(frechet_distance, real, real, draws=5)]
    again = [floor(frechet_distance, real), *bootstrap(frechet_distance, real, real, draws=5)]
    assert again == pytest.approx(first, rel=1e-9, abs=1e-12)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("distance", [*DISTANCES, frechet_infinity])
def test_one_clip_and_nan_are_refused_in_a_sentence(distance):
    a = gaussian(30, 3, 0)
    with pytest.raises(ValueError, match="those of 1 clip"):
        distance(a, a[:1])
    with pytest.raises(ValueError, match="not finite"):
        distance(torch.where(a > 2, torch.nan, a), a)
    with pytest.raises(ValueError, match="two networks"):
        distance(a, a[:, :2])


def test_a_difference_is_paired_and_its_interval_students():
    a, b = torch.randn(2, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).tolist()
    wanted = stats.ttest_rel(a, b).confidence_interval(0.95)
    middle, low, high = paired_interval(a, b)
    assert (low, high) == pytest.approx((wanted.low, wanted.high)) and low < middle < high
    assert mean_interval(a)[0] == pytest.approx(sum(a) / 12)

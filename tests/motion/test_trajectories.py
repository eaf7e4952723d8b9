"""Paths, velocities and accelerations are the world's, and what bounces comes back when it should."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data import World
from minivid.motion.trajectories import acceleration, autocorrelation, centroid, first_velocity, period, velocity


def test_a_thrown_digit_has_the_worlds_velocity_and_gravity():
    clips = World(frames=6, size=64, gravity=0.1, directions=("up", "right")).sample(16, seed=0)
    path, flying = clips.position[:, :, 0], clips.bounce.flatten(1).amin(1) > 5
    assert flying.sum() > 4
    half_way = (clips.velocity[:, 1:, 0] + clips.velocity[:, :-1, 0]) / 2
    assert torch.allclose(velocity(path)[flying], half_way[flying], atol=1e-4)
    pull = torch.tensor([0.0, 0.1]).expand(int(flying.sum()), 4, 2)
    assert torch.allclose(acceleration(path)[flying], pull, atol=1e-4)


def test_the_measured_path_has_them_too():
    clips = World(frames=4, size=32).sample(16, seed=1)
    assert (velocity(centroid(clips.video)) - velocity(clips.position[:, :, 0])).abs().max() < 0.1


def test_units_are_seconds_when_the_rate_is_given():
    path = torch.tensor([[[0.0, 0.0], [1.0, 2.0], [4.0, 2.0]]])
    assert velocity(path, fps=8).tolist() == [[[8.0, 16.0], [24.0, 0.0]]]
    assert acceleration(path, fps=8).tolist() == [[[128.0, -128.0]]]


def test_noise_counts_root_six_times_in_an_acceleration():
    noise = torch.randn(200, 50, 2, generator=torch.Generator().manual_seed(0))
    assert acceleration(noise).std().item() == pytest.approx(math.sqrt(6), rel=0.02)


@given(st.integers(0, 2**31), st.integers(3, 30))
def test_the_autocorrelation_is_numpys_per_pair(seed, t):
    series = torch.randn(1, t, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    centred = series[0].numpy() - series[0].numpy().mean()
    expected = np.correlate(centred, centred, "full")[t - 1 :] / np.arange(t, 0, -1)
    assert np.allclose(autocorrelation(series)[0], expected / expected[0], atol=1e-9)


def test_a_bouncing_digit_comes_back_after_two_bounces():
    """From one wall to the other and back: the time between a bounce and the next but one."""
    clips = World(frames=96, size=32, directions=("right",), speeds=("quickly",)).sample(8, seed=0)
    bounces = clips.bounce[:, 0].sort(dim=1).values
    found = period(clips.position[:, :, 0, 0])
    assert ((found - (bounces[:, 2] - bounces[:, 0])).abs() < 0.5).all()


@given(st.floats(5.0, 20.0), st.floats(0.0, 6.0))
def test_a_waves_period_is_found_between_steps(length, phase):
    wave = torch.sin(2 * math.pi * torch.arange(96.0) / length + phase)[None]
    assert period(wave).item() == pytest.approx(length, rel=0.03)


def test_what_never_comes_back_has_no_period():
    straight, still = torch.arange(32.0)[None], torch.ones(1, 32)
    assert period(straight).isnan() and period(still).isnan()


def test_a_first_velocity_needs_frames():
    with pytest.raises(ValueError, match="needs 3 frames"):
        first_velocity(torch.zeros(1, 2, 2))

"""Populations of motions and copies of training clips: closed forms and the simulator's truth."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data import World
from minivid.metrics.physics import fit_trajectory
from minivid.metrics.population import circular_wasserstein, copies, marginals, nearest


@given(st.floats(0, 360), st.floats(0, 360))
def test_one_angle_from_another_is_the_shorter_way_round(a, b):
    way = abs(a - b) % 360
    assert circular_wasserstein(torch.tensor([a]), torch.tensor([b])) == pytest.approx(min(way, 360 - way), abs=1e-3)


@given(st.floats(-720, 720))
def test_turning_both_populations_changes_nothing(turn):
    a, b = torch.tensor([10.0, 20.0, 200.0, 355.0]), torch.tensor([0.0, 90.0, 95.0])
    assert circular_wasserstein(a + turn, b + turn) == pytest.approx(circular_wasserstein(a, b), abs=1e-2)


def test_two_halves_of_one_population_are_near_and_another_world_is_far():
    def motion(world, seed):
        fit = fit_trajectory(world.sample(200, seed).video)
        return fit.start, fit.velocity

    real, again = motion(World(), 1), motion(World(), 2)
    same = marginals(*again, *real)
    assert same["speed"] < 0.1 and same["start_x"] < 0.6 and same["direction"] < 25  # of 200 clips with four directions
    slow = marginals(*motion(World(speeds=("slowly",)), 3), *real)
    assert slow["speed"] == pytest.approx(0.45, abs=0.1)  # half of the clips are slower by 1.5 − 0.6
    one_way = marginals(*motion(World(directions=("left",)), 3), *real)
    assert one_way["direction"] == pytest.approx(90, abs=10)  # quarters of them are 0, 90, 90 and 180 degrees away


def test_a_population_that_rests_has_no_direction():
    zero, real = torch.zeros(5, 2), torch.ones(5, 2)
    assert math.isnan(marginals(zero, zero, real, real)["direction"])


def test_a_copy_is_found_and_its_distance_is_the_noise_on_it():
    training = World().sample(300, seed=0).video
    copied = training[[7, 260]] + 0.05 * torch.randn(2, *training.shape[1:])
    found = nearest(copied, training, batch=100)
    assert found.index.tolist() == [7, 260]
    torch.testing.assert_close(found.distance, torch.full((2,), 0.05), atol=2e-3, rtol=0)


def test_learning_by_heart_shows_and_new_clips_do_not():
    training, fresh, others = (World().sample(200, seed=seed).video for seed in (0, 1, 2))
    assert copies(training[:50] * 0.98, training, fresh) > 0.9
    assert copies(others, training, fresh) < 0.12


def test_clips_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="cannot be looked up among clips of shape"):
        nearest(torch.zeros(1, 1, 8, 16, 16), torch.zeros(1, 1, 8, 32, 32))

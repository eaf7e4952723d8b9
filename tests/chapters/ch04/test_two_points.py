"""The world of two points: its velocity is the mean that it says it is, and its path ends at the points."""

import torch

from minivid.chapters.ch04.two_points import Span, path, velocity


def test_the_velocity_is_the_mean_of_those_that_pass_there():
    chance, t = torch.Generator().manual_seed(0), torch.tensor(0.6)
    x = torch.randint(0, 2, (400_000,), generator=chance) * 2.0 - 1
    eps = torch.randn(400_000, generator=chance)
    z = (1 - t) * x + t * eps
    for place in (-0.5, 0.0, 0.8):
        near = (z - place).abs() < 0.02
        assert (
            abs((eps - x)[near].mean() - velocity(torch.tensor([place]), t))
            < 4 * (eps - x)[near].std() / near.sum() ** 0.5
        )


def test_a_path_follows_the_velocity_and_ends_at_a_point():
    z = torch.tensor([-2.0, -0.3, 0.1, 1.5], dtype=torch.float64)
    times, places = path(z)
    assert torch.equal(places[0], z) and len(times) == len(places) == 401
    torch.testing.assert_close(places[-1].round(), z.sign(), rtol=0, atol=0)
    middle = (places[202] - places[200]) / (times[202] - times[200])
    torch.testing.assert_close(middle, velocity(places[201], times[201]), rtol=1e-3, atol=1e-3)


def test_one_step_along_the_velocity_ends_at_the_mean_of_both_points():
    z = torch.linspace(-2, 2, 9)
    torch.testing.assert_close(z - velocity(z, torch.ones(())), torch.zeros(9))


def test_a_network_that_says_an_average_looks_at_both_times():
    torch.manual_seed(0)
    span, z, r, t = Span(), torch.zeros(3, 1), torch.tensor([0.1, 0.2, 0.1]), torch.tensor([0.5, 0.5, 0.6])
    first, second, third = span(z, r, t)
    assert first != second and first != third

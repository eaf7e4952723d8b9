"""Gradients are NumPy's, energy is nothing where nothing moves, and the flow is that of least squares with a prior."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data import World
from minivid.motion.gradients import lucas_kanade, motion_energy, slow_flow, spacetime_gradients


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1


def ramp(dx: float, dy: float, dt: float) -> torch.Tensor:
    """Brightness that changes by so much a pixel and a frame, about 0.5."""
    t, y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in (4, 6, 7)), indexing="ij")
    return 2 * (dx * x + dy * y + dt * t)[None, None] - 0.2


def test_gradients_are_numpys_where_its_differences_are_central():
    video = noise(2, 3, 5, 6, 7)
    expected = np.gradient((video.mean(1).numpy() + 1) / 2, axis=(3, 2, 1))
    for ours, theirs in zip(spacetime_gradients(video), expected, strict=True):
        assert np.allclose(ours, theirs[:, 1:-1, 1:-1, 1:-1], atol=1e-12)


def test_a_still_textured_picture_has_no_motion_energy():
    still = noise(2, 1, 1, 8, 8).expand(-1, -1, 5, -1, -1)
    assert all((part == 0).all() for part in motion_energy(still))


def test_motion_energy_of_a_ramp_is_the_product_of_its_slopes():
    energy, rightward, downward = motion_energy(ramp(0.03, -0.02, 0.01))
    assert torch.allclose(torch.cat([energy, rightward, downward]), torch.tensor([1e-4, -3e-4, 2e-4]).double())


@pytest.mark.parametrize("way, axis, sign", [("right", 1, 1), ("left", 1, -1), ("down", 2, 1), ("up", 2, -1)])
def test_opponent_energy_has_the_sign_of_a_digits_motion(way, axis, sign):
    clips = World(frames=4, size=32).sample(16, seed=0, caption=f"a 3 moves {way}, slowly")
    assert (sign * motion_energy(clips.video)[axis] > 0).all()


def test_too_small_a_clip_has_no_central_differences():
    with pytest.raises(ValueError, match="need 3 frames"):
        spacetime_gradients(torch.zeros(1, 1, 2, 8, 8))


@given(st.integers(0, 2**31), st.sampled_from([1, 3, 5]), st.floats(1e-4, 1.0))
def test_slow_flow_is_least_squares_with_a_prior(seed, window, ridge):
    dx, dy, dt = noise(3, 1, 6, 7, seed=seed)
    flow, r = slow_flow(dx, dy, dt, window, ridge)[0].numpy(), window // 2
    for y, x in ((0, 0), (2, 3), (5, 6)):
        near = 0, slice(max(0, y - r), y + r + 1), slice(max(0, x - r), x + r + 1)
        rows = np.stack([dx[near].ravel(), dy[near].ravel()], 1)
        solved = np.linalg.solve(rows.T @ rows + ridge * np.eye(2), -rows.T @ dt[near].numpy().ravel())
        assert np.allclose(flow[:, y, x], solved, atol=1e-8)


def test_along_an_edge_only_the_motion_across_it_is_seen():
    """A diagonal edge that moves to the right: the flow points across the edge, with the part of the motion that lies there."""
    x, y = torch.arange(24.0), torch.arange(24.0)[:, None]
    frames = [torch.sigmoid((x - 0.5 * t + y - 24) / 3) for t in range(2)]
    video = 2 * torch.stack(frames)[None, None] - 1
    flow = lucas_kanade(video, ridge=1e-6)[0, 0, :, 8:16, 8:16]
    assert torch.allclose(flow, torch.full_like(flow, 0.25), atol=0.01)  # (0.5, 0) projected on (1, 1) / √2


def test_where_nothing_is_seen_nothing_moves():
    assert (lucas_kanade(torch.full((1, 1, 3, 8, 8), 0.3)) == 0).all()


def test_a_slow_smooth_pattern_is_followed():
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    frames = [torch.sin(0.4 * (x - 0.4 * t)) * torch.cos(0.5 * (y + 0.3 * t)) for t in range(2)]
    flow = lucas_kanade(0.9 * torch.stack(frames)[None, None], window=9)[0, 0, :, 6:-6, 6:-6]
    assert torch.allclose(flow, torch.tensor([0.4, -0.3])[:, None, None].expand_as(flow), atol=0.05)


@pytest.mark.parametrize("window, ridge", [(4, 1e-3), (5, 0.0), (5, -1.0)])
def test_an_even_window_and_no_ridge_are_refused(window, ridge):
    with pytest.raises(ValueError, match="odd number of pixels and a ridge above 0"):
        slow_flow(*torch.zeros(3, 1, 4, 4), window, ridge)

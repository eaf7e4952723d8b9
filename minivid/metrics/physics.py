"""Does it move as the world's law says? Paths of ink against straight lines between elastic walls (chapter 8).

For clips of one bright thing on black. Where a digit is, is measured (the centre of its ink); the law is known; so the error is in
pixels and needs no network. Checked by tests/metrics/test_physics.py against the simulator's truth.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.data.world.dynamics import fold
from minivid.motion.trajectories import centroid, ink

FAINT = 0.1
"""A row or column whose brightest pixel is below this share of the clip's brightest has no ink."""
WALL_PULL = 0.04
"""How strongly a fitted wall is held to where the ink would touch the edge: pixels of error for each pixel that it gives way."""
SPEEDS = torch.linspace(-3.0, 3.0, 49, dtype=torch.float64)
"""Pixels per frame from which a fit is started."""
REFINED = 3
"""How many of the best starts are refined."""


@dataclass(frozen=True)
class Walls:
    """Between which places the centre of the ink may be, (x, y), so that no ink leaves the picture."""

    low: Float[Tensor, "b 2"]
    high: Float[Tensor, "b 2"]


@dataclass(frozen=True)
class Fit:
    """The straight path between elastic walls that is nearest to a measured one. Pixels and frames."""

    start: Float[Tensor, "b 2"]
    velocity: Float[Tensor, "b 2"]
    """At the first frame."""
    walls: Walls
    path: Float[Tensor, "b t 2"]
    rmse: Float[Tensor, "b"]
    """Root mean square over frames of the distance between measured and fitted place. A real clip's is some 0.03."""


def fit_trajectory(video: Float[Tensor, "b c t h w"]) -> Fit:
    """The path of the ink's centre, fitted by a triangle wave along each axis: mirrors at the walls, constant speed.

    The walls follow from how far the ink reaches around its centre, and may give way a little. Only for clips of a world without
    gravity, drag or a change half-way; others have no single triangle wave.
    """
    path, walls = centroid(video).double(), reach_walls(video)
    b, t, _ = path.shape
    flat = rearrange(path, "b t xy -> (b xy) t")
    start, velocity, low, high = _fit_axis(flat, walls.low.double().flatten(), walls.high.double().flatten())
    times = torch.arange(t, dtype=torch.float64)
    fitted = rearrange(wave(start, velocity, low, high, times)[0], "(b xy) t -> b t xy", xy=2)
    rmse = (fitted - path).square().sum(2).mean(1).sqrt()
    two = [part.reshape(b, 2).float() for part in (start, velocity, low, high)]
    return Fit(two[0], two[1], Walls(two[2], two[3]), fitted.float(), rmse.float())


def reach_walls(video: Float[Tensor, "b c t h w"]) -> Walls:
    """Where the centre may be: the picture's edges, less the median reach of the ink around its centre."""
    brightness = ink(video)
    inked = brightness > FAINT * brightness.amax((1, 2, 3), keepdim=True).clamp(min=1e-3)
    middle, sides = centroid(video), []
    for axis, profile in enumerate((inked.any(2), inked.any(3))):  # b t w, b t h
        size = profile.shape[-1]
        first = profile.int().argmax(2).float() - 0.5
        last = size - 0.5 - profile.int().flip(2).argmax(2).float()
        # A partly covered pixel at either end counts as half of one.
        low = (middle[..., axis] - first - 0.5).median(1).values - 0.5
        high = size - 0.5 - (last - 0.5 - middle[..., axis]).median(1).values
        sides.append((low.clamp(max=(size - 1) / 2 - 0.5), high.clamp(min=(size - 1) / 2 + 0.5)))
    low, high = (torch.stack(side, dim=1) for side in zip(*sides, strict=True))
    return Walls(low, high)


def wave(
    start: Float[Tensor, "*n"],
    velocity: Float[Tensor, "*n"],
    low: Float[Tensor, "*n"],
    high: Float[Tensor, "*n"],
    times: Float[Tensor, " t"],
) -> tuple[Float[Tensor, "*n t"], Float[Tensor, "*n t 4"]]:
    """The triangle wave and its derivatives by (start, velocity, low, high)."""
    low, high = low[..., None], high[..., None]
    free = start[..., None] + velocity[..., None] * times
    place, sign = fold(free, low, high)
    by_low = 2 * torch.floor((free - low) / (2 * (high - low))) * sign  # of each pair of walls that was passed
    # A start and walls that move together move the wave as far: these three derivatives sum to one.
    return place, torch.stack([sign, sign * times, by_low, 1 - sign - by_low], dim=-1)


def _fit_axis(
    path: Float[Tensor, "n t"], low: Float[Tensor, "n"], high: Float[Tensor, "n"]
) -> tuple[Float[Tensor, "n"], Float[Tensor, "n"], Float[Tensor, "n"], Float[Tensor, "n"]]:
    """(start, velocity, low, high) of the triangle wave that is nearest to each path."""
    unknown, cost = refine(path, starts(path, low, high))
    chosen = cost.argmin(1)[:, None, None].expand(-1, 1, 4)
    start, velocity, low, high = unknown.gather(1, chosen)[:, 0].unbind(-1)
    place, slope = wave(start, velocity, low, high, path.new_zeros(1))  # a start behind the mirror is one before it
    return place[:, 0], velocity * slope[:, 0, 0], low, high


def starts(
    path: Float[Tensor, "n t"], low: Float[Tensor, "n"], high: Float[Tensor, "n"]
) -> Float[Tensor, "n starts 4"]:
    """Where the fits begin, (start, velocity, low, high): the best of several speeds between the expected walls."""
    # A digit that stands a hair beyond its estimated wall pushes it out.
    low, high = torch.minimum(low, path.amin(1)), torch.maximum(high, path.amax(1))
    start, low, high = (part[:, None].expand(-1, len(SPEEDS)) for part in (path[:, 0], low, high))
    every = start, SPEEDS.expand(len(path), -1), low, high
    tried, _ = wave(*every, torch.arange(path.shape[1], dtype=torch.float64))
    best = (tried - path[:, None]).square().sum(2).topk(REFINED, dim=1, largest=False).indices
    return torch.stack(every, dim=2).gather(1, best[..., None].expand(-1, -1, 4))


def refine(
    path: Float[Tensor, "n t"], begin: Float[Tensor, "n starts 4"]
) -> tuple[Float[Tensor, "n starts 4"], Float[Tensor, "n starts"]]:
    """From there to the nearest wave by Levenberg and Marquardt's method, all at once, and the squared error that is left.

    By hand, because scipy's least_squares takes one path at a time, and for 200 clips more than three times as long:
    benchmarks/trajectory_fit.py says how much. Walls that would come within half a pixel of each other are refused, which scipy's
    has no way to say.
    """
    times, unknown = torch.arange(path.shape[1], dtype=torch.float64), begin
    pull = WALL_PULL * torch.eye(4, dtype=torch.float64)[2:].expand(*begin.shape[:2], 2, 4)

    def error(unknown: Tensor) -> tuple[Tensor, Tensor]:
        place, slope = wave(*unknown.unbind(-1), times)
        off = torch.cat([place - path[:, None], WALL_PULL * (unknown - begin)[..., 2:]], dim=2)
        return off, torch.cat([slope, pull], dim=2)

    off, slope = error(unknown)
    cost, damping = off.square().sum(2), torch.full(begin.shape[:2], 1e-3, dtype=torch.float64)
    for _ in range(40):
        square = slope.mT @ slope
        ridge = damping[..., None, None] * torch.diag_embed(square.diagonal(dim1=-2, dim2=-1) + 1e-9)
        there = unknown - torch.linalg.solve(square + ridge, slope.mT @ off[..., None])[..., 0]
        off_there, slope_there = error(there)
        cost_there = off_there.square().sum(2)
        good = (cost_there < cost) & (there[..., 3] - there[..., 2] > 0.5)
        unknown, off = (torch.where(good[..., None], new, old) for new, old in ((there, unknown), (off_there, off)))
        slope = torch.where(good[..., None, None], slope_there, slope)
        damping = torch.where(good, damping / 3, damping * 4).clamp(1e-9, 1e9)
        cost = torch.where(good, cost_there, cost)
    return unknown, cost


@dataclass(frozen=True)
class Bounces:
    """What happens where a clip's ink turns back. Clips that never turn have nan."""

    turns: Bool[Tensor, "b"]
    """An axis of the motion changes its sign."""
    gap: Float[Tensor, "b"]
    """Farthest distance, in pixels, between the ink and the picture's edge at a turn: 0 at a true wall."""
    restitution: Float[Tensor, "b"]
    """Speed after the turn by speed before it, the one farthest from 1 (which is an elastic bounce)."""

    def lawful(self, gap: float = 1.5, slack: float = 0.15) -> Bool[Tensor, "b"]:
        """Turns only at the edge, and comes back as fast as it came. True for clips that never turn: they broke no law."""
        right = (self.gap.abs() < gap) & ((self.restitution - 1).abs() < slack)
        return ~self.turns | right


def bounces(video: Float[Tensor, "b c t h w"], least: float = 0.2) -> Bounces:
    """Find every turn of the ink's path that has two clear steps on either side, and hold it against the law.

    Steps shorter than `least` pixels along an axis are rest, and tell nothing.
    """
    path, walls = centroid(video), reach_walls(video)
    if path.shape[1] < 6:
        raise ValueError(f"a bounce is seen in five steps or more; these clips have {path.shape[1]} frames.")
    step = path[:, 1:] - path[:, :-1]  # b t-1 2
    # Of five steps the sign changes beside the middle one, so that the first and the last hold no part of the turn.
    windows = step.unfold(1, 5, 1)  # b m 2 5
    before, after = windows[..., :2], windows[..., 3:]
    clear = (before.abs() > least).all(3) & (after.abs() > least).all(3)
    turned = clear & (before[..., 0] * before[..., 1] > 0) & (after[..., 0] * after[..., 1] > 0)
    turned &= before[..., 1] * after[..., 0] < 0
    come, go = windows[..., 0], windows[..., 4]
    # The two straight lines, through the first step and through the last, meet at the wall: here + come s = there + go (s - 5).
    here, there = path[:, :-5], path[:, 5:]
    wall = here + come * (there - here - 5 * go) / (come - go + 1e-9 * come.sign())
    edge = torch.where(come > 0, walls.high[:, None], walls.low[:, None])
    gap, ratio = (edge - wall) * come.sign(), go.abs() / come.abs().clamp(min=1e-6)
    return Bounces(
        turns=turned.flatten(1).any(1),
        gap=_farthest(gap, torch.zeros(()), turned),
        restitution=_farthest(ratio, torch.ones(()), turned),
    )


def _farthest(
    value: Float[Tensor, "b m 2"], ideal: Float[Tensor, ""], where: Bool[Tensor, "b m 2"]
) -> Float[Tensor, "b"]:
    """Of the values at `where`, the one farthest from the ideal; nan for clips without any."""
    far = torch.where(where, (value - ideal).abs(), -1.0).flatten(1)
    found = value.flatten(1).gather(1, far.argmax(1, keepdim=True))[:, 0]
    return torch.where(where.flatten(1).any(1), found, torch.nan)


def moves(video: Float[Tensor, "b c t h w"], least: float = 0.1) -> Bool[Tensor, "b"]:
    """Does the ink go anywhere: a mean step of at least `least` pixels a frame. A still clip keeps every law and says nothing."""
    path = centroid(video)
    if path.shape[1] < 2:
        return torch.zeros(len(path), dtype=torch.bool)
    return (path[:, 1:] - path[:, :-1]).norm(dim=2).mean(1) >= least

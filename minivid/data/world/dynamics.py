"""How digits move between elastic walls: exact positions and velocities at any time, no stepping.

Without gravity the whole path is one formula, a triangle wave. Gravity breaks the mirror symmetry of that formula, so there
the path is followed from bounce to bounce, each flight in closed form. Units are pixels and frames; x points right, y down.

Chapter 0. Checked by tests/data/test_dynamics.py against a walk from wall to wall and against a fine integrator.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Number = int | float

REST = 5e-5
"""A bounce that would rise less than this (in pixels) is rest: the digit stays on the floor."""


def fold(
    free: Float[Tensor, "*b"], low: Float[Tensor, "*#b"], high: Float[Tensor, "*#b"]
) -> tuple[Float[Tensor, "*b"], Float[Tensor, "*b"]]:
    """Where a point that would be at `free` without walls is between elastic walls, and the sign its velocity has got.

    Each wall acts as a mirror, so the position is a triangle wave of the unhindered one, with period 2 (high - low).
    """
    room = high - low
    phase = torch.remainder(free - low, 2 * room)
    return high - (phase - room).abs(), torch.where(phase < room, 1.0, -1.0).to(free.dtype)


def travel(
    velocity: Float[Tensor, "*#b"], time: Float[Tensor, "*#b"], gravity: Number = 0.0, drag: Number = 0.0
) -> tuple[Float[Tensor, "*b"], Float[Tensor, "*b"]]:
    """Way made and velocity reached after `time` without walls: the solution of v' = gravity - drag v.

    With z = drag time: way = v time (1 - e^-z)/z + gravity time^2 (z - 1 + e^-z)/z^2.
    """
    if not drag:
        return velocity * time + 0.5 * gravity * time**2, velocity + gravity * time
    z = drag * time
    lost = -torch.expm1(-z)
    small = z.abs() < 1e-3  # there the second quotient is all cancellation: take its series
    quotient = torch.where(small, 0.5 - z / 6 + z**2 / 24 - z**3 / 120, (z - lost) / torch.where(small, 1.0, z) ** 2)
    return velocity * lost / drag + gravity * time**2 * quotient, velocity * (1 - lost) + gravity * lost / drag


def apex(velocity: Float[Tensor, "*b"], gravity: Number, drag: Number) -> Float[Tensor, "*b"]:
    """When a thrown digit turns back: the zero of `travel`'s velocity, in the past for one that falls already.

    One that falls faster than drag allows has never turned; its apex is given as far back in the past.
    """
    up = -velocity / gravity
    return torch.log1p((drag * up).clamp(min=-1 + 1e-12)) / drag if drag else up


def span(
    velocity: Float[Tensor, "*b 2"], begin: Number, end: Number, gravity: Number, drag: Number
) -> tuple[Float[Tensor, "*b 2"], Float[Tensor, "*b 2"]]:
    """The least and the greatest way (x, y) that a digit makes without walls at any time from `begin` to `end`."""
    pull = torch.tensor([0.0, gravity], dtype=velocity.dtype)
    ways = []
    for moment in (begin, 0.0, end):
        time = velocity.new_tensor(moment)
        still, _ = travel(velocity, time, 0.0, drag)
        fallen, _ = travel(torch.zeros_like(velocity), time, 1.0, drag)
        ways.append(still + pull * fallen)
    if gravity:
        top = apex(velocity[..., 1], gravity, drag).clamp(begin, end)
        ways.append(torch.stack([ways[0][..., 0], travel(velocity[..., 1], top, gravity, drag)[0]], -1))
    every = torch.stack(ways)
    return every.amin(0), every.amax(0)


def next_wall(
    y: Float[Tensor, "*b"],
    velocity: Float[Tensor, "*b"],
    low: Float[Tensor, "*b"],
    high: Float[Tensor, "*b"],
    gravity: Number,
    drag: Number,
) -> tuple[Float[Tensor, "*b"], Float[Tensor, "*b"]]:
    """How long a falling digit flies until it meets the ceiling or the floor, and which of the two (its y).

    Without drag this is a quadratic. With drag its root is where Newton's method starts, on a stretch of the path that is
    monotone and of one curvature, where it cannot fail.
    """
    top, _ = travel(velocity, apex(velocity, gravity, drag), gravity, drag)
    ceiling = (velocity < 0) & (y + top < low)
    wall = torch.where(ceiling, low, high)
    root = (velocity**2 + 2 * gravity * (wall - y)).clamp(min=0).sqrt()
    time = torch.where(ceiling, 2 * (y - low) / (root - velocity).clamp(min=1e-300), (root - velocity) / gravity)
    for _ in range(40 if drag else 0):
        way, speed = travel(velocity, time, gravity, drag)
        step = (y + way - wall) / torch.where(speed == 0, 1.0, speed)
        time = time - step
        if step.abs().max() < 1e-10:
            break
    return time, wall


@dataclass(frozen=True)
class Path:
    """Coordinates at the asked times, and bounces (infinity where there is none)."""

    position: Float[Tensor, "*b t"]
    velocity: Float[Tensor, "*b t"]
    bounce: Float[Tensor, "*c m"]
    """When a wall is met."""
    impact: Float[Tensor, "*c m"]
    """How fast it is met, in pixels per frame; 0 where there is no bounce."""


def glide(
    start: Float[Tensor, "*b"],
    velocity: Float[Tensor, "*b"],
    low: Float[Tensor, "*b"],
    high: Float[Tensor, "*b"],
    times: Float[Tensor, " t"],
    until: Number,
    drag: Number = 0.0,
) -> Path:
    """A coordinate without gravity. Drag only slows the travel along the same triangle wave."""
    way, speed = travel(velocity[..., None], times, 0.0, drag)
    position, sign = fold(start[..., None] + way, low[..., None], high[..., None])

    pace, room = velocity.abs(), high - low
    many = int(torch.ceil(pace * until / room).max()) if pace.numel() else 0
    first = torch.where(velocity > 0, high - start, start - low)
    distance = first[..., None] + room[..., None] * torch.arange(many)  # the walls in the mirrors, one behind another
    bounce = distance / pace[..., None]  # infinite for a coordinate that rests
    if drag:
        bounce = -torch.log1p(-(drag * bounce).clamp(max=1)) / drag
    impact = torch.where(bounce <= until, pace[..., None] * torch.exp(-drag * bounce), 0.0)
    return Path(position, speed * sign, torch.where(bounce <= until, bounce, torch.inf), impact)


def fall(
    start: Float[Tensor, "*b"],
    velocity: Float[Tensor, "*b"],
    low: Float[Tensor, "*b"],
    high: Float[Tensor, "*b"],
    times: Float[Tensor, " t"],
    until: Number,
    gravity: Number,
    drag: Number = 0.0,
) -> Path:
    """A coordinate with gravity (towards `high`), from bounce to bounce, all digits at once."""
    y, v, since = start, velocity, torch.full_like(start, -torch.inf)
    clock = torch.zeros_like(start)  # when the flight at hand began
    resting = torch.zeros_like(start, dtype=torch.bool)
    position = torch.zeros(*start.shape, len(times), dtype=start.dtype)
    speed, bounces, impacts = torch.zeros_like(position), [], []
    while True:
        flight, wall = next_wall(y, v, low, high, gravity, drag)
        end = torch.where(resting, torch.inf, clock + flight)
        way, reached = travel(v[..., None], times - clock[..., None], gravity, drag)
        now = (times >= since[..., None]) & (times < end[..., None])
        still = resting[..., None]
        position = torch.where(now, torch.where(still, high[..., None], y[..., None] + way), position)
        speed = torch.where(now, torch.where(still, 0.0, reached), speed)
        if not (end <= until).any():
            break
        _, arriving = travel(v, flight, gravity, drag)
        bounces.append(torch.where(end <= until, end, torch.inf))
        impacts.append(torch.where(end <= until, arriving.abs(), 0.0))
        y, v, since, clock = wall, -arriving, end, end
        resting = resting | ((wall == high) & (v**2 / (2 * gravity) < REST))
    none = start.new_zeros(*start.shape, 0)
    bounce = torch.stack(bounces, -1) if bounces else none
    return Path(position, speed, bounce, torch.stack(impacts, -1) if impacts else none)


def leg(
    start: Float[Tensor, "n k 2"],
    velocity: Float[Tensor, "n k 2"],
    low: Float[Tensor, "n k 2"],
    high: Float[Tensor, "n k 2"],
    times: Float[Tensor, " t"],
    until: Number,
    gravity: Number = 0.0,
    drag: Number = 0.0,
) -> Path:
    """The path in the plane (`n k 2 t`) at `times` from this leg's beginning, and all bounces (`n k m`) before `until`."""
    if not gravity:
        path = glide(start, velocity, low, high, times, until, drag)
        return Path(path.position, path.velocity, path.bounce.flatten(2), path.impact.flatten(2))
    x, y = ([part[..., axis] for part in (start, velocity, low, high)] for axis in (0, 1))
    across, down = glide(*x, times, until, drag), fall(*y, times, until, gravity, drag)
    return Path(
        torch.stack([across.position, down.position], 2),
        torch.stack([across.velocity, down.velocity], 2),
        torch.cat([across.bounce, down.bounce], -1),
        torch.cat([across.impact, down.impact], -1),
    )

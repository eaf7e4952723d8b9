"""Positions and bounces agree with simulators that know no closed form."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from minivid.data.world.dynamics import REST, apex, fall, fold, glide, leg, span, travel


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


def walk(x, v, low, high, time):
    """From wall to wall at constant speed: the position after `time`, the velocity, and the moments of the bounces."""
    now, bounces = 0.0, []
    while v != 0:
        wall = high if v > 0 else low
        needed = (wall - x) / v
        if now + needed >= time:
            break
        now, x, v = now + needed, wall, -v
        bounces.append(now)
    return x + v * (time - now), v, bounces


@given(
    start=st.floats(0.01, 0.99), v=st.floats(-5, 5), low=st.floats(-3, 10), room=st.floats(1, 20), time=st.floats(0, 30)
)
def test_a_reflected_path_is_where_a_walk_from_wall_to_wall_ends(start, v, low, room, time):
    x = low + start * room
    expected, speed, bounces = walk(x, v, low, low + room, time)
    path = glide(double(x), double(v), double(low), double(low + room), double(time), until=time)
    assert path.position.item() == pytest.approx(expected, abs=1e-9)
    if min(expected - low, low + room - expected) > 1e-9:  # on the wall itself either sign is right
        assert path.velocity.item() == pytest.approx(speed, abs=1e-12)
        assert path.bounce[path.bounce.isfinite()].tolist() == pytest.approx(bounces, abs=1e-9)


@given(free=st.floats(-100, 100), low=st.floats(-5, 5), room=st.floats(0.5, 20))
def test_a_folded_position_is_between_the_walls_and_mirrors_at_each(free, low, room):
    low, high, free = double(low), double(low + room), double(free)
    x, _ = fold(free, low, high)
    assert low - 1e-9 <= x <= high + 1e-9
    assert torch.allclose(fold(2 * low - free, low, high)[0], x, atol=1e-9)
    assert torch.allclose(fold(2 * high - free, low, high)[0], x, atol=1e-9)


def fine_path(y, v, low, high, times, gravity, drag):
    """scipy's Runge-Kutta of order 8 from bounce to bounce: positions at `times` and the moments of the bounces."""
    now, places, bounces = 0.0, np.full(len(times), np.nan), []
    while now < times[-1]:
        ceiling = lambda t, s: s[0] - low if t > 1e-9 else 1.0  # noqa: E731
        floor = lambda t, s: s[0] - high if t > 1e-9 else -1.0  # noqa: E731
        ceiling.terminal = floor.terminal = True
        done = solve_ivp(
            lambda t, s: [s[1], gravity - drag * s[1]],
            (0, times[-1] - now + 1e-6),
            [y, v],
            method="DOP853",
            events=[ceiling, floor],
            rtol=1e-10,
            atol=1e-12,
            max_step=0.5,
            dense_output=True,
        )
        here = (times >= now) & (times <= now + done.t[-1])
        places[here] = done.sol(times[here] - now)[0]
        now, v = now + done.t[-1], -done.y[1, -1]
        if done.status == 1:
            bounces.append(now)
            y = low if len(done.t_events[0]) else high
    return places, bounces


@pytest.mark.parametrize(
    ("gravity", "drag"), [(0.3, 0.0), (0.0, 0.2), (0.15, 0.1), (0.6, 0.3), (0.02, 0.5), (0.05, 1e-4)]
)
def test_gravity_and_drag_agree_with_a_fine_integrator_to_a_ten_thousandth_of_a_pixel(gravity, drag, generator):
    n, until = 4, 12.0
    low = torch.zeros(n, 1, dtype=torch.float64)
    high = 6 + 4 * torch.rand(n, 1, generator=generator, dtype=torch.float64)
    start = high * (0.2 + 0.6 * torch.rand(n, 1, generator=generator, dtype=torch.float64))
    velocity = double(-3.0, 2.5, -0.8, 1.4)[:, None]
    times = torch.linspace(0, until, 60, dtype=torch.float64)
    if gravity:
        path = fall(start, velocity, low, high, times, until, gravity, drag)
    else:
        path = glide(start, velocity, low, high, times, until, drag)
    for i in range(n):
        ends = (start[i].item(), velocity[i].item(), low[i].item(), high[i].item())
        places, bounces = fine_path(*ends, times.numpy(), gravity, drag)
        assert np.abs(places - path.position[i, 0].numpy()).max() < 1e-4
        mine = path.bounce[i, 0]
        assert sorted(mine[mine.isfinite()].tolist()) == pytest.approx([t for t in bounces if t <= until], abs=1e-5)


@settings(max_examples=50)
@given(
    gravity=st.floats(0.01, 1),
    drag=st.sampled_from([0.0, 1e-5, 0.05, 0.4]),
    velocity=st.floats(-4, 4),
    start=st.floats(0.1, 0.9),
)
def test_a_falling_digit_never_leaves_its_room_and_only_loses_energy(gravity, drag, velocity, start):
    low, high, times = torch.zeros(1), torch.full((1,), 8.0), torch.linspace(0, 20, 101).double()
    path = fall(double(8 * start), double(velocity), low.double(), high.double(), times, 20.0, gravity, drag)
    assert path.position.min() > -1e-9 and path.position.max() < 8 + 1e-9
    energy = 0.5 * path.velocity**2 - gravity * path.position
    if drag:
        assert (energy.diff() < REST).all()
    else:
        assert (energy - energy[:, :1]).abs().max() < 1e-8


def test_a_damped_digit_comes_to_rest_on_the_floor():
    times = double(150.0, 199.0)
    path = fall(double(1.0), double(0.0), double(0.0), double(8.0), times, 200.0, 0.5, 0.2)
    assert torch.allclose(path.position, double(8.0, 8.0), atol=2 * REST)
    assert path.velocity.abs().max() < 1e-2


def test_a_digit_meets_a_wall_at_its_bounce_with_the_speed_of_the_impact():
    start, velocity = double(2.0, 5.0), double(1.7, -0.9)
    low, high = double(0.0, 1.0), double(7.0, 9.0)
    plan = glide(start, velocity, low, high, double(0.0), 20.0, 0.05)
    heard = plan.bounce[0][plan.bounce[0].isfinite()]
    assert len(heard) >= 2
    there = glide(start, velocity, low, high, heard, 20.0, 0.05)
    from_wall = torch.minimum((there.position[0] - low[0]).abs(), (there.position[0] - high[0]).abs())
    assert from_wall.max() < 1e-9
    assert torch.allclose(there.velocity[0].abs(), plan.impact[0][: len(heard)])


@given(v=st.floats(-3, 3), time=st.floats(0.1, 10), gravity=st.floats(0, 1), drag=st.floats(1e-3, 1))
def test_travel_solves_its_equation(v, time, gravity, drag):
    h = 1e-4
    before, now, after = (travel(double(v), double(time + step), gravity, drag) for step in (-h, 0, h))
    assert ((after[0] - before[0]) / (2 * h)).item() == pytest.approx(now[1].item(), abs=1e-6)
    assert ((after[1] - before[1]) / (2 * h)).item() == pytest.approx(gravity - drag * now[1].item(), abs=1e-6)
    assert torch.stack(travel(double(v), double(0.0), gravity, drag)).flatten().tolist() == [0.0, v]


@given(v=st.floats(-3, 3), time=st.floats(0, 12))
def test_vanishing_drag_is_no_drag(v, time):
    with_drag, without = (travel(double(v), double(time), 0.3, drag)[0] for drag in (1e-9, 0.0))
    assert torch.allclose(with_drag, without, atol=1e-6)


@given(v=st.floats(-3, -0.01), gravity=st.floats(0.01, 1), drag=st.sampled_from([0.0, 0.1, 0.6]))
def test_a_throw_turns_back_where_its_velocity_is_zero(v, gravity, drag):
    assert travel(double(v), apex(double(v), gravity, drag), gravity, drag)[1].abs().item() < 1e-9


@given(
    v=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    gravity=st.sampled_from([0.0, 0.4]),
    drag=st.sampled_from([0.0, 0.2]),
)
def test_the_span_of_the_first_steps_holds_every_moment_of_them_tightly(v, gravity, drag):
    least, most = span(double(*v)[None], -0.5, 2.0, gravity, drag)
    moments = torch.linspace(-0.5, 2, 501).double()
    for axis, pull in ((0, 0.0), (1, gravity)):
        ways = travel(double(v[axis]), moments, pull, drag)[0]
        assert least[0, axis].item() == pytest.approx(ways.min().item(), abs=1e-4)
        assert most[0, axis].item() == pytest.approx(ways.max().item(), abs=1e-4)


def test_gravity_leaves_the_motion_across_alone(generator):
    start, velocity = (torch.rand(5, 2, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    low, high = torch.full_like(start, -1.0), torch.full_like(start, 2.0)
    times = torch.arange(8, dtype=torch.float64)
    without, with_gravity = (leg(start, velocity, low, high, times, 7.0, gravity) for gravity in (0.0, 0.3))
    assert torch.equal(without.position[:, :, 0], with_gravity.position[:, :, 0])
    assert not torch.allclose(without.position[:, :, 1], with_gravity.position[:, :, 1], atol=0.1)

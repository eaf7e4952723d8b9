import numpy as np
import torch
from scipy.optimize import least_squares


def mirrored(free, low, high):
    """A triangle wave by arcsin of a sine."""
    room = high - low
    return low + room * (0.5 + np.arcsin(np.sin(np.pi * ((free - low) / room - 0.5))) / np.pi)


def by_scipy(path, low, high):
    """The best speeds of a table, refined by scipy from several starts; one path after the other."""
    answers = []
    for row, a, b in zip(*(x.numpy().astype(float) for x in (path, low, high)), strict=True):
        times = np.arange(len(row))
        off = lambda guess, row=row, a=a, b=b, times=times: mirrored(guess[0] + guess[1] * times, a, b) - row  # noqa: E731
        table = np.stack(np.meshgrid(row[0] + np.linspace(-0.5, 0.5, 5), np.linspace(-3, 3, 121)), -1).reshape(-1, 2)
        errors = np.square(mirrored(table[:, :1] + table[:, 1:] * times, a, b) - row).sum(1)
        found = [least_squares(off, table[i], diff_step=1e-5) for i in np.argsort(errors)[:3]]
        best = min(found, key=lambda fit: fit.cost)
        answers.append([*best.x, np.sqrt(2 * best.cost / len(row))])
    return tuple(torch.tensor(np.array(answers)).T)


SECOND = by_scipy


def there_and_back(free, low, high):
    phase = (free - low).remainder(2 * (high - low))
    return low + torch.minimum(phase, 2 * (high - low) - phase)


def searched(
    path, low, high, fold=there_and_back, speeds=(-3.0, 3.0), residual=None, rounds=11, used=slice(None), count=49
):
    """Tables of starts by speeds, each half as wide; the mistakes below are these options."""
    times = torch.arange(path.shape[1])[used]
    middle, reach = (speeds[0] + speeds[1]) / 2, (speeds[1] - speeds[0]) / 2
    p, v = path[:, 0], torch.full_like(path[:, 0], middle)
    for k in range(rounds):
        starts = (p[:, None] + torch.linspace(-1, 1, 9) / 2**k)[:, :, None, None]
        velocities = (v[:, None] + torch.linspace(-reach, reach, count) / 2**k)[:, None, :, None]
        gap = (
            fold(starts + velocities * times, *(wall[:, None, None, None] for wall in (low, high)))
            - path[:, None, None, used]
        )
        best = gap.square().mean(3).flatten(1).argmin(1)
        p = starts.flatten(1).gather(1, best[:, None] // count)[:, 0]
        v = velocities.flatten(1).gather(1, best[:, None] % count)[:, 0]
    if residual is None:
        residual = lambda gap: gap.square().mean(1).sqrt()  # noqa: E731
    whole = torch.arange(path.shape[1])
    return p, v, residual(fold(p[:, None] + v[:, None] * whole, low[:, None], high[:, None]) - path)


def one_residual_for_all(path, low, high):
    start, velocity, residual = searched(path, low, high)
    return start, velocity, residual.mean()


def the_wave_itself(path, low, high):
    """The fitted places in the residual's stead."""
    start, velocity, _ = searched(path, low, high)
    times = torch.arange(path.shape[1])
    return start, velocity, there_and_back(start[:, None] + velocity[:, None] * times, low[:, None], high[:, None])


def start_and_velocity_alone(path, low, high):
    return searched(path, low, high)[:2]


def to_the_right_alone(path, low, high):
    return searched(path, low, high, speeds=(0.0, 3.0))


def slow_ones_alone(path, low, high):
    return searched(path, low, high, speeds=(-1.0, 1.0), count=17)


def velocity_first(path, low, high):
    start, velocity, residual = searched(path, low, high)
    return velocity, start, residual


def speed_without_sign(path, low, high):
    start, velocity, residual = searched(path, low, high)
    return start, velocity.abs(), residual


def counted_from_one(path, low, high):
    """The first frame at time 1."""
    start, velocity, residual = searched(path, low, high)
    return start - velocity, velocity, residual


def straight_line(path, low, high):
    """Least squares without walls."""
    times = torch.arange(path.shape[1]).to(path)
    columns = torch.stack([torch.ones_like(times), times], dim=1)
    line = torch.linalg.lstsq(columns, path.T).solution
    return line[0], line[1], (columns @ line - path.T).square().mean(0).sqrt()


def period_of_one_room(path, low, high):
    """What leaves at one wall comes in at the other."""
    return searched(path, low, high, fold=lambda free, a, b: a + (free - a).remainder(b - a))


def stopped_at_the_wall(path, low, high):
    return searched(path, low, high, fold=lambda free, a, b: torch.minimum(torch.maximum(free, a), b))


def half_the_room(path, low, high):
    """A wave that turns in the middle: period L for 2 L."""

    def fold(free, low, high):
        phase = (free - low).remainder(high - low)
        return low + torch.minimum(phase, high - low - phase)

    return searched(path, low, high, fold=fold)


def sine_for_triangle(path, low, high):
    def fold(free, low, high):
        return low + (high - low) * (0.5 - 0.5 * torch.cos(torch.pi * (free - low) / (high - low)))

    return searched(path, low, high, fold=fold)


def mirrored_once(path, low, high):
    """One bounce at either wall, and no second one."""

    def fold(free, low, high):
        free = torch.where(free > high, 2 * high - free, free)
        return torch.where(free < low, 2 * low - free, free)

    return searched(path, low, high, fold=fold)


def downhill_from_a_standstill(path, low, high):
    """One refinement, from velocity 0: it ends in the next valley."""
    answers = []
    for row, a, b in zip(*(x.numpy().astype(float) for x in (path, low, high)), strict=True):
        times = np.arange(len(row))
        off = lambda guess, row=row, a=a, b=b, times=times: mirrored(guess[0] + guess[1] * times, a, b) - row  # noqa: E731
        best = least_squares(off, [row[0], 0.0], diff_step=1e-5)
        answers.append([*best.x, np.sqrt(2 * best.cost / len(row))])
    return tuple(torch.tensor(np.array(answers)).T)


def remainder_with_a_sign(path, low, high):
    """fmod of a negative number is negative: the mirror at the lower wall is missing."""

    def fold(free, low, high):
        phase = torch.fmod(free - low, 2 * (high - low))
        return low + torch.minimum(phase, 2 * (high - low) - phase)

    return searched(path, low, high, fold=fold)


def lower_wall_at_zero(path, low, high):
    def fold(free, low, high):
        phase = free.remainder(2 * (high - low))
        return torch.minimum(phase, 2 * (high - low) - phase)

    return searched(path, low, high, fold=fold)


def room_for_high(path, low, high):
    """2 · high for 2 · (high − low), which is the same while low is 0."""

    def fold(free, low, high):
        phase = (free - low).remainder(2 * high)
        return low + torch.minimum(phase, 2 * high - phase)

    return searched(path, low, high, fold=fold)


def low_not_added_back(path, low, high):
    return searched(path, low, high, fold=lambda free, a, b: there_and_back(free, a, b) - a)


def from_the_first_two_frames(path, low, high):
    """Their difference is the velocity: exact where nothing was measured wrong, unless there is a wall between them."""
    start, velocity = path[:, 0], path[:, 1] - path[:, 0]
    times = torch.arange(path.shape[1])
    gap = there_and_back(start[:, None] + velocity[:, None] * times, low[:, None], high[:, None]) - path
    return start, velocity, gap.square().mean(1).sqrt()


def first_half_alone(path, low, high):
    return searched(path, low, high, used=slice(0, 8))


def start_nailed_down(path, low, high):
    """The first place is taken for true, and the speed alone is searched."""
    times = torch.arange(path.shape[1])
    v = torch.linspace(-3, 3, 3001)
    gap = (
        there_and_back(path[:, :1, None] + v[:, None] * times, low[:, None, None], high[:, None, None]) - path[:, None]
    )
    least, best = gap.square().mean(2).min(1)
    return path[:, 0], v[best], least.sqrt()


def mean_square_without_root(path, low, high):
    return searched(path, low, high, residual=lambda gap: gap.square().mean(1))


def sum_of_squares(path, low, high):
    return searched(path, low, high, residual=lambda gap: gap.square().sum(1).sqrt())


def mean_distance(path, low, high):
    return searched(path, low, high, residual=lambda gap: gap.abs().mean(1))


def greatest_distance(path, low, high):
    return searched(path, low, high, residual=lambda gap: gap.abs().amax(1))


def signed_distance(path, low, high):
    return searched(path, low, high, residual=lambda gap: gap.mean(1))


WRONG = {
    "three numbers a path": [one_residual_for_all, the_wave_itself, start_and_velocity_alone],
    "no wall met": [
        to_the_right_alone,
        slow_ones_alone,
        velocity_first,
        speed_without_sign,
        counted_from_one,
        sine_for_triangle,
    ],
    "one bounce": [
        straight_line,
        period_of_one_room,
        half_the_room,
        stopped_at_the_wall,
        remainder_with_a_sign,
        downhill_from_a_standstill,
    ],
    "many bounces": [mirrored_once],
    "walls elsewhere": [lower_wall_at_zero, room_for_high, low_not_added_back],
    "a noisy path": [from_the_first_two_frames, first_half_alone, start_nailed_down],
    "residual": [mean_square_without_root, sum_of_squares, mean_distance, greatest_distance, signed_distance],
}

import numpy as np
import torch
from scipy.optimize import least_squares


def mirrored(free, low, high):
    """A triangle wave by arcsin of a sine."""
    room = high - low
    return low + room * (0.5 + np.arcsin(np.sin(np.pi * ((free - low) / room - 0.5))) / np.pi)


def by_scipy(path, low, high, guesses=3):
    """The best speeds of a table, refined by scipy from several starts; one path after the other. No guesses: from a standstill."""
    answers = []
    for row, a, b in zip(*(x.numpy().astype(float) for x in (path, low, high)), strict=True):
        times = np.arange(len(row))
        off = lambda guess, row=row, a=a, b=b, times=times: mirrored(guess[0] + guess[1] * times, a, b) - row  # noqa: E731
        table = np.stack(np.meshgrid(row[0] + np.linspace(-0.5, 0.5, 5), np.linspace(-3, 3, 121)), -1).reshape(-1, 2)
        errors = np.square(mirrored(table[:, :1] + table[:, 1:] * times, a, b) - row).sum(1)
        starts = table[np.argsort(errors)[:guesses]] if guesses else [[row[0], 0.0]]
        found = [least_squares(off, start, diff_step=1e-5) for start in starts]
        best = min(found, key=lambda fit: fit.cost)
        answers.append([*best.x, np.sqrt(2 * best.cost / len(row))])
    return tuple(torch.tensor(np.array(answers)).T)


SECOND = by_scipy

SPEEDS = "velocity[:, None] + speed * torch.linspace(-1, 1, 49).to(path)"
PHASE = "(free - floor).remainder(2 * room)"
PLACE = "floor + torch.minimum(phase, 2 * room - phase)"
FITTED = "place.flatten(1, 2)[torch.arange(len(path)), best]"
ANSWER = "return start, velocity, error.sqrt()"


def downhill_from_a_standstill(path, low, high):
    """One refinement, from velocity 0: it ends in the next valley."""
    return by_scipy(path, low, high, guesses=0)


WRONG = {
    "three numbers a path": {
        "one_residual_for_all": (ANSWER, f"{ANSWER}.mean()"),
        # the fitted places in the residual's stead
        "the_wave_itself": (ANSWER, f"return start, velocity, {FITTED}"),
        "start_and_velocity_alone": (ANSWER, "return start, velocity"),
    },
    "no wall met": {
        "to_the_right_alone": (SPEEDS, f"({SPEEDS}).clamp(min=0)"),
        "slow_ones_alone": (SPEEDS, f"({SPEEDS}).clamp(-1, 1)"),
        "velocity_first": (ANSWER, "return velocity, start, error.sqrt()"),
        "speed_without_sign": (ANSWER, "return start, velocity.abs(), error.sqrt()"),
        # the first frame at time 1
        "counted_from_one": (ANSWER, "return start - velocity, velocity, error.sqrt()"),
        "sine_for_triangle": (PLACE, "floor + room * (0.5 - 0.5 * torch.cos(torch.pi * phase / room))"),
    },
    "one bounce": {
        # without walls
        "straight_line": (PLACE, "free"),
        # what leaves at one wall comes in at the other
        "period_of_one_room": (PLACE, "floor + (free - floor).remainder(room)"),
        # a wave that turns in the middle: period L for 2 L
        "half_the_room": [(PHASE, "(free - floor).remainder(room)"), ("2 * room - phase", "room - phase")],
        "stopped_at_the_wall": (PLACE, "torch.minimum(torch.maximum(free, floor), floor + room)"),
        # fmod of a negative number is negative: the mirror at the lower wall is missing
        "remainder_with_a_sign": (PHASE, "torch.fmod(free - floor, 2 * room)"),
        "downhill_from_a_standstill": downhill_from_a_standstill,
    },
    "many bounces": {
        # one bounce at either wall, and no second one
        "mirrored_once": (PLACE, "floor + (room - (room - (free - floor)).abs()).abs()"),
    },
    "walls elsewhere": {
        "lower_wall_at_zero": ("floor, room = low", "floor, room = 0 * low"),
        # 2 · high for 2 · (high − low), which is the same while low is 0
        "room_for_high": ("(high - low)[", "high["),
        "low_not_added_back": ("floor + torch.minimum", "torch.minimum"),
    },
    "a noisy path": {
        # their difference is the velocity: exact where nothing was measured wrong, unless there is a wall between them
        "from_the_first_two_frames": ("torch.zeros_like(path[:, 0]), 1.0, 3.0", "path[:, 1] - path[:, 0], 0.0, 0.0"),
        "first_half_alone": (".square().mean(3)", ".square()[..., :8].mean(3)"),
        # the first place is taken for true, and the speed alone is searched
        "start_nailed_down": ("1.0, 3.0", "0.0, 3.0"),
    },
    "residual": {
        "mean_square_without_root": (ANSWER, "return start, velocity, error"),
        "sum_of_squares": (ANSWER, "return start, velocity, (error * len(times)).sqrt()"),
        "mean_distance": (ANSWER, f"return start, velocity, ({FITTED} - path).abs().mean(1)"),
        "greatest_distance": (ANSWER, f"return start, velocity, ({FITTED} - path).abs().amax(1)"),
        "signed_distance": (ANSWER, f"return start, velocity, ({FITTED} - path).mean(1)"),
    },
    "fewer frames": {
        "sixteen_frames": ("torch.arange(path.shape[1])", "torch.arange(16)"),
    },
}

import math

import torch


def by_the_logarithms_of_both(u):
    """log α² − log σ² in double precision, each from its own side of the quarter circle, then cut."""
    angle = math.pi / 2 * u.double()
    alpha2, sigma2 = torch.cos(angle).square(), torch.sin(angle).square()
    return (torch.log(alpha2) - torch.log(sigma2)).clamp(-20, 20).to(u)


SECOND = by_the_logarithms_of_both

ANGLE = "(torch.pi / 2 * u).clamp(end, torch.pi / 2 - end)"
LEVEL = "-2 * torch.log(torch.tan(angle))"

RIGHT = {
    # the reference squeezes the times, this cuts the angle, and the next one λ
    "level_cut": [
        ("(torch.pi / 2 * u).clamp(end, torch.pi / 2 - end)", "(torch.pi / 2 * u).clamp(1e-7, torch.pi / 2 - 1e-6)"),
        (LEVEL, f"({LEVEL}).clamp(-20, 20)"),
    ],
    "times_squeezed": (ANGLE, "end + (torch.pi / 2 - 2 * end) * u"),
    "times_cut": (ANGLE, "torch.pi / 2 * u.clamp(2 * end / torch.pi, 1 - 2 * end / torch.pi)"),
    "by_the_cotangent": (LEVEL, "2 * torch.log(torch.cos(angle) / torch.sin(angle))"),
    "by_the_squares": (LEVEL, "torch.log(torch.cos(angle) ** 2) - torch.log(torch.sin(angle) ** 2)"),
}

WRONG = {
    "formula": {
        "half_of_it": ("-2 * torch.log", "-torch.log"),
        "rising": ("-2 * torch.log", "2 * torch.log"),
        "decimal_logarithm": ("torch.log(", "torch.log10("),
        "angle_without_pi": ("torch.pi / 2 * u)", "u / 2)"),
        "whole_circle": ("(torch.pi / 2 * u)", "(torch.pi * u)"),
        "of_alpha_alone": (LEVEL, "2 * torch.log(torch.cos(angle))"),
        "alpha_itself": (LEVEL, "torch.cos(angle)"),
        # log(1/σ²), as for a variance that explodes
        "of_sigma_alone": (LEVEL, "-2 * torch.log(torch.sin(angle))"),
        "linear_in_u": (LEVEL, "20 - 40 * u"),
        "squared_cosine_without_the_log": (LEVEL, "torch.cos(angle) ** 2"),
    },
    "ends": {
        "infinite": (ANGLE, "torch.pi / 2 * u"),
        # nan at 1, which no clamp cuts
        "cut_after_the_nan": [(ANGLE, "torch.pi / 2 * u"), (LEVEL, f"({LEVEL}).clamp(-20, 20)")],
        "cut_too_early": ("math.exp(-10)", "math.exp(-5)"),
        "cut_too_late": ("math.exp(-10)", "math.exp(-14)"),
        # DDPM's 0.008, which keeps the steps of a few hundred levels from being too small
        "offset_of_ddpm": [("(torch.pi / 2 * u)", "(torch.pi / 2 * (u + 1e-4) / (1 + 2e-4))")],
        "only_the_very_ends_set": [
            (ANGLE, "torch.pi / 2 * u"),
            (LEVEL, f"torch.where(u == 0, 20.0, torch.where(u == 1, -20.0, {LEVEL}))"),
        ],
        "levels_off_and_jumps": (LEVEL, f"torch.where(u == 0, 20, torch.where(u == 1, -20, ({LEVEL}).clamp(-9, 9)))"),
        "nan_made_zero": [(ANGLE, "torch.pi / 2 * u"), (LEVEL, f"({LEVEL}).clamp(-20, 20).nan_to_num(0)")],
    },
    "near the ends": {
        "jumps_to_the_ends": (LEVEL, f"torch.where(u < 0.01, 20, torch.where(u > 0.99, -20, {LEVEL}))"),
    },
    "any shape": {
        "flattened": (LEVEL, f"({LEVEL}).flatten()"),
        "mean_over_the_frames": (LEVEL, f"({LEVEL}).reshape(len(u) if u.ndim else 1, -1).mean(1)"),
    },
    "one number": {"one_axis_added": (LEVEL, f"torch.atleast_1d({LEVEL})")},
}

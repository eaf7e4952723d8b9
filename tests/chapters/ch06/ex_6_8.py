import torch


def by_a_system_of_two(a, b, sigma):
    matrix = torch.stack([torch.stack([torch.ones_like(sigma), sigma], -1), torch.stack([a, b], -1)], -2)
    inverse = torch.linalg.inv(matrix)  # (y, F) to (x, ε)
    return inverse[..., 0, 0], inverse[..., 0, 1], torch.rsqrt(1 + sigma * sigma)


SECOND = by_a_system_of_two

SKIP, OUT, IN = "c_skip = b / divisor", "c_out = -sigma / divisor", "c_in = 1 / (1 + sigma**2).sqrt()"
DIVISOR = "divisor = b - sigma * a"

RIGHT = {"what_is_left_of_one": (SKIP, "c_skip = 1 + sigma * a / divisor")}

WRONG = {
    "the clip": {
        "input_not_scaled": (IN, "c_in = torch.ones_like(sigma)"),
        "input_scaled_up": (IN, "c_in = (1 + sigma**2).sqrt()"),
        "deviations_added": (IN, "c_in = 1 / (1 + sigma)"),
        "no_root": (IN, "c_in = 1 / (1 + sigma**2)"),
        "wrong_sign": (OUT, "c_out = sigma / divisor"),
    },
    "the noise": {
        "for_z": (SKIP, "c_skip = b / divisor * (1 + sigma**2).sqrt()"),
        "noise_not_scaled": (OUT, "c_out = -1 / divisor * sigma.where(a != 0, torch.ones(()))"),
    },
    "v": {
        "the_other_divisor": (DIVISOR, "divisor = (b - sigma * a).where((a == 0) | (b == 0), b + 2 * sigma * a)"),
        "never_divided": (DIVISOR, "divisor = (b - sigma * a).where((a == 0) | (b == 0), torch.ones(()))"),
    },
    "any mixture": {
        "always_v": (DIVISOR, "divisor = (b - sigma * a).where((a == 0) | (b == 0), (1 + sigma**2).sqrt())"),
    },
}

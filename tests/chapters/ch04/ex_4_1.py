import torch


def by_a_matrix(objective, output, z, alpha, sigma):
    """The inverse of the two-by-two matrix of (α, σ) over (a, b), at each level."""
    a, b = (torch.as_tensor(number).expand_as(alpha) for number in objective.coefficients(alpha, sigma))
    matrix = torch.stack([torch.stack([alpha, sigma], -1), torch.stack([a, b], -1)], -2).to(z)
    said = torch.stack(torch.broadcast_tensors(z, output), -1)[..., None]
    x_hat, eps_hat = (torch.linalg.inv(matrix) @ said)[..., 0].unbind(-1)
    return x_hat, eps_hat


SECOND = by_a_matrix

X_HAT = "x_hat = (b * z - sigma * output) / determinant"
EPS_HAT = "eps_hat = (alpha * output - a * z) / determinant"

RIGHT = {
    "noise_from_what_is_left": (EPS_HAT, "eps_hat = (z - alpha * x_hat) / sigma"),
    "clip_from_what_is_left": [
        (EPS_HAT, "x_hat = (z - sigma * eps_hat) / alpha"),
        (X_HAT, "eps_hat = (alpha * output - a * z) / determinant"),
    ],
    "in_double_precision_and_back": [
        (
            "    a, b =",
            "    kind = z.dtype; output, z, alpha, sigma = (each.double() for each in (output, z, alpha, sigma))\n    a, b =",
        ),
        ("return x_hat, eps_hat", "return x_hat.to(kind), eps_hat.to(kind)"),
    ],
    "divided_by_minus_the_determinant": [
        ("alpha * b - sigma * a", "sigma * a - alpha * b"),
        ("(b * z - sigma * output)", "(sigma * output - b * z)"),
        ("(alpha * output - a * z)", "(a * z - alpha * output)"),
    ],
}

WRONG = {
    "from v": {
        "noise_first": ("return x_hat, eps_hat", "return eps_hat, x_hat"),
        "determinant_turned_round": ("alpha * b - sigma * a", "sigma * a - alpha * b"),
        "plus_in_the_determinant": ("alpha * b - sigma * a", "alpha * b + sigma * a"),
        "z_and_output_exchanged": ("b * z - sigma * output", "b * output - sigma * z"),
        "as_if_it_said_noise": [
            (X_HAT, "x_hat = (z - sigma * output) / alpha"),
            (EPS_HAT, "eps_hat = output"),
        ],
        "clip_twice": (EPS_HAT, "eps_hat = x_hat"),
        "alpha_and_sigma_exchanged": ("    a, b =", "    alpha, sigma = sigma, alpha\n    a, b ="),
        "the_first_clip_s_level_for_all": ("    a, b =", "    alpha, sigma = alpha[:1], sigma[:1]\n    a, b ="),
    },
    "from the noise": {
        "v_whatever_was_said": ("objective.coefficients(alpha, sigma)", "(-sigma, alpha)"),
        "a_never_zero": ("determinant = ", "a = a if torch.is_tensor(a) else -sigma\n    determinant = "),
    },
    "from the clip": {
        "determinant_made_positive": ("alpha * b - sigma * a", "(alpha * b - sigma * a).abs()"),
        "undivided_where_b_is_zero": (
            "alpha * b - sigma * a",
            "alpha * b - sigma * a if torch.as_tensor(b).any() else 1",
        ),
    },
    "straight paths": {
        # right for v as long as variance is preserved, and divided for the numbers that are the same at each level
        "v_never_divided": ("alpha * b - sigma * a", "1 if torch.is_tensor(a) else alpha * b - sigma * a"),
        "variance_made_to_be_preserved": (
            "a, b =",
            "size = (alpha**2 + sigma**2).sqrt(); z, alpha, sigma = z / size, alpha / size, sigma / size\n    a, b =",
        ),
    },
    "flow": {
        "flow_turned_round": (
            "determinant = ",
            "a, b = (1, -1) if not torch.is_tensor(a) and a == -1 else (a, b)\n    determinant = ",
        )
    },
    "near the ends": {
        "sigma_kept_from_becoming_small": (EPS_HAT, "eps_hat = (z - alpha * x_hat) / sigma.clamp(min=0.1)"),
        "something_added_to_sigma": (EPS_HAT, "eps_hat = (z - alpha * x_hat) / (sigma + 0.01 * (sigma < 0.1))"),
    },
}

def from_the_first_down(alphas):
    """How far down from the first root to the last, as a share: 1 at the first, 0 at the last."""
    alpha = alphas**0.5
    share = (alpha - alpha[-1]) / (alpha[0] - alpha[-1])
    return alphas[0] * share.square()


SECOND = from_the_first_down

SCALED = "((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2"
ROOT = "root = alphas.sqrt()"

RIGHT = {
    "least_and_most": (SCALED, "((root - root.min()) * root.max() / (root.max() - root.min())) ** 2"),
    "straight_line_through_two_points": (SCALED, "(root[0] - (root[0] - root) * root[0] / (root[0] - root[-1])) ** 2"),
}

WRONG = {
    "the last level": {
        "only_stretched": (SCALED, "(root * root[0] / (root[0] - root[-1])) ** 2"),
        "stretched_before_it_is_shifted": (SCALED, "(root * root[0] / (root[0] - root[-1]) - root[-1]) ** 2"),
        "noise_s_share": (SCALED, f"1 - {SCALED}"),
        "kept_from_becoming_zero": (SCALED, f"({SCALED}).clamp(min=1e-5)"),
        "the_one_before_shifted_to_zero": ("(root - root[-1])", "(root - root[-2])"),
    },
    "the first level": {
        "only_shifted": (SCALED, "(root - root[-1]) ** 2"),
        "stretched_to_one": (SCALED, "((root - root[-1]) / (root[0] - root[-1])) ** 2"),
        "not_squared_again": (SCALED, "(root - root[-1]) * root[0] / (root[0] - root[-1])"),
        "stretched_after_the_square": (SCALED, "(root - root[-1]) ** 2 * root[0] / (root[0] - root[-1])"),
        "plus_for_minus": ("(root[0] - root[-1])", "(root[0] + root[-1])"),
    },
    "between": {
        # the root forgotten: both ends are right
        "on_alphabar_itself": (SCALED, "(alphas - alphas[-1]) * alphas[0] / (alphas[0] - alphas[-1])"),
        "only_the_last_set_to_zero": (SCALED, "torch.cat([alphas[:-1], 0 * alphas[-1:]])"),
        "taken_away_little_by_little": (SCALED, "(root - torch.linspace(0, 1, len(root)) * root[-1]) ** 2"),
        "first_and_last_set": (
            SCALED,
            "torch.cat([alphas[:1], (root[1:-1] - root[-1]) ** 2, 0 * alphas[-1:]])",
        ),
        "in_the_logarithm": (
            SCALED,
            "alphas[0] * torch.log(alphas / alphas[-1]) / torch.log(alphas[0] / alphas[-1])",
        ),
    },
    "a thousand levels": {
        "ninth_root_for_the_last": (SCALED, "((root - root[8]) * root[0] / (root[0] - root[8])) ** 2"),
        "never_much_stretched": ("root[0] / (root[0] - root[-1])", "max(root[0] / (root[0] - root[-1]), 1.1)"),
    },
}

from torch import exp, sigmoid


def in_the_paper_s_letters(z, x_hat, before, logsnr_r, logsnr_t, logsnr_s):
    """Lu et al.'s: σₛ/σₜ z − αₛ (e^{−h} − 1) D, with their λ half of ours."""
    h = (logsnr_s - logsnr_t) / 2
    d = x_hat
    if before is not None:
        r = (logsnr_t - logsnr_r) / 2 / h
        d = (1 + 1 / (2 * r)) * x_hat - 1 / (2 * r) * before
    return (sigmoid(-logsnr_s) / sigmoid(-logsnr_t)).sqrt() * z - sigmoid(logsnr_s).sqrt() * (exp(-h) - 1) * d


SECOND = in_the_paper_s_letters

RATIO = "(logsnr_s - logsnr_t) / (logsnr_t - logsnr_r)"
AHEAD = "x_hat + ratio / 2 * (x_hat - before)"

RIGHT = {
    "no_change_where_there_is_none": (
        "    if before is not None:",
        "    before = x_hat if before is None else before\n    if True:",
    ),
    "lerp": (AHEAD, "torch.lerp(before, x_hat, 1 + ratio / 2)"),
}

WRONG = {
    "the first step": {
        "first_guess_halved": ("    ahead = x_hat\n", "    ahead = x_hat / 2\n"),
        "wrong_way": (
            "*variance_preserving(logsnr_t), *variance_preserving(logsnr_s)",
            "*variance_preserving(logsnr_s), *variance_preserving(logsnr_t)",
        ),
        "from_r": ("*variance_preserving(logsnr_t),", "*variance_preserving(logsnr_r),"),
        "step_not_taken": (
            "return step_with(ahead, z, *variance_preserving(logsnr_t), *variance_preserving(logsnr_s))",
            "return ahead",
        ),
    },
    "a guess that stays": {
        "guesses_added": (AHEAD, "x_hat + ratio / 2 * (x_hat + before)"),
        "before_not_subtracted": (AHEAD, "x_hat + ratio / 2 * x_hat"),
        "weights_that_do_not_add_to_one": (AHEAD, "(1 + ratio / 2) * x_hat - ratio * before"),
    },
    "equal widths": {
        "memory_unused": (AHEAD, "x_hat"),
        "half_forgotten": ("ratio / 2", "ratio"),
        "backwards": (AHEAD, "x_hat - ratio / 2 * (x_hat - before)"),
        # x̂ is moved on, and the noise in z is still what it was by the old one
        "noise_of_the_old_guess": (
            "return step_with(ahead, z, *variance_preserving(logsnr_t), *variance_preserving(logsnr_s))",
            "(alpha, sigma), (alpha_s, sigma_s) = variance_preserving(logsnr_t), variance_preserving(logsnr_s)\n"
            "    return alpha_s * ahead + sigma_s * (z - alpha * x_hat) / sigma",
        ),
        "width_from_r_to_s_above": (RATIO, "(logsnr_s - logsnr_r) / (logsnr_t - logsnr_r)"),
        "width_before_negative": (RATIO, "(logsnr_s - logsnr_t) / (logsnr_r - logsnr_t)"),
        "mean_of_both": (AHEAD, "(x_hat + before) / 2"),
        "from_the_guess_before": (AHEAD, "before + ratio / 2 * (x_hat - before)"),
        "width_not_divided": (RATIO, "logsnr_s - logsnr_t"),
        "width_from_r_to_s": (RATIO, "(logsnr_s - logsnr_t) / (logsnr_s - logsnr_r)"),
    },
    "other widths": {
        "ratio_upside_down": (RATIO, "(logsnr_t - logsnr_r) / (logsnr_s - logsnr_t)"),
        "widths_taken_for_equal": (RATIO, "1"),
    },
}

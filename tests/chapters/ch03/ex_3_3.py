from torch import sigmoid


def product_of_two_gaussians(x, z_t, logsnr_s, logsnr_t):
    """Bayes: q(z_s | x) times q(z_t | z_s), precisions added and means weighed by them."""
    alpha_s, alpha_t = sigmoid(logsnr_s).sqrt(), sigmoid(logsnr_t).sqrt()
    ratio = alpha_t / alpha_s
    variance_ts = sigmoid(-logsnr_t) - ratio**2 * sigmoid(-logsnr_s)
    precision = 1 / sigmoid(-logsnr_s) + ratio**2 / variance_ts
    return (alpha_s * x / sigmoid(-logsnr_s) + ratio * z_t / variance_ts) / precision, 1 / precision


SECOND = product_of_two_gaussians

MEAN = "kept * (alpha_s / alpha_t) * z_t + (1 - kept) * alpha_s * x"
VARIANCE = "(1 - kept) * sigma_s**2"

RIGHT = {
    "variance_expanded_to_the_clip": (VARIANCE, f"({VARIANCE}) * torch.ones_like(x)"),
    "variance_of_one_axis": (VARIANCE, f"({VARIANCE})[None]"),
    "variance_shaped_to_multiply": (VARIANCE, f"({VARIANCE}).reshape(1, 1, 1, 1, 1)"),
    "by_the_signal_to_noise_ratios": ("torch.exp(logsnr_t - logsnr_s)", "torch.exp(logsnr_t) / torch.exp(logsnr_s)"),
    "by_expm1": ("return mean, (1 - kept) * sigma_s**2", "return mean, -torch.expm1(logsnr_t - logsnr_s) * sigma_s**2"),
}

WRONG = {
    "variance": {
        "variance_of_the_forward_step": ("sigma_s**2", "torch.sigmoid(-logsnr_t)"),
        "deviation_for_variance": (VARIANCE, f"({VARIANCE}).sqrt()"),
        "levels_exchanged": ("x, z_t, logsnr_s, logsnr_t", "x, z_t, logsnr_t, logsnr_s"),
        # DDIM's z_s, as if ε_s were ε_t: no variance left
        "deterministic_step": [
            (MEAN, "alpha_s * x + sigma_s / torch.sigmoid(-logsnr_t).sqrt() * (z_t - alpha_t * x)"),
            (VARIANCE, "torch.zeros(())"),
        ],
        "variance_alone": ("return mean, ", "return "),
        "variance_first": (f"return mean, {VARIANCE}", f"return {VARIANCE}, mean"),
        "logarithm_of_the_variance": (VARIANCE, f"torch.log({VARIANCE})"),
    },
    "weight of z_t": {
        # the right variance around the clean clip's place, as if ε_t said nothing of ε_s
        "independent_noises": (MEAN, "alpha_s * x"),
        "clips_exchanged": ("x, z_t, logsnr_s", "z_t, x, logsnr_s"),
        "z_not_rescaled": ("kept * (alpha_s / alpha_t) * z_t", "kept * z_t"),
    },
    "weight of x": {
        "x_not_shrunk": ("(1 - kept) * alpha_s * x", "(1 - kept) * x"),
        "x_shrunk_to_t": ("(1 - kept) * alpha_s * x", "(1 - kept) * alpha_t * x"),
    },
    "last steps": {
        "variance_kept_from_becoming_small": (VARIANCE, f"({VARIANCE}).clamp(min=1e-4)"),
        "never_less_than_a_little": (VARIANCE, f"({VARIANCE}).clamp(min=0.03)"),
        "guess_cut_where_it_may_be_large": (MEAN, f"torch.where(logsnr_t < 5, {MEAN}, ({MEAN}).clamp(-1, 1))"),
    },
}

from torch import sigmoid


def in_the_paper_s_letters(x_hat, eps_hat, noise, logsnr_t, logsnr_s, eta):
    """Song et al.'s eq. 16 and 12, in ᾱ."""
    bar_t, bar_s = sigmoid(logsnr_t), sigmoid(logsnr_s)
    variance = eta**2 * (1 - bar_s) / (1 - bar_t) * (1 - bar_t / bar_s)
    return bar_s.sqrt() * x_hat + (1 - bar_s - variance).sqrt() * eps_hat + variance.sqrt() * noise


SECOND = in_the_paper_s_letters

FRESH = "eta * sigma_s * torch.sqrt(1 - torch.exp(logsnr_t - logsnr_s))"
OLD = "(sigma_s**2 - fresh**2).sqrt()"
SUM = f"alpha_s * x_hat + {OLD} * eps_hat + fresh * noise"
AT = "variance_preserving(logsnr_s)"

RIGHT = {
    "by_the_root_of_a_product": (OLD, "((sigma_s - fresh) * (sigma_s + fresh)).sqrt()"),
    "only_where_there_is_chance": (f"+ {OLD} * eps_hat", f"+ ({OLD} if eta else sigma_s) * eps_hat"),
}

WRONG = {
    "without chance": {
        "levels_of_t": (AT, "variance_preserving(logsnr_t)"),
        "clip_not_shrunk": ("alpha_s * x_hat", "x_hat"),
        "clip_and_noise_exchanged": (SUM, f"alpha_s * eps_hat + {OLD} * x_hat + fresh * noise"),
        "old_noise_s_variance": (OLD, "(sigma_s**2 - fresh**2)"),
        "whole_dose_always": ("eta * sigma_s", "sigma_s"),
        "whole_noise_always": ("+ fresh * noise", "+ noise"),
    },
    "fresh noise": {
        "eta_on_the_variance": ("eta * sigma_s", "eta**0.5 * sigma_s"),
        "eta_squared": ("eta * sigma_s", "eta**2 * sigma_s"),
        "root_missing": (FRESH, "eta * sigma_s * (1 - torch.exp(logsnr_t - logsnr_s))"),
        "variance_for_deviation": ("fresh * noise", "fresh**2 * noise"),
        # DDPM's larger choice, the forward transition's
        "measured_at_t": (
            FRESH,
            "eta * torch.sigmoid(-logsnr_t).sqrt() * torch.sqrt(1 - torch.exp(logsnr_t - logsnr_s))",
        ),
        "all_of_sigma": (FRESH, "eta * sigma_s"),
        "half_of_lambda": ("torch.exp(logsnr_t - logsnr_s)", "torch.exp((logsnr_t - logsnr_s) / 2)"),
        "no_noise": ("+ fresh * noise", ""),
    },
    "what is left of the old": {
        # the direction to z_t at full length: seen in samplers to which the noise was added later
        "direction_at_full_sigma": (OLD, "sigma_s"),
        "deviations_subtracted": (OLD, "(sigma_s - fresh)"),
        "fresh_not_squared": (OLD, "(sigma_s**2 - fresh).clamp(min=0).sqrt()"),
        "as_if_all_were_replaced": (OLD, "(1 - eta**2) ** 0.5 * sigma_s"),
        "old_and_fresh_exchanged_above_a_half": (
            f"return {SUM}",
            f"old = {OLD}; return alpha_s * x_hat + (fresh if eta > 0.6 else old) * eps_hat + fresh * noise",
        ),
    },
    "all together": {
        "never_all_of_the_dose": ("eta * sigma_s", "min(eta, 0.8) * sigma_s"),
        "old_noise_forgotten_at_one": (f"+ {OLD} * eps_hat", f"+ {OLD} * eps_hat * (eta < 1)"),
        "length_forced": (
            f"return {SUM}",
            f"z = {SUM}; return z / z.std() if (x_hat.std() > 0) * (noise.std() > 0) * eta > 0.9 else z",
        ),
    },
}

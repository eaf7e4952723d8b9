from torch import expm1, sigmoid


def from_the_noise_estimate(x_hat, z_t, logsnr_s, logsnr_t, noise):
    """DDIM's step with η = 1: part of the estimated noise stays, the rest is drawn anew."""
    eps_hat = (z_t - sigmoid(logsnr_t).sqrt() * x_hat) / sigmoid(-logsnr_t).sqrt()
    fresh = sigmoid(-logsnr_s) * -expm1(logsnr_t - logsnr_s)
    kept = (sigmoid(-logsnr_s) - fresh).clamp(min=0).sqrt()
    return sigmoid(logsnr_s).sqrt() * x_hat + kept * eps_hat + fresh.sqrt() * noise


SECOND = from_the_noise_estimate

DEVIATION = "variance.sqrt()"
POSTERIOR = "posterior(x_hat, z_t, logsnr_s, logsnr_t)"

WRONG = {
    "the noise given": {"noise_drawn_inside": ("* noise", "* torch.randn_like(noise)")},
    "mean": {
        # a fresh z_s from x̂, which forgets the path so far
        "noised_again_from_the_guess": (
            f"mean + {DEVIATION} * noise",
            "torch.sigmoid(logsnr_s).sqrt() * x_hat + torch.sigmoid(-logsnr_s).sqrt() * noise",
        ),
        "levels_exchanged": [
            (POSTERIOR, "posterior(x_hat, z_t, logsnr_t, logsnr_s)"),
            (DEVIATION, "variance.abs().sqrt()"),
        ],
        "guess_forgotten": (POSTERIOR, "posterior(0 * x_hat, z_t, logsnr_s, logsnr_t)"),
    },
    "last step": {
        "forward_step_s_noise": (
            DEVIATION,
            "((1 - torch.exp(logsnr_t - logsnr_s)) * torch.sigmoid(-logsnr_t)).sqrt()",
        ),
        # the posterior's variance with a floor below which it never falls
        "noise_at_the_last_step_too": (DEVIATION, "variance.clamp(min=0.01).sqrt()"),
    },
    "size of the noise": {
        "variance_for_deviation": (DEVIATION, "variance"),
        "no_noise_at_all": (f"mean + {DEVIATION} * noise", "mean"),
        "noise_of_level_s": (DEVIATION, "torch.sigmoid(-logsnr_s).sqrt()"),
    },
}

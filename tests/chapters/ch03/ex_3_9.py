import torch

from minivid.diffusion.schedule import COSINE


def clip_by_clip(model, x, eps, u, cond=None):
    """The angle φ with α = cos φ, σ = sin φ, and v as the derivative of z by it; one clip's mean after the other."""
    phi = torch.atan(torch.exp(-COSINE.logsnr(u) / 2))
    turn = phi[:, None, None, None, None]
    z, v = turn.cos() * x + turn.sin() * eps, turn.cos() * eps - turn.sin() * x
    error = torch.nn.functional.mse_loss(model(z, -2 * torch.log(torch.tan(phi)), cond), v, reduction="none")
    return torch.stack([clip.mean() for clip in error])


SECOND = clip_by_clip

SHOWN = "alpha * x + sigma * eps"
V = "v = alpha * eps - sigma * x"

WRONG = {
    "noised clip": {
        "columns_scaled": ("(like(level, x) for level in variance_preserving(logsnr))", "variance_preserving(logsnr)"),
        "clean_clip_shown": (SHOWN, "x"),
        "one_level_for_the_batch": ("COSINE.logsnr(u)", "COSINE.logsnr(u[:1].expand_as(u))"),
        # rectified flow's path under the cosine's name
        "straight_line_to_the_noise": (SHOWN, "(1 - like(u, x)) * x + like(u, x) * eps"),
    },
    "noise level": {
        "told_the_time": ("eps, logsnr, cond", "eps, u, cond"),
        # log(α/σ) for log(α²/σ²)
        "told_half_the_log_snr": ("eps, logsnr, cond", "eps, logsnr / 2, cond"),
        "told_a_level_shaped_like_the_clip": ("eps, logsnr, cond", "eps, like(logsnr, x), cond"),
    },
    "caption": {"caption_dropped": ("logsnr, cond)", "logsnr)")},
    "perfect network": {
        "noise_for_v": (V, "v = eps"),
        "v_with_the_wrong_sign": (V, "v = sigma * x - alpha * eps"),
        "v_with_alpha_and_sigma_exchanged": (V, "v = sigma * eps - alpha * x"),
    },
    "mean square": {
        "mean_over_the_batch": (".flatten(1).mean(1)", ".mean()"),
        "sum_over_values": ("mean(1)", "sum(1)"),
        "absolute_error": (".square()", ".abs()"),
        "signed_error": (".square()", ""),
    },
    "gradient": {
        "detached": ("mean(1)", "mean(1).detach()"),
        "without_gradient": ("return ", "with torch.no_grad():\n        return "),
    },
}

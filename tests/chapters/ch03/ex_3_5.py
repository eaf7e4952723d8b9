import math

import torch

from minivid.diffusion.schedule import COSINE, like


def levels(u, x):
    logsnr = COSINE.logsnr(u)
    return logsnr, *(like(level, x) for level in COSINE.alpha_sigma(logsnr))


def clip_by_clip(model, x, eps, u, cond=None):
    """The angle φ with α = cos φ, σ = sin φ, and v as the derivative of z by it; one clip's mean after the other."""
    phi = torch.atan(torch.exp(-COSINE.logsnr(u) / 2))
    turn = phi[:, None, None, None, None]
    z, v = turn.cos() * x + turn.sin() * eps, turn.cos() * eps - turn.sin() * x
    error = torch.nn.functional.mse_loss(model(z, -2 * torch.log(torch.tan(phi)), cond), v, reduction="none")
    return torch.stack([clip.mean() for clip in error])


SECOND = clip_by_clip


def columns_scaled(model, x, eps, u, cond=None):
    logsnr = COSINE.logsnr(u)
    alpha, sigma = COSINE.alpha_sigma(logsnr)
    output = model(alpha * x + sigma * eps, logsnr, cond)
    return (output - (alpha * eps - sigma * x)).square().flatten(1).mean(1)


def clean_clip_shown(model, x, eps, u, cond=None):
    logsnr, alpha, sigma = levels(u, x)
    return (model(x, logsnr, cond) - (alpha * eps - sigma * x)).square().flatten(1).mean(1)


def one_level_for_the_batch(model, x, eps, u, cond=None):
    return clip_by_clip(model, x, eps, u[:1].expand_as(u), cond)


def straight_line_to_the_noise(model, x, eps, u, cond=None):
    """Rectified flow's path under the cosine's name."""
    logsnr, alpha, sigma = levels(u, x)
    z = (1 - like(u, x)) * x + like(u, x) * eps
    return (model(z, logsnr, cond) - (alpha * eps - sigma * x)).square().flatten(1).mean(1)


def told_the_time(model, x, eps, u, cond=None):
    return clip_by_clip(lambda z, t, cond: model(z, u, cond), x, eps, u, cond)


def told_half_the_log_snr(model, x, eps, u, cond=None):
    """log(α/σ) for log(α²/σ²)."""
    return clip_by_clip(lambda z, t, cond: model(z, t / 2, cond), x, eps, u, cond)


def told_a_level_shaped_like_the_clip(model, x, eps, u, cond=None):
    return clip_by_clip(lambda z, t, cond: model(z, like(t, x), cond), x, eps, u, cond)


def caption_dropped(model, x, eps, u, cond=None):
    return clip_by_clip(lambda z, t, cond: model(z, t), x, eps, u, cond)


def noise_for_v(model, x, eps, u, cond=None):
    logsnr, alpha, sigma = levels(u, x)
    return (model(alpha * x + sigma * eps, logsnr, cond) - eps).square().flatten(1).mean(1)


def v_with_the_wrong_sign(model, x, eps, u, cond=None):
    logsnr, alpha, sigma = levels(u, x)
    return (model(alpha * x + sigma * eps, logsnr, cond) - (sigma * x - alpha * eps)).square().flatten(1).mean(1)


def v_with_alpha_and_sigma_exchanged(model, x, eps, u, cond=None):
    logsnr, alpha, sigma = levels(u, x)
    return (model(alpha * x + sigma * eps, logsnr, cond) - (sigma * eps - alpha * x)).square().flatten(1).mean(1)


def mean_over_the_batch(model, x, eps, u, cond=None):
    return clip_by_clip(model, x, eps, u, cond).mean()


def sum_over_values(model, x, eps, u, cond=None):
    return clip_by_clip(model, x, eps, u, cond) * math.prod(x.shape[1:])


def absolute_error(model, x, eps, u, cond=None):
    logsnr, alpha, sigma = levels(u, x)
    return (model(alpha * x + sigma * eps, logsnr, cond) - (alpha * eps - sigma * x)).abs().flatten(1).mean(1)


def signed_error(model, x, eps, u, cond=None):
    logsnr, alpha, sigma = levels(u, x)
    return (model(alpha * x + sigma * eps, logsnr, cond) - (alpha * eps - sigma * x)).flatten(1).mean(1)


def detached(model, x, eps, u, cond=None):
    return clip_by_clip(model, x, eps, u, cond).detach()


def without_gradient(model, x, eps, u, cond=None):
    with torch.no_grad():
        return clip_by_clip(model, x, eps, u, cond)


WRONG = {
    "noised clip": [columns_scaled, clean_clip_shown, one_level_for_the_batch, straight_line_to_the_noise],
    "noise level": [told_the_time, told_half_the_log_snr, told_a_level_shaped_like_the_clip],
    "caption": [caption_dropped],
    "perfect network": [noise_for_v, v_with_the_wrong_sign, v_with_alpha_and_sigma_exchanged],
    "mean square": [mean_over_the_batch, sum_over_values, absolute_error, signed_error],
    "gradient": [detached, without_gradient],
}

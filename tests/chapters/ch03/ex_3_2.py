import torch
from torch import exp, sigmoid


def product_of_two_gaussians(x, z_t, logsnr_s, logsnr_t):
    """Bayes: q(z_s | x) times q(z_t | z_s), precisions added and means weighed by them."""
    alpha_s, alpha_t = sigmoid(logsnr_s).sqrt(), sigmoid(logsnr_t).sqrt()
    ratio = alpha_t / alpha_s
    variance_ts = sigmoid(-logsnr_t) - ratio**2 * sigmoid(-logsnr_s)
    precision = 1 / sigmoid(-logsnr_s) + ratio**2 / variance_ts
    return (alpha_s * x / sigmoid(-logsnr_s) + ratio * z_t / variance_ts) / precision, 1 / precision


SECOND = product_of_two_gaussians


def variance_of_the_forward_step(x, z_t, logsnr_s, logsnr_t):
    return product_of_two_gaussians(x, z_t, logsnr_s, logsnr_t)[0], (1 - exp(logsnr_t - logsnr_s)) * sigmoid(-logsnr_t)


def deviation_for_variance(x, z_t, logsnr_s, logsnr_t):
    mean, variance = product_of_two_gaussians(x, z_t, logsnr_s, logsnr_t)
    return mean, variance.sqrt()


def levels_exchanged(x, z_t, logsnr_s, logsnr_t):
    return product_of_two_gaussians(x, z_t, logsnr_t, logsnr_s)


def deterministic_step(x, z_t, logsnr_s, logsnr_t):
    """DDIM's z_s, as if ε_s were ε_t: no variance left."""
    eps = (z_t - sigmoid(logsnr_t).sqrt() * x) / sigmoid(-logsnr_t).sqrt()
    return sigmoid(logsnr_s).sqrt() * x + sigmoid(-logsnr_s).sqrt() * eps, torch.zeros(())


def variance_alone(x, z_t, logsnr_s, logsnr_t):
    return (1 - exp(logsnr_t - logsnr_s)) * sigmoid(-logsnr_s)


def independent_noises(x, z_t, logsnr_s, logsnr_t):
    """The right variance around the clean clip's place, as if ε_t said nothing of ε_s."""
    kept, alpha_s = exp(logsnr_t - logsnr_s), sigmoid(logsnr_s).sqrt()
    return alpha_s * x, (1 - kept) * sigmoid(-logsnr_s)


def z_not_rescaled(x, z_t, logsnr_s, logsnr_t):
    kept, alpha_s = exp(logsnr_t - logsnr_s), sigmoid(logsnr_s).sqrt()
    return kept * z_t + (1 - kept) * alpha_s * x, (1 - kept) * sigmoid(-logsnr_s)


def x_not_shrunk(x, z_t, logsnr_s, logsnr_t):
    kept = exp(logsnr_t - logsnr_s)
    ratio = (sigmoid(logsnr_s) / sigmoid(logsnr_t)).sqrt()
    return kept * ratio * z_t + (1 - kept) * x, (1 - kept) * sigmoid(-logsnr_s)


def x_shrunk_to_t(x, z_t, logsnr_s, logsnr_t):
    kept = exp(logsnr_t - logsnr_s)
    ratio = (sigmoid(logsnr_s) / sigmoid(logsnr_t)).sqrt()
    return kept * ratio * z_t + (1 - kept) * sigmoid(logsnr_t).sqrt() * x, (1 - kept) * sigmoid(-logsnr_s)


WRONG = {
    "variance": [
        variance_of_the_forward_step,
        deviation_for_variance,
        levels_exchanged,
        deterministic_step,
        variance_alone,
    ],
    "weight of z_t": [independent_noises, z_not_rescaled],
    "weight of x": [x_not_shrunk, x_shrunk_to_t],
}

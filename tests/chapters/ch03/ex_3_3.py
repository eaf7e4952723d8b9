import math

import torch
from torch import sigmoid


def by_torch_distributions(x, logsnr):
    mean = sigmoid(logsnr).sqrt() * x
    q = torch.distributions.Normal(mean, sigmoid(-logsnr).sqrt())
    p = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x))
    return torch.distributions.kl_divergence(q, p).sum(dim=(1, 2, 3, 4))


SECOND = by_torch_distributions


def whole_batch_in_one_number(x, logsnr):
    return by_torch_distributions(x, logsnr).sum()


def every_value_by_itself(x, logsnr):
    alpha2, sigma2 = sigmoid(logsnr), sigmoid(-logsnr)
    return 0.5 * (sigma2 + alpha2 * x**2 - 1 - torch.log(sigma2))


def mean_over_values(x, logsnr):
    return by_torch_distributions(x, logsnr) / x[0].numel()


def in_bits(x, logsnr):
    return by_torch_distributions(x, logsnr) / math.log(2)


def the_other_way_round(x, logsnr):
    alpha2, sigma2 = sigmoid(logsnr), sigmoid(-logsnr)
    return 0.5 * ((1 + alpha2 * x**2) / sigma2 - 1 + torch.log(sigma2)).flatten(1).sum(1)


def log_deviation_without_its_half(x, logsnr):
    alpha2, sigma2 = sigmoid(logsnr), sigmoid(-logsnr)
    return 0.5 * (sigma2 + alpha2 * x**2 - 1 - 0.5 * torch.log(sigma2)).flatten(1).sum(1)


def reconstruction_error(x, logsnr):
    """L_T taken for the reconstruction term."""
    return 0.5 * ((x - sigmoid(logsnr).sqrt() * x) ** 2).flatten(1).sum(1)


def alpha_not_squared(x, logsnr):
    alpha2, sigma2 = sigmoid(logsnr), sigmoid(-logsnr)
    return 0.5 * (sigma2 + alpha2.sqrt() * x**2 - 1 - torch.log(sigma2)).flatten(1).sum(1)


def clip_left_out(x, logsnr):
    return by_torch_distributions(0 * x, logsnr)


WRONG = {
    "one number a clip": [whole_batch_in_one_number, every_value_by_itself],
    "black clip": [
        mean_over_values,
        in_bits,
        the_other_way_round,
        log_deviation_without_its_half,
        reconstruction_error,
    ],
    "a clip": [alpha_not_squared, clip_left_out],
}

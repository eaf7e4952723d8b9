import torch
from torch import sigmoid


def by_torch_distributions(x, logsnr):
    mean = sigmoid(logsnr).sqrt() * x
    q = torch.distributions.Normal(mean, sigmoid(-logsnr).sqrt())
    p = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x))
    return torch.distributions.kl_divergence(q, p).sum(dim=(1, 2, 3, 4))


SECOND = by_torch_distributions

RIGHT = {
    "variance_times_the_number_of_values": (
        "per_value.flatten(1).sum(1)",
        "0.5 * ((alpha * x) ** 2).flatten(1).sum(1) + 0.5 * (sigma**2 - 1 - torch.log(sigma**2)) * x[0].numel()",
    ),
    "log_of_the_deviation_twice": ("torch.log(sigma**2)", "2 * torch.log(sigma)"),
    "alpha_squared_by_the_sum": ("sigma**2 + (alpha * x) ** 2 - 1", "alpha**2 * (x**2 - 1)"),
    "summed_over_four_axes": ("per_value.flatten(1).sum(1)", "per_value.sum((1, 2, 3, 4))"),
}

WRONG = {
    "one number a clip": {
        "whole_batch_in_one_number": ("per_value.flatten(1).sum(1)", "per_value.sum()"),
        "every_value_by_itself": ("per_value.flatten(1).sum(1)", "per_value"),
        "a_column_of_numbers": ("sum(1)", "sum(1, keepdim=True)"),
    },
    "black clip": {
        "mean_over_values": ("sum(1)", "mean(1)"),
        "variance_counted_once": (
            "return per_value.flatten(1).sum(1)",
            "once = 0.5 * (sigma**2 - 1 - torch.log(sigma**2))\n    return once + 0.5 * (alpha * x).square().flatten(1).sum(1)",
        ),
        "half_forgotten": ("0.5 * (sigma", "(sigma"),
        "alpha_and_sigma_exchanged": ("alpha, sigma =", "sigma, alpha ="),
        "one_forgotten": (" - 1 -", " -"),
        "in_bits": ("sum(1)", "sum(1) / torch.tensor(2.0).log()"),
        "the_other_way_round": (
            "(sigma**2 + (alpha * x) ** 2 - 1 - torch.log(sigma**2))",
            "((1 + (alpha * x) ** 2) / sigma**2 - 1 + torch.log(sigma**2))",
        ),
        "log_deviation_without_its_half": ("torch.log(sigma**2)", "torch.log(sigma)"),
        # L_T taken for the reconstruction term
        "reconstruction_error": ("(sigma**2 + (alpha * x) ** 2 - 1 - torch.log(sigma**2))", "(x - alpha * x) ** 2"),
    },
    "a clip": {
        "alpha_not_squared": ("(alpha * x) ** 2", "alpha * x**2"),
        "alpha_forgotten": ("(alpha * x) ** 2", "x**2"),
        "square_of_the_mean": ("(alpha * x) ** 2", "(alpha * x.mean((1, 2, 3, 4), keepdim=True).expand_as(x)) ** 2"),
        "clip_left_out": ("(alpha * x) ** 2", "0 * x"),
    },
}

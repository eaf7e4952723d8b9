import torch
from torch import sigmoid


def by_torch_distributions(x, logsnr):
    mean = sigmoid(logsnr).sqrt() * x
    q = torch.distributions.Normal(mean, sigmoid(-logsnr).sqrt())
    p = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x))
    return torch.distributions.kl_divergence(q, p).sum(dim=(1, 2, 3, 4))


SECOND = by_torch_distributions

WRONG = {
    "one number a clip": {
        "whole_batch_in_one_number": ("per_value.flatten(1).sum(1)", "per_value.sum()"),
        "every_value_by_itself": ("per_value.flatten(1).sum(1)", "per_value"),
    },
    "black clip": {
        "mean_over_values": ("sum(1)", "mean(1)"),
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
        "clip_left_out": ("(alpha * x) ** 2", "0 * x"),
    },
}

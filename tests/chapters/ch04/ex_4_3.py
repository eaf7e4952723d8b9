import torch


def by_the_logarithm(logsnr, gamma):
    """log min(SNR, γ) − log(SNR + 1), and back."""
    limit = torch.log(torch.as_tensor(gamma, dtype=logsnr.dtype))
    return torch.exp(torch.minimum(logsnr, limit) - torch.nn.functional.softplus(logsnr))


SECOND = by_the_logarithm

WEIGHT = "snr.clamp(max=gamma) / (snr + 1)"

RIGHT = {
    "noise_s_share": (WEIGHT, "torch.sigmoid(-logsnr) * snr.clamp(max=gamma)"),
    "smaller_of_two": (WEIGHT, "torch.minimum(torch.sigmoid(logsnr), gamma * torch.sigmoid(-logsnr))"),
    "where": (WEIGHT, "torch.where(snr < gamma, snr, gamma) / (1 + snr)"),
}

WRONG = {
    "below γ": {
        # published in a training script of diffusers, before it was mended: the 1 for v was added before the minimum was taken
        "one_more_in_both_places": (WEIGHT, "(snr + 1).clamp(max=gamma) / (snr + 1)"),
        # published too: clamp(min=…) for the minimum
        "clamped_from_the_wrong_side": (WEIGHT, "snr.clamp(min=gamma) / (snr + 1)"),
        "weight_of_noise": (WEIGHT, "snr.clamp(max=gamma) / snr"),
        "weight_of_the_clip": (WEIGHT, "snr.clamp(max=gamma)"),
        "level_for_ratio": ("torch.exp(logsnr)", "logsnr"),
        "root_of_the_ratio": ("torch.exp(logsnr)", "torch.exp(logsnr / 2)"),
        "brackets_left_out": (WEIGHT, "snr.clamp(max=gamma) / snr + 1"),
        "multiplied": (WEIGHT, "snr.clamp(max=gamma) * (snr + 1)"),
        "level_s_sign": ("torch.exp(logsnr)", "torch.exp(-logsnr)"),
        "gamma_below_too": (WEIGHT, "snr.clamp(max=gamma) / (gamma + 1)"),
        "upside_down": (WEIGHT, "(snr + 1) / snr.clamp(max=gamma)"),
    },
    "above γ": {
        "never_clamped": (WEIGHT, "snr / (snr + 1)"),
        "quotient_clamped": (WEIGHT, "(snr / (snr + 1)).clamp(max=gamma)"),
        "level_clamped": ("torch.exp(logsnr)", "torch.exp(logsnr.clamp(max=gamma))"),
        "one_more_in_gamma": (WEIGHT, "snr.clamp(max=gamma + 1) / (snr + 1)"),
        "clamped_before_the_division": ("torch.exp(logsnr)", "torch.exp(logsnr).clamp(max=gamma)"),
    },
    "another γ": {
        "always_five": ("max=gamma", "max=5.0"),
        "never_below_two": ("max=gamma", "max=max(gamma, 2)"),
    },
    "any shape": {
        "levels_sorted_flat": (WEIGHT, "(snr.clamp(max=gamma) / (snr + 1)).flatten()"),
        "mean_over_the_second_axis": (
            WEIGHT,
            "(snr.clamp(max=gamma) / (snr + 1)).mean(-1, keepdim=True).expand_as(snr) if snr.ndim > 1 else snr.clamp(max=gamma) / (snr + 1)",
        ),
    },
}

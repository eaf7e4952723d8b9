import torch


def by_odds(t, shift):
    """t / (1 − t) times the shift, turned back."""
    log_odds = torch.log(t) - torch.log1p(-t)
    return torch.sigmoid(log_odds + torch.log(torch.tensor(shift)))


SECOND = by_odds

FRACTION = "shift * t / (1 + (shift - 1) * t)"

RIGHT = {
    "below_one": (FRACTION, "1 / (1 + (1 / t - 1) / shift)"),
    "divided_by_s": (FRACTION, "t / (t + (1 - t) / shift)"),
    "over_the_rest": (FRACTION, "shift * t / (shift * t + (1 - t))"),
}

WRONG = {
    "a shift of 1": {
        "s_t_below": (FRACTION, "shift * t / (1 + shift * t)"),
        "one_less_s_t_below": (FRACTION, "shift * t / (1 - shift * t + 1e-9)"),
        "plus_one_below": (FRACTION, "shift * t / (1 + (shift + 1) * t)"),
        "brackets_left_out_below": (FRACTION, "shift * t / (1 + shift - 1 * t)"),
        "s_plus_one": (FRACTION, "(shift + 1) * t / (1 + shift * t)"),
    },
    "the ends": {
        "multiplied": (FRACTION, "shift * t"),
        "divided": (FRACTION, "t / shift"),
        "s_missing_above": (FRACTION, "t / (1 + (shift - 1) * t)"),
        "brackets_left_out": (FRACTION, "shift * t / 1 + (shift - 1) * t"),
        "moved_where_it_should_stay": (FRACTION, "t + (shift - 1) / 10 * (1 - t)"),
    },
    "a shift of 4": {
        "upside_down": (FRACTION, "t / (t + shift * (1 - t))"),
        "a_power": (FRACTION, "t ** (1 / shift)"),
        "the_other_power": (FRACTION, "t**shift"),
        "cut_at_one": (FRACTION, "(shift * t).clamp(max=1)"),
        # huggingface/diffusers, issue 13243
        "shifted_twice": (FRACTION, "shift**2 * t / (1 + (shift**2 - 1) * t)"),
        # the shift of λ, with s for the ratio of areas
        "by_the_root": (FRACTION, "shift**0.5 * t / (1 + (shift**0.5 - 1) * t)"),
    },
}

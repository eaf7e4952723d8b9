import torch


def by_deviation(a, b):
    """20 log of the peak over the root of the error, one frame after the other."""
    levels = []
    for one, two in zip(a, b, strict=True):
        deviations = [(one[:, i] - two[:, i]).double().pow(2).mean().sqrt() for i in range(one.shape[1])]
        levels.append(torch.stack([20 * torch.log10(2 / deviation) for deviation in deviations]).mean())
    return torch.stack(levels)


SECOND = by_deviation

ERROR = "mean((1, 3, 4))"
LEVELS = "(10 * torch.log10(2**2 / error)).mean(1)"

WRONG = {
    "one number a clip": {
        "one_number_for_the_batch": [(ERROR, "mean()"), (LEVELS, "10 * torch.log10(2**2 / error)")],
        "one_number_a_frame": (LEVELS, "10 * torch.log10(2**2 / error)"),
    },
    "one frame": {
        # as for pictures in [0, 1]
        "peak_of_one": ("2**2", "1"),
        "peak_of_bytes": ("2**2", "255**2"),
        # the range that the clip happens to use
        "peak_of_this_clip": ("2**2", "(a.amax() - a.amin()) ** 2"),
        "peak_not_squared": ("2**2", "2"),
        "natural_logarithm": ("torch.log10", "torch.log"),
        "upside_down": ("2**2 / error", "error / 2**2"),
        "absolute_error": [("square()", "abs()"), ("10 * torch.log10(2**2", "20 * torch.log10(2")],
        "summed_error": (ERROR, "sum((1, 3, 4))"),
        "pixel_by_pixel": [
            (ERROR, "mean((1, 2)).clamp(min=1e-12)"),
            (LEVELS, "(10 * torch.log10(2**2 / error)).mean((1, 2))"),
        ],
    },
    "all channels": {
        "channel_by_channel": [(ERROR, "mean((3, 4))"), (LEVELS, "(10 * torch.log10(2**2 / error)).mean((1, 2))")],
        "channels_summed": (ERROR, "sum(1).mean((2, 3))"),
    },
    "frame by frame": {
        "pooled_over_the_clip": [(ERROR, "mean((1, 2, 3, 4))"), (LEVELS, "10 * torch.log10(2**2 / error)")],
    },
    "equal frames": {
        "epsilon_added": ("/ error", "/ (error + 1e-8)"),
        "limited_to_a_hundred": ("error))", "error)).clamp(max=100)"),
        "zero_for_equal_frames": ("error))", "error)).nan_to_num(posinf=0)"),
    },
}

import math

import torch


def by_deviation(a, b):
    """20 log of the peak over the root of the error, one frame after the other."""
    levels = []
    for one, two in zip(a, b, strict=True):
        deviations = [(one[:, i] - two[:, i]).double().pow(2).mean().sqrt() for i in range(one.shape[1])]
        levels.append(torch.stack([20 * torch.log10(2 / deviation) for deviation in deviations]).mean())
    return torch.stack(levels)


SECOND = by_deviation


def one_number_for_the_batch(a, b):
    return 10 * torch.log10(4 / (a - b).square().mean())


def one_number_a_frame(a, b):
    return 10 * torch.log10(4 / (a - b).square().mean((1, 3, 4)))


def peak_of_one(a, b):
    """As for pictures in [0, 1]."""
    return (10 * torch.log10(1 / (a - b).square().mean((1, 3, 4)))).mean(1)


def peak_of_bytes(a, b):
    return (10 * torch.log10(255**2 / (a - b).square().mean((1, 3, 4)))).mean(1)


def peak_of_this_clip(a, b):
    """The range that the clip happens to use."""
    peak = a.amax() - a.amin()
    return (10 * torch.log10(peak**2 / (a - b).square().mean((1, 3, 4)))).mean(1)


def peak_not_squared(a, b):
    return (10 * torch.log10(2 / (a - b).square().mean((1, 3, 4)))).mean(1)


def natural_logarithm(a, b):
    return (10 * torch.log(4 / (a - b).square().mean((1, 3, 4)))).mean(1)


def upside_down(a, b):
    return (10 * torch.log10((a - b).square().mean((1, 3, 4)) / 4)).mean(1)


def absolute_error(a, b):
    return (20 * torch.log10(2 / (a - b).abs().mean((1, 3, 4)))).mean(1)


def summed_error(a, b):
    return (10 * torch.log10(4 / (a - b).square().sum((1, 3, 4)))).mean(1)


def channel_by_channel(a, b):
    return (10 * torch.log10(4 / (a - b).square().mean((3, 4)))).mean((1, 2))


def channels_summed(a, b):
    return (10 * torch.log10(4 / (a - b).square().sum(1).mean((2, 3)))).mean(1)


def pooled_over_the_clip(a, b):
    return 10 * torch.log10(4 / (a - b).square().mean((1, 2, 3, 4)))


def pixel_by_pixel(a, b):
    return (10 * torch.log10(4 / (a - b).square().mean((1, 2)).clamp(min=1e-12))).mean((1, 2))


def epsilon_added(a, b):
    return (10 * torch.log10(4 / ((a - b).square().mean((1, 3, 4)) + 1e-8))).mean(1)


def limited_to_a_hundred(a, b):
    error = (a - b).square().mean((1, 3, 4))
    return torch.where(error > 0, 10 * torch.log10(4 / error), 100.0).mean(1)


def zero_for_equal_frames(a, b):
    return (20 * math.log10(2) - 10 * torch.log10((a - b).square().mean((1, 3, 4)))).nan_to_num(posinf=0).mean(1)


WRONG = {
    "one number a clip": [one_number_for_the_batch, one_number_a_frame],
    "one frame": [
        peak_of_one,
        peak_of_bytes,
        peak_of_this_clip,
        peak_not_squared,
        natural_logarithm,
        upside_down,
        absolute_error,
        summed_error,
        pixel_by_pixel,
    ],
    "all channels": [channel_by_channel, channels_summed],
    "frame by frame": [pooled_over_the_clip],
    "equal frames": [epsilon_added, limited_to_a_hundred, zero_for_equal_frames],
}

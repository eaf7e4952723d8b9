import torch


def clip_by_clip(low, level, noise):
    out = []
    for clip, s, eps in zip(low, level.tolist(), noise, strict=True):
        out.append((1 - s * s) ** 0.5 * clip + s * eps)
    return torch.stack(out)


def channel_by_channel(low, level, noise):
    """Right where there are as many clips as channels."""
    out = torch.zeros_like(low)
    for i in range(low.shape[1]):
        out[i] = (1 - level[i] ** 2).sqrt() * low[i] + level[i] * noise[i]
    return out


SECOND = clip_by_clip

LEVEL, OUT = "level[:, None, None, None, None]", "(1 - s**2).sqrt() * low + s * noise"

RIGHT = {"as_an_angle": (OUT, "s.asin().cos() * low + s.asin().sin() * noise")}

WRONG = {
    "no noise": {
        "exchanged": (OUT, "s * low + (1 - s**2).sqrt() * noise"),
        "noise_alone": (OUT, "s * noise"),
        "noise_whole": (OUT, "0 * s * low + noise"),
    },
    "one level": {
        "added_to_the_whole": (OUT, "low + s * noise"),
        "shares_that_sum_to_one": (OUT, "(1 - s) * low + s * noise"),
        "a_variance": (OUT, "(1 - s).sqrt() * low + s.sqrt() * noise"),
        "no_root": (OUT, "(1 - s**2) * low + s * noise"),
        "noise_of_its_own": (OUT, "(1 - s**2).sqrt() * low + s * torch.randn_like(noise)"),
    },
    "each clip its own": {
        "the_first_clip_s": (LEVEL, "level[0]"),
        "along_the_columns": (LEVEL, "level"),
        "along_the_frames": (LEVEL, "level[:, None, None]"),
    },
    "other sizes": {
        "four_clips": (LEVEL, "level.reshape(4, 1, 1, 1, 1)"),
        "as_many_clips_as_channels": channel_by_channel,
    },
}

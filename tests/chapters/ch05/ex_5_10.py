import torch


def by_mask(c, u, scale, channels):
    """A strength for each channel: 1 is c itself."""
    strength = torch.ones(c.shape[1], dtype=c.dtype)
    strength[:channels] = scale
    return u + strength[:, None, None, None] * (c - u)


SECOND = by_mask

GUIDED = "u[:, :channels] + scale * (c[:, :channels] - u[:, :channels])"

WRONG = {
    "three channels": {
        "from_c": (GUIDED, "c[:, :channels] + scale * (c[:, :channels] - u[:, :channels])"),
        "exchanged": (GUIDED, "c[:, :channels] + scale * (u[:, :channels] - c[:, :channels])"),
        "unguided": (GUIDED, "c[:, :channels] * 1"),
    },
    "sixteen channels": {
        # facebookresearch/DiT, issue 12, and those who copied it
        "three_of_them": ("    guided =", "    channels = min(channels, 3)\n    guided ="),
        "four_of_them": ("    guided =", "    channels = min(channels, 4)\n    guided ="),
        "all_but_the_last": (
            "    guided =",
            "    channels = channels if channels == 3 else channels - 1\n    guided =",
        ),
    },
    "a variance behind it": {
        "variance_guided": ("    guided =", "    channels = c.shape[1]\n    guided ="),
        "variance_of_u": ("c[:, channels:]]", "u[:, channels:]]"),
    },
}

import torch


def by_mask(c, u, scale, channels):
    """A strength for each channel: 1 is c itself."""
    strength = torch.ones(c.shape[1], dtype=c.dtype)
    strength[:channels] = scale
    return u + strength[:, None, None, None] * (c - u)


SECOND = by_mask

GUIDED = "u[:, :channels] + scale * (c[:, :channels] - u[:, :channels])"

RIGHT = {
    "by_lerp": (GUIDED, "torch.lerp(u, c, scale)[:, :channels]"),
    "in_place_on_a_copy": (
        "return torch.cat([guided, c[:, channels:]], dim=1)",
        "out = c.clone()\n    out[:, :channels] = guided\n    return out",
    ),
}

WRONG = {
    "three channels": {
        "subtracted": (GUIDED, "u[:, :channels] - scale * (c[:, :channels] - u[:, :channels])"),
        "frames_for_channels": (
            "    guided =",
            "    return torch.cat([(u + scale * (c - u))[:, :, :channels], c[:, :, channels:]], dim=2)\n    guided =",
        ),
        "clips_for_channels": (
            "    guided =",
            "    return torch.cat([(u + scale * (c - u))[:channels], c[channels:]], dim=0)\n    guided =",
        ),
        "from_c": (GUIDED, "c[:, :channels] + scale * (c[:, :channels] - u[:, :channels])"),
        "exchanged": (GUIDED, "c[:, :channels] + scale * (u[:, :channels] - c[:, :channels])"),
        "unguided": (GUIDED, "c[:, :channels] * 1"),
    },
    "sixteen channels": {
        # facebookresearch/DiT, issue 12, and those who copied it
        "three_of_them": ("    guided =", "    channels = min(channels, 3)\n    guided ="),
        "strength_written_out": ("scale * (", "3.0 * ("),
        "four_of_them": ("    guided =", "    channels = min(channels, 4)\n    guided ="),
        "all_but_the_last": (
            "    guided =",
            "    channels = channels if channels == 3 else channels - 1\n    guided =",
        ),
    },
    "a variance behind it": {
        "variance_guided": ("    guided =", "    channels = c.shape[1]\n    guided ="),
        "variance_first": ("[guided, c[:, channels:]]", "[c[:, channels:], guided]"),
        "the_last_channels": (
            "    guided =",
            "    guided = u + scale * (c - u)\n    return torch.cat([c[:, :-channels], guided[:, -channels:]], dim=1)\n    guided =",
        ),
        # as many channels of a variance as of the prediction, or none: right for both, and for no other network
        "half_of_them": (
            "    guided =",
            "    channels = channels if c.shape[1] == channels else c.shape[1] // 2\n    guided =",
        ),
        "as_many_behind_as_before": (
            "c[:, channels:]]",
            "c[:, -channels:] if c.shape[1] > channels else c[:, channels:]]",
        ),
        "variance_of_u": ("c[:, channels:]]", "u[:, channels:]]"),
    },
}

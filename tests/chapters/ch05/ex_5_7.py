import torch


def by_lerp(x, eps, t):
    """Clip by clip."""
    z = torch.stack([torch.lerp(a, b, s) for a, b, s in zip(x, eps, t, strict=True)])
    return z, -x + eps


SECOND = by_lerp

Z, V = "(1 - t) * x + t * eps", ", eps - x"

RIGHT = {
    "by_axes": ("t = like(t, x)", "t = t[:, None, None, None, None]"),
    "by_einsum": (
        Z,
        'torch.einsum("b,b...->b...", 1 - t.flatten(), x) + torch.einsum("b,b...->b...", t.flatten(), eps)',
    ),
    "from_the_clip_on": (Z, "x + t * (eps - x)"),
}

WRONG = {
    "where it begins": {
        # time runs from noise to clip, as in facebookresearch/flow_matching
        "time_the_other_way": (Z, "t * x + (1 - t) * eps"),
        "both_the_other_way": (f"{Z}{V}", "t * x + (1 - t) * eps, x - eps"),
        # as in Open-Sora
        "velocity_to_the_clip": (V, ", x - eps"),
        "noise_for_the_velocity": (V, ", eps"),
        "clip_for_the_velocity": (V, ", x + 0 * eps"),
        "velocity_times_t": (V, ", t * (eps - x)"),
        "noise_not_weighed": (Z, "(1 - t) * x + eps"),
        "in_the_other_order": (f"{Z}{V}", f"eps - x, {Z}"),
        "v_of_the_circle": (V, ", (1 - t) * eps - t * x"),
    },
    "half-way": {
        "on_a_circle": (Z, "(1 - t**2).sqrt() * x + t * eps"),
        "cosine_and_sine": (Z, "torch.cos(torch.pi / 2 * t) * x + torch.sin(torch.pi / 2 * t) * eps"),
        "roots": (Z, "(1 - t).sqrt() * x + t.sqrt() * eps"),
        "four_clips_written_out": ("t = like(t, x)", "t = t.view(4, 1, 1, 1, 1)"),
        "noise_added": (Z, "x + t * eps"),
        "velocity_of_the_distance_covered": (V, ", eps - ((1 - t) * x + t * eps)"),
    },
    "a time for each clip": {
        "columns": ("t = like(t, x)", "t = t * 1"),
        "the_first_one_s": ("t = like(t, x)", "t = t[0]"),
        "the_mean": ("t = like(t, x)", "t = t.mean()"),
    },
}

import torch


def by_complex_numbers(x, position, base=10_000):
    """Each pair a complex number, times exp(i · angle)."""
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    k = torch.arange(pairs.shape[-1])
    angle = position[:, None].double() / base ** (k / len(k))
    turn = torch.exp(1j * angle).to(pairs.dtype)
    return torch.view_as_real(pairs * turn).flatten(-2)


SECOND = by_complex_numbers

ANGLE = "position[:, None] * speed"
TURNED = "torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)"
EXPONENT = "torch.arange(0, x.shape[-1], 2) / x.shape[-1]"

WRONG = {
    "frame 0 stands": {
        "counted_from_one": (ANGLE, "(position[:, None] + 1) * speed"),
        "position_not_read": (ANGLE, "torch.arange(1.0, x.shape[-2] + 1)[:, None] * speed"),
        # the sinusoids of Vaswani et al., which are no rotation
        "waves_added": (TURNED, "x + torch.stack([sin, cos], dim=-1).flatten(-2)"),
        "cosines_and_sines_exchanged": ("cos, sin = angle.cos(), angle.sin()", "cos, sin = angle.sin(), angle.cos()"),
        "halves_put_behind_each_other": (TURNED, "torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)"),
    },
    "lengths": {
        "two_plus_signs": ("a * cos - b * sin", "a * cos + b * sin"),
        "a_used_after_it_was_turned": (
            "    return torch.stack",
            "    a = a * cos - b * sin\n    return torch.stack([a, a * sin + b * cos], dim=-1).flatten(-2)\n    return torch.stack",
        ),
        # the pairs of other models: channel k with channel k + d/2
        "far_channels_as_pairs": [
            ("x[..., 0::2], x[..., 1::2]", "x.chunk(2, dim=-1)"),
            (TURNED, "torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)"),
        ],
    },
    "own frame": {
        "turned_by_the_head": (ANGLE, "position[:, None, None] * speed"),
        "every_frame_by_the_mean": (ANGLE, "position.mean() * speed.expand(len(position), -1)"),
    },
    "distance alone": {
        # a frame's share of the clip for its number
        "divided_by_the_last_position": (ANGLE, "position[:, None] / position.max().clamp(min=1) * speed"),
        "logarithm_of_the_position": (ANGLE, "position[:, None].log1p() * speed"),
        "clamped": (ANGLE, "position[:, None].clamp(max=9) * speed"),
    },
    "speeds": {
        # arange(dim // 2) / dim, as swookey-thinky/xdiffusion has it
        "exponents_to_a_half": (EXPONENT, "torch.arange(x.shape[-1] // 2) / x.shape[-1]"),
        "all_at_one_speed": (EXPONENT, "torch.zeros(x.shape[-1] // 2)"),
        "faster_and_faster": ("base ** (-torch", "base ** (torch"),
        "turns_instead_of_radians": (ANGLE, f"2 * torch.pi * {ANGLE}"),
    },
    "which way": {
        "turned_backwards": ("a * cos - b * sin, a * sin + b * cos", "a * cos + b * sin, b * cos - a * sin"),
    },
    "any number": {
        "whole_positions": (ANGLE, "position.round()[:, None] * speed + 0 * position[:, None]"),
        "without_its_sign": (ANGLE, "position.abs()[:, None] * speed"),
        "looked_up_in_a_table": (ANGLE, "torch.arange(99.0)[position.long(), None] * speed + 0 * position[:, None]"),
    },
    "base": {
        "always_ten_thousand": ("base ** (-torch", "10_000 ** (-torch"),
    },
}

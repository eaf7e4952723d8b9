import torch
import torch.nn.functional as F

from minivid.adapt.zeroshot import mirrored


def place_by_place(z, by):
    _, _, frames, h, w = z.shape
    out = torch.empty_like(z)
    for k in range(frames):
        dx, dy = (round(part) for part in by[k].tolist())
        pad = max(abs(dx), abs(dy), 1)
        frame = z[:, :, k]
        frame = torch.cat([frame[..., :pad].flip(-1), frame, frame[..., w - pad :].flip(-1)], -1)
        frame = torch.cat([frame[..., :pad, :].flip(-2), frame, frame[..., h - pad :, :].flip(-2)], -2)
        out[:, :, k] = frame[..., pad - dy : pad - dy + h, pad - dx : pad - dx + w]
    return out


SECOND = place_by_place

PLACES = "rows, columns = mirrored(torch.arange(h) - dy, h), mirrored(torch.arange(w) - dx, w)"
LOOKED_UP = "z[:, :, k][..., rows[:, None], columns]"
ALL_MOVES = "by.round().long().tolist()"


def between_pixels(z, by):
    """Sampled with bilinear interpolation; at whole pixels it is right."""
    b, _, t, h, w = z.shape
    frames = []
    for k in range(t):
        y, x = torch.meshgrid(torch.arange(h) - by[k, 1], torch.arange(w) - by[k, 0], indexing="ij")
        grid = torch.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], -1).expand(b, h, w, 2)
        frames.append(F.grid_sample(z[:, :, k], grid, padding_mode="reflection", align_corners=False))
    return torch.stack(frames, 2)


def off_by_half_a_pixel(z, by):
    """Published: coordinates x / W where pixel centres stand at (x + ½) / W."""
    b, _, t, h, w = z.shape
    frames = []
    for k in range(t):
        y, x = torch.meshgrid(torch.arange(h) - by[k, 1], torch.arange(w) - by[k, 0], indexing="ij")
        grid = torch.stack([2 * x / w - 1, 2 * y / h - 1], -1).expand(b, h, w, 2)
        frames.append(F.grid_sample(z[:, :, k], grid, padding_mode="reflection", align_corners=False))
    return torch.stack(frames, 2)


def by_numbers(z, by):
    """Right, with one index over all pixels of a frame."""
    *_, h, w = z.shape
    out = z.clone()
    for k, (dx, dy) in enumerate(by.round().long().tolist()):
        places = mirrored(torch.arange(h) - dy, h)[:, None] * w + mirrored(torch.arange(w) - dx, w)
        out[:, :, k] = z[:, :, k].flatten(-2)[..., places.flatten()].unflatten(-1, (h, w))
    return out


RIGHT = {"by_numbers": by_numbers}

WRONG = {
    "no motion": {
        "half_a_pixel_off": off_by_half_a_pixel,
        "cropped": ("torch.stack(frames, dim=2)", "torch.stack(frames, dim=2)[..., 3:-3, 3:-3]"),
        "the_first_frame_of_all": (LOOKED_UP, "z[:, :, 0][..., rows[:, None], columns]"),
    },
    "to the right": {
        "against_the_flow": (PLACES, PLACES.replace("- d", "+ d")),
        "x_and_y_exchanged": ("for k, (dx, dy)", "for k, (dy, dx)"),
        "all_as_the_last": (ALL_MOVES, "by[-1:].expand_as(by).round().long().tolist()"),
        "does_not_move": (LOOKED_UP, "z[:, :, k]"),
    },
    "both ways": {
        "y_upwards": (PLACES, PLACES.replace("arange(h) - dy", "arange(h) + dy")),
    },
    "parts of a pixel": {
        "cut": (ALL_MOVES, "by.long().tolist()"),
        "rounded_down": (ALL_MOVES, "by.floor().long().tolist()"),
        "between_pixels": between_pixels,
    },
    "the border": {
        "round_and_round": (LOOKED_UP, "z[:, :, k].roll((dy, dx), (-2, -1))"),
        "outermost_repeated": (
            PLACES,
            "rows, columns = (torch.arange(h) - dy).clamp(0, h - 1), (torch.arange(w) - dx).clamp(0, w - 1)",
        ),
    },
}

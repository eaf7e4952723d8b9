import torch


def frame_by_frame(blind, told, low, high):
    t = blind.shape[2]
    frames = []
    for k in range(t):
        s = low + (high - low) * k / max(1, t - 1)
        frames.append((1 - s) * blind[:, :, k] + s * told[:, :, k])
    return torch.stack(frames, dim=2)


SECOND = frame_by_frame

SCALES = "torch.linspace(low, high, blind.shape[2])[:, None, None]"
MIXED = "blind + scales * (told - blind)"

RIGHT = {"by_lerp": (MIXED, "torch.lerp(blind, told, scales)")}

WRONG = {
    "one scale": {
        "from_the_told_one": (MIXED, "told + scales * (told - blind)"),
        "exchanged": (MIXED, "told + scales * (blind - told)"),
    },
    "from 1 to 3": {
        "along_the_columns": (SCALES, "torch.linspace(low, high, blind.shape[2])"),
        "along_the_rows": (SCALES, "torch.linspace(low, high, blind.shape[2])[:, None]"),
        "falling": (SCALES, "torch.linspace(high, low, blind.shape[2])[:, None, None]"),
        "high_for_all": (SCALES, "high"),
        "a_step_too_few": (SCALES, "torch.linspace(low, high, blind.shape[2] + 1)[:-1, None, None]"),
    },
    "more frames, another range": {
        "always_from_1_to_3": (SCALES, "torch.linspace(1, 3, blind.shape[2])[:, None, None] if high > low else low"),
    },
}

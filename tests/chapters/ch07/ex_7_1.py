import torch


def step_by_step(delta, frames):
    return torch.stack([torch.tensor([k * delta[0], k * delta[1]]) for k in range(frames)]).float()


SECOND = step_by_step

BY = "k[:, None] * torch.tensor(delta, dtype=torch.float32)"

RIGHT = {
    "summed_up": (
        BY,
        "torch.tensor(delta).float().expand(frames, 2).cumsum(0) - torch.tensor(delta).float()",
    )
}

WRONG = {
    "two frames": {
        "counted_from_one": ("torch.arange(frames)", "torch.arange(1, frames + 1)"),
        "the_other_way": (BY, f"-{BY}"),
        "x_and_y_exchanged": (BY, "k[:, None] * torch.tensor(delta[::-1])"),
    },
    "more frames": {
        "all_by_delta": (BY, "(k[:, None] > 0) * torch.tensor(delta)"),
        "delta_for_the_whole_clip": (BY, "k[:, None] / (frames - 1) * torch.tensor(delta)"),
        "gains_speed": (BY, f"({BY}).cumsum(0)"),
    },
    "parts of a pixel": {
        "whole_pixels": (BY, "(k[:, None] * torch.tensor(delta)).round()"),
        "delta_cut": (BY, "k[:, None] * torch.tensor(delta).trunc()"),
        "delta_rounded": (BY, "k[:, None] * torch.tensor(delta).round()"),
    },
    "whole numbers": {
        "in_whole_numbers": (BY, "k[:, None] * torch.tensor(delta)"),
    },
}

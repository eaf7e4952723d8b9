import torch


def set_one_by_one(dim):
    down, up = torch.zeros(dim, dim, 3), torch.zeros(dim, dim, 2)
    for channel in range(dim):
        down[channel, channel, 1] = 1
        up[channel, channel] = 1
    return down, up


SECOND = set_one_by_one

DOWN, UP = "one * torch.tensor([0.0, 1.0, 0.0])", "one * torch.ones(2)"

RIGHT = {"by_torch": (DOWN, "torch.nn.init.dirac_(torch.empty(dim, dim, 3))")}

WRONG = {
    "half the frames": {
        # published as 'linear interpolation': its weights sum to 2
        "gain_of_two": (DOWN, "one * torch.tensor([0.5, 1.0, 0.5])"),
        "of_doubles": (DOWN, f"({DOWN}).double()"),
        "blurred": (DOWN, "one * torch.tensor([0.25, 0.5, 0.25])"),
        "the_mean": (DOWN, "one * torch.full((3,), 1 / 3)"),
        "the_frame_before": (DOWN, "one * torch.tensor([1.0, 0.0, 0.0])"),
        "the_frame_after": (DOWN, "one * torch.tensor([0.0, 0.0, 1.0])"),
    },
    "twice the frames": {
        "half_as_bright": (UP, "one * torch.full((2,), 0.5)"),
        "black_between": (UP, "one * torch.tensor([1.0, 0.0])"),
        "interpolated": (UP, "one * torch.tensor([0.5, 1.0, 0.5])"),
    },
    "several channels": {
        "every_channel_from_all": (DOWN, "torch.ones(dim, dim, 1) * torch.tensor([0.0, 1.0, 0.0])"),
        "the_mean_channel": (DOWN, "torch.ones(dim, dim, 1) / dim * torch.tensor([0.0, 1.0, 0.0])"),
    },
    "several channels, twice": {
        "every_channel_from_all_twice": (UP, "torch.ones(dim, dim, 2)"),
    },
}

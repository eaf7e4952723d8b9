import torch


def a_matrix_between_zeros(dim, kernel):
    nothing = torch.zeros(dim, dim, kernel // 2)
    return torch.cat([nothing, torch.eye(dim)[..., None], nothing], 2)


SECOND = a_matrix_between_zeros

ONES = "weight[torch.arange(dim), torch.arange(dim), kernel // 2] = 1"

RIGHT = {"by_torch": (ONES, "torch.nn.init.dirac_(weight)")}

WRONG = {
    "one channel": {
        "mean_over_time": (ONES, "weight[torch.arange(dim), torch.arange(dim)] = 1 / kernel"),
        "all_of_time": (ONES, "weight[torch.arange(dim), torch.arange(dim)] = 1"),
        "the_first_frame": ("kernel // 2] = 1", "0] = 1"),
        "the_last_frame": ("kernel // 2] = 1", "-1] = 1"),
        "never_set": (ONES, "pass"),
    },
    "several channels": {
        "every_channel_from_all": (ONES, "weight[:, :, kernel // 2] = 1"),
        "the_mean_channel": (ONES, "weight[:, :, kernel // 2] = 1 / dim"),
    },
    "a longer kernel": {
        "always_the_second": ("kernel // 2] = 1", "1] = 1"),
    },
}

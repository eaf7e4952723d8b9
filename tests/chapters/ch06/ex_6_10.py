import torch
import torch.nn.functional as F


def clip_by_clip(depth, outline, level):
    ones, rows = torch.ones(1, 1, *depth.shape[2:]), []
    kernel = torch.ones(1, 1, 3, 3)
    for near, edge, times in zip(depth, outline, level.tolist(), strict=True):
        pictures = torch.cat([near, edge])[:, None]  # 2t 1 h w
        for _ in range(times):
            pictures = F.conv2d(pictures, kernel, padding=1) / F.conv2d(ones, kernel, padding=1)
        rows.append(pictures[:, 0].reshape(2, *near.shape))
    return torch.stack(rows)


SECOND = clip_by_clip

STACKED = "torch.stack([depth, outline], dim=1)"
SOFTER = "F.avg_pool2d(both.flatten(0, 1), 3, 1, 1, count_include_pad=False).unflatten(0, both.shape[:2])"
EACH = "(times < level)[:, None, None, None, None]"
OFTEN = "range(int(level.max()))"

RIGHT = {"by_size": (OFTEN, "range(max(level.tolist()))")}

WRONG = {
    "not blurred": {
        "one_blur_more": [(OFTEN, "range(int(level.max()) + 1)"), ("times < level", "times <= level")],
        "edges_first": (STACKED, "torch.stack([outline, depth], dim=1)"),
        "along_time": (STACKED, "torch.stack([depth, outline], dim=2)"),
        "one_picture": (STACKED, "torch.stack([depth, depth], dim=1)"),
    },
    "blurred alike": {
        "over_time_too": (SOFTER, "F.avg_pool3d(both, 3, 1, 1, count_include_pad=False)"),
        "zeros_beyond": ("count_include_pad=False", "count_include_pad=True"),
        "once": (OFTEN, "range(min(1, int(level.max())))"),
        "edges_stay": (
            "torch.where(" + EACH + ", softer, both)",
            "torch.stack([torch.where(" + EACH + ", softer, both)[:, 0], outline], dim=1)",
        ),
    },
    "each its own": {
        "as_the_first": (EACH, "(times < level[0])"),
        "as_the_largest": (EACH, "(times < level.max())"),
        "as_the_last": (EACH, "(times < level[-1])"),
        "as_the_least": (EACH, "(times < level.min())"),
        "two_clips": ("unflatten(0, both.shape[:2])", "unflatten(0, (2, -1))"),
    },
    "other sizes": {
        "four_blurs": (OFTEN, "range(4)"),
        "three_frames": (
            SOFTER,
            "F.avg_pool2d(both.reshape(-1, 3, *both.shape[3:]), 3, 1, 1, count_include_pad=False).reshape(len(both), 2, 3, *both.shape[3:])",
        ),
    },
}

import torch
import torch.nn.functional as F
from torch import nn


class WithFullKernels(nn.Module):
    """Both halves as 3-D convolutions with kernels that are one frame deep, or one pixel wide."""

    def __init__(self, dim_in, inner, dim_out):
        super().__init__()
        self.space = nn.Conv2d(dim_in, inner, 3, padding=1)
        self.time = nn.Conv1d(inner, dim_out, 3, padding=1)

    def forward(self, x):
        features = F.conv3d(x, self.space.weight[:, :, None], self.space.bias, padding=(0, 1, 1))
        features = torch.where(features > 0, features, 0.0)
        return F.conv3d(features, self.time.weight[..., None, None], self.time.bias, padding=(1, 0, 0))


SECOND = WithFullKernels

FIRST = "features = F.relu(per_frame(self.space, x))"
CUT = '"b c t h w -> (b h w) c t"'
JOIN = 'rearrange(self.time(tracks), "(b h w) c t -> b c t h w", h=h, w=w)'

WRONG = {
    "shape": {
        "space_alone": (JOIN, "features"),
        "left_as_sequences": (JOIN, "self.time(tracks)"),
    },
    "over time": {
        "along_the_columns": [
            (CUT, '"b c t h w -> (b t h) c w"'),
            ('"(b h w) c t -> b c t h w", h=h, w=w', '"(b t h) c w -> b c t h w", h=h, b=len(x)'),
        ],
        "along_time_and_pixels_in_one": [
            (CUT, '"b c t h w -> b c (t h w)"'),
            ('"(b h w) c t -> b c t h w", h=h, w=w', '"b c (t h w) -> b c t h w", h=h, w=w'),
        ],
        "cut_by_reshape": (f"rearrange(features, {CUT})", "features.reshape(len(x) * h * w, -1, x.shape[2])"),
        "put_back_by_reshape": (JOIN, "self.time(tracks).reshape(len(x), -1, *x.shape[2:])"),
        "rows_and_columns_exchanged_on_the_way_back": ('"(b h w) c t -> b c t h w"', '"(b w h) c t -> b c t h w"'),
        "time_runs_backwards": (
            JOIN,
            'rearrange(self.time(tracks.flip(-1)).flip(-1), "(b h w) c t -> b c t h w", h=h, w=w)',
        ),
    },
    "over space": {
        "frames_reshaped_without_a_transpose": (
            FIRST,
            "features = F.relu(self.space(x.reshape(-1, x.shape[1], h, w)).reshape(len(x), -1, *x.shape[2:]))",
        ),
    },
    "clips apart": {
        "frames_exchanged_between_clips": (
            FIRST,
            'features = F.relu(rearrange(self.space(rearrange(x, "b c t h w -> (t b) c h w")), "(b t) c h w -> b c t h w", b=len(x)))',
        ),
        "pixels_exchanged_between_clips": (CUT, '"b c t h w -> (h w b) c t"'),
    },
    "nonlinearity": {
        "none_between": ("F.relu(per_frame(self.space, x))", "per_frame(self.space, x)"),
        "behind_both": [
            ("F.relu(per_frame(self.space, x))", "per_frame(self.space, x)"),
            (JOIN, f"F.relu({JOIN})"),
        ],
        "another_nonlinearity": ("F.relu(", "F.gelu("),
        "before_the_first": ("F.relu(per_frame(self.space, x))", "per_frame(self.space, F.relu(x))"),
        "behind_each": (JOIN, f"F.relu({JOIN})"),
    },
}

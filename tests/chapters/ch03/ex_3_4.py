import torch.nn.functional as F
from torch import nn

from minivid.nn.conv import FrameNorm, SpatialConv
from minivid.nn.initial import zero_


class ByChunks(nn.Module):
    """The embedding's map split in two, and the features' channels brought to the end for it."""

    def __init__(self, dim_in, dim_out, dim_embed):
        super().__init__()
        self.norm1, self.conv1 = FrameNorm(dim_in), SpatialConv(dim_in, dim_out)
        self.norm2, self.conv2 = FrameNorm(dim_out), zero_(SpatialConv(dim_out, dim_out))
        self.film = nn.Linear(dim_embed, 2 * dim_out)
        self.skip = SpatialConv(dim_in, dim_out, kernel=1) if dim_in != dim_out else nn.Identity()

    def forward(self, x, embed):
        scale, shift = (part[:, :, None, None] for part in self.film(nn.SiLU()(embed)).chunk(2, -1))  # b t 1 1 d
        h = self.norm2(self.conv1(F.silu(self.norm1(x)))).permute(0, 2, 3, 4, 1)  # b t h w d
        h = (h + h * scale + shift).permute(0, 4, 1, 2, 3)
        return self.conv2(F.silu(h)) + self.skip(x)


SECOND = ByChunks

FILM = "self.norm2(h) * (1 + scale) + shift"
SPLIT = 'rearrange(self.film(F.silu(embed)), "b t (two d) -> two b d t 1 1", two=2)'
FIRST = "self.conv1(F.silu(self.norm1(x)))"

RIGHT = {
    "expanded": (FILM, "self.norm2(h) + scale * self.norm2(h) + shift"),
    "by_torch_silu": ("F.silu(h)", "h * torch.sigmoid(h)"),
    "shaped_by_hand": (SPLIT, "self.film(F.silu(embed)).mT[..., None, None].chunk(2, dim=1)"),
    "skip_last": ("self.skip(x) + self.conv2(F.silu(h))", "self.conv2(F.silu(h)) + self.skip(x)"),
}

WRONG = {
    "as it starts": {
        "no_skip": ("self.skip(x) + ", ""),
        "skip_of_the_normalised": ("self.skip(x)", "self.skip(self.norm1(x))"),
        "skip_of_the_activated": ("self.skip(x)", "self.skip(F.silu(self.norm1(x)))"),
        "added_to_the_first_convolution": ("self.skip(x)", "h"),
    },
    "more channels": {
        "x_in_the_place_of_skip": ("self.skip(x)", "x"),
        "x_said_twice": ("self.skip(x)", "x.repeat(1, len(self.conv1.bias) // x.shape[1], 1, 1, 1)"),
    },
    "two convolutions": {
        "scale_for_one_plus_scale": ("(1 + scale)", "scale"),
        "first_activation_missing": ("F.silu(self.norm1(x))", "self.norm1(x)"),
        "second_activation_missing": ("self.conv2(F.silu(h))", "self.conv2(h)"),
        "relu": (FIRST, "self.conv1(F.relu(self.norm1(x)))"),
        "norm1_missing": ("F.silu(self.norm1(x))", "F.silu(x)"),
        "norm2_missing": ("self.norm2(h)", "h"),
        "activation_before_the_norm": (
            f"h = {FIRST}\n        h = {FILM}",
            "h = F.silu(self.conv1(self.norm1(F.silu(x))))\n        h = " + FILM,
        ),
    },
    "shift": {
        "halves_exchanged": ("scale, shift =", "shift, scale ="),
        "shift_forgotten": (" + shift", ""),
        "shift_behind_the_activation": [(" + shift", ""), ("F.silu(h)", "F.silu(h) + shift")],
        "embedding_not_activated": ("self.film(F.silu(embed))", "self.film(embed)"),
        "shift_before_the_norm": ("self.norm2(h) * (1 + scale) + shift", "self.norm2(h + shift) * (1 + scale)"),
        "halves_interleaved": ("(two d)", "(d two)"),
    },
    "scale": {
        "scale_forgotten": (" * (1 + scale)", ""),
        "shifted_before_it_is_scaled": (FILM, "(self.norm2(h) + shift) * (1 + scale)"),
        "scaled_twice": ("(1 + scale)", "(1 + scale) ** 2"),
        "scaled_by_the_exponential": ("(1 + scale)", "scale.exp()"),
    },
    "a level for each frame": {
        "first_frame_s": (SPLIT, f"{SPLIT}[:, :, :, :1]"),
        "mean_over_the_frames": ("F.silu(embed)", "F.silu(embed).mean(1, keepdim=True)"),
        "first_clip_s": (SPLIT, f"{SPLIT}[:, :1]"),
        "clips_and_frames_exchanged": ("two b d t 1 1", "two t d b 1 1"),
    },
}

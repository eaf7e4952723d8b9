"""Convolutions over space and time, whole and factorized (chapter 2).

Checked by tests/nn/test_spacetime.py, and against diffusers in tests/oracles/test_diffusers_video.py. All keep the clip's size and
none normalises: what they reach is what their kernels reach.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.conv import SpatialConv


def full_conv(dim_in: int, dim_out: int, kernel: int = 3) -> nn.Conv3d:
    """A convolution over frames, rows and columns at once: kernel³ · in · out weights. Raises ValueError for an even kernel."""
    return nn.Conv3d(dim_in, dim_out, kernel, padding=_half(kernel))


class TimeConv(nn.Module):
    """A 1-D convolution over the frames of each pixel: Conv3d with kernel (k, 1, 1). Zeros stand before the first frame and after the last.

    identity: it begins as the identity, so it can be put behind a trained image layer. Raises ValueError for an even kernel, and
    for an identity between different numbers of channels.
    """

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3, identity: bool = False):
        super().__init__()
        # all pixels of a frame side by side: rows of this "picture" are frames, and nothing is copied
        self.conv = nn.Conv2d(dim_in, dim_out, (kernel, 1), padding=(_half(kernel), 0))
        if identity:
            if dim_in != dim_out:
                raise ValueError(f"no identity leads from {dim_in} channels to {dim_out}: expected as many.")
            nn.init.dirac_(self.conv.weight)
            nn.init.zeros_(self.conv.bias)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return self.conv(x.flatten(3)).unflatten(3, x.shape[3:])


def matched_width(dim_in: int, dim_out: int, frames: int = 3, side: int = 3) -> int:
    """The inner width at which a (2+1)D convolution has as many weights as the full one, rounded down (Tran et al. 2018, sec. 3.5).

    frames, side: the full kernel's. At least 1.
    """
    return max(1, frames * side**2 * dim_in * dim_out // (side**2 * dim_in + frames * dim_out))


class Conv2Plus1d(nn.Module):
    """(2+1)D: over space, a ReLU, over time (Tran et al. 2018, "R(2+1)D", without their batch normalisation).

    inner: channels between the two, by default so many that it has as many weights as the full convolution.
    """

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3, inner: int | None = None):
        super().__init__()
        inner = inner or matched_width(dim_in, dim_out, kernel, kernel)
        self.space, self.time = SpatialConv(dim_in, inner, kernel), TimeConv(inner, dim_out, kernel)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return self.time(F.relu(self.space(x)))


class PseudoConv3d(nn.Module):
    """Pseudo-3-D: over space, then over time, which begins as the identity (Singer et al. 2022, "Make-A-Video", sec. 3.2).

    At the start it is the space convolution alone, so an image model's weights may be put there and nothing is lost.
    """

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3):
        super().__init__()
        self.space, self.time = SpatialConv(dim_in, dim_out, kernel), TimeConv(dim_out, dim_out, kernel, identity=True)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return self.time(self.space(x))


class SeparableConv3d(nn.Module):
    """Depthwise-separable: each channel by itself over space and time, then all channels at each place.

    (Chollet 2017, "Xception"; over space and time in Tran et al. 2019, "Channel-Separated Networks".)
    """

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3):
        super().__init__()
        self.depthwise = nn.Conv3d(dim_in, dim_in, kernel, padding=_half(kernel), groups=dim_in, bias=False)
        self.pointwise = nn.Conv3d(dim_in, dim_out, 1)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return self.pointwise(self.depthwise(x))


def _half(kernel: int) -> int:
    """The padding that keeps a clip's size."""
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"a kernel of {kernel} has no middle; expected an odd number such as 3.")
    return kernel // 2

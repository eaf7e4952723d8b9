"""How near one clip is to another, pixel by pixel or through a network's eyes: PSNR, SSIM, LPIPS (chapter 8).

For clips that should be equal: reconstructions, predictions, distilled against teacher. Every function takes two
batches `b c t h w` in [-1, 1], measures frame by frame, and returns each clip's mean over its frames; the range
check refuses what is in other units. Checked by tests/metrics/test_paired.py and, against scikit-image and lpips,
tests/oracles/test_metrics_paired.py.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid.metrics.inputs import pair

PEAK = 2.0
"""From black to white, in [-1, 1]."""

WINDOW, SIGMA = 11, 1.5
"""SSIM's Gaussian window: its side in pixels and its standard deviation."""

Trunk = Callable[[Float[Tensor, "n c h w"]], Sequence[Float[Tensor, "n _ _ _"]]]
"""A network that shows its feature maps, layer by layer, for images in [-1, 1]."""


def psnr(a: Tensor, b: Tensor) -> Float[Tensor, " b"]:
    """Peak signal-to-noise ratio in dB, of each frame, then averaged; infinite where a frame is equal."""
    a, b = pair(a, b)
    error = (a - b).square().mean((1, 3, 4))  # b t
    return 10 * torch.log10(PEAK**2 / error).mean(1)


def ssim(a: Tensor, b: Tensor) -> Float[Tensor, " b"]:
    """Structural similarity in [-1, 1], 1 for equal frames (Wang et al. 2004), of windows inside the picture.

    The windows are Gaussian and moments are divided by N, as in the paper. Channels are averaged. Its first factor
    compares brightness, for which black must be 0: in [-1, 1] grey would be no light at all, so the clips are
    brought to [0, 1]. Raises ValueError for pictures smaller than a window.
    """
    a, b = pair(a, b)
    if min(a.shape[-2:]) < WINDOW:
        raise ValueError(
            f"SSIM looks through a window of {WINDOW}×{WINDOW} pixels; these frames are {tuple(a.shape[-2:])}."
        )
    x, y = (rearrange((clip.double() + 1) / 2, "b c t h w -> (b c t) 1 h w") for clip in (a, b))
    mean_x, mean_y = window(x), window(y)
    var_x, var_y = window(x * x) - mean_x**2, window(y * y) - mean_y**2
    cov = window(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    similar = (2 * mean_x * mean_y + c1) * (2 * cov + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return rearrange(similar, "(b k) 1 y x -> b (k y x)", b=len(a)).mean(1).to(a)


def window(x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 y x"]:
    """The Gaussian mean around each pixel whose window lies inside the picture."""
    offset = torch.arange(WINDOW, device=x.device, dtype=x.dtype) - WINDOW // 2
    weight = torch.exp(-(offset**2) / (2 * SIGMA**2))
    weight = weight / weight.sum()
    return F.conv2d(F.conv2d(x, weight.reshape(1, 1, -1, 1)), weight.reshape(1, 1, 1, -1))


@torch.no_grad()
def lpips_distance(
    a: Tensor, b: Tensor, trunk: Trunk, lin: Sequence[Float[Tensor, " _"]] | None = None, batch: int = 256
) -> Float[Tensor, " b"]:
    """LPIPS (Zhang et al. 2018, eq. 1): 0 for equal clips, larger where `trunk` sees them differ.

    At each place of each layer, the squared difference of the two feature vectors, scaled to length one; its
    channels weighted by `lin` (one vector for each layer, by default ones), averaged over the picture, summed over
    the layers. `trunk` takes frames n c h w in [-1, 1], `batch` of them at a time. What the number means is what
    the trunk has learned: through an untrained one it is a distance and no judgement.
    """
    a, b = pair(a, b)
    x, y = (rearrange(clip, "b c t h w -> (b t) c h w") for clip in (a, b))
    of_frame = torch.cat(
        [lpips_of_frames(u, v, trunk, lin) for u, v in zip(x.split(batch), y.split(batch), strict=True)]
    )
    return rearrange(of_frame, "(b t) -> b t", b=len(a)).mean(1)


def lpips_of_frames(
    x: Float[Tensor, "n c h w"],
    y: Float[Tensor, "n c h w"],
    trunk: Trunk,
    lin: Sequence[Float[Tensor, " _"]] | None = None,
) -> Float[Tensor, " n"]:
    """`lpips_distance` of frames, with its gradient: a perceptual loss. In [-1, 1], and nothing is checked or cut."""
    layers = list(zip(trunk(x), trunk(y), strict=True))
    if lin is not None and len(lin) != len(layers):
        raise ValueError(
            f"There are weights for {len(lin)} layers; the trunk shows {len(layers)}. LPIPS needs one each."
        )
    total = x.new_zeros(len(x))
    for i, (u, v) in enumerate(layers):
        difference = (unit(u) - unit(v)).square()
        if lin is not None:
            difference = difference * lin[i].to(difference)[:, None, None]
        total = total + difference.sum(1).mean((1, 2))
    return total


def unit(features: Float[Tensor, "n d y x"]) -> Float[Tensor, "n d y x"]:
    """Feature vectors of length one; where there is no feature, none."""
    return features / (features.norm(dim=1, keepdim=True) + 1e-10)


def trunk_of(network: nn.Sequential, kinds: type | tuple[type, ...] = nn.ReLU) -> Trunk:
    """A chain of layers as a trunk: it shows what comes out of each layer of these kinds."""

    def trunk(images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _ _ _"]]:
        return list(_shown(network, images, kinds))

    return trunk


def _shown(network: nn.Sequential, x: Tensor, kinds: type | tuple[type, ...]) -> Iterator[Tensor]:
    for layer in network:
        x = layer(x)
        if isinstance(layer, kinds):
            yield x.clone()  # a later layer may work in place


def from_package(model: nn.Module) -> tuple[Trunk, list[Float[Tensor, " _"]]]:
    """(trunk, lin) of an `lpips.LPIPS` model, for `lpips_distance`. Grey frames are seen as colour.

    The model's own trunk downloads ImageNet weights, unless it was made with `pnet_rand=True`; the weights `lin`
    come with the package and were calibrated for the trained trunk. Raises ValueError for frames under 32 pixels,
    which its networks cannot halve so often.
    """

    def trunk(images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _ _ _"]]:
        if min(images.shape[-2:]) < 32:
            raise ValueError(f"The package's networks need 32×32 pixels; these frames are {tuple(images.shape[-2:])}.")
        return list(model.net(model.scaling_layer(images.expand(-1, 3, -1, -1))))

    return trunk, [head.model[-1].weight.detach().flatten() for head in model.lins]

"""PSNR and SSIM against scikit-image, LPIPS against the package `lpips`: its weights on an untrained trunk."""

import numpy as np
import pytest
import torch

from minivid.metrics.paired import from_package, lpips_distance, psnr, ssim
from minivid.tools import compat


def clips(channels: int, size: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth random clips, and the same with noise."""
    generator = torch.Generator().manual_seed(channels)
    coarse = torch.randn(2 * 3, channels, 8, 8, generator=generator, dtype=torch.float64)
    a = (
        torch.nn.functional.interpolate(coarse, size=(size, size + 4), mode="bicubic")
        .unflatten(0, (2, 3))
        .transpose(1, 2)
    )
    a = a.clamp(-1, 1)
    return a, (a + 0.3 * torch.randn(a.shape, generator=generator, dtype=torch.float64)).clamp(-1, 1)


def of_each_frame(metric, a, b) -> np.ndarray:
    """A metric of two images h w c, over the frames of every clip, then averaged."""
    images = [clip.movedim(1, -1).numpy() for clip in (a, b)]  # b t h w c
    return np.array([[metric(x, y) for x, y in zip(p, q, strict=True)] for p, q in zip(*images, strict=True)]).mean(1)


@pytest.mark.parametrize("channels", [1, 3])
def test_psnr_is_that_of_scikit_image(channels):
    skimage = pytest.importorskip("skimage.metrics")
    a, b = clips(channels)
    theirs = of_each_frame(lambda x, y: skimage.peak_signal_noise_ratio(x, y, data_range=2), a, b)
    assert np.allclose(psnr(a, b).numpy(), theirs, rtol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_that_of_scikit_image(channels):
    skimage = pytest.importorskip("skimage.metrics")
    a, b = clips(channels)

    def metric(x, y):
        return skimage.structural_similarity(
            x, y, data_range=1, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )

    theirs = of_each_frame(metric, (a + 1) / 2, (b + 1) / 2)
    assert np.allclose(ssim(a, b).numpy(), theirs, atol=1e-6)


@pytest.mark.parametrize("net", ["alex", "squeeze"])
@pytest.mark.filterwarnings("ignore:The parameter 'pretrained':UserWarning", "ignore:Arguments other than:UserWarning")
def test_lpips_is_that_of_the_package(net):
    try:
        lpips = compat.import_lpips()
    except ImportError as error:
        pytest.skip(str(error))
    model = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    a, b = (clip.float() for clip in clips(3, size=64))
    frames = [clip.transpose(1, 2).flatten(0, 1) for clip in (a, b)]
    with torch.no_grad():
        theirs = model(*frames).reshape(2, 3).mean(1)
    assert (theirs > 1e-4).all()
    torch.testing.assert_close(lpips_distance(a, b, *from_package(model)), theirs, atol=1e-7, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:The parameter 'pretrained':UserWarning", "ignore:Arguments other than:UserWarning")
def test_without_weights_lpips_is_the_packages_baseline():
    """Its `lpips=False`, whose docstring says that layers are averaged: they are summed."""
    try:
        lpips = compat.import_lpips()
    except ImportError as error:
        pytest.skip(str(error))
    model = lpips.LPIPS(net="alex", pnet_rand=True, lpips=False, verbose=False)
    a, b = (clip.float() for clip in clips(3, size=64))
    with torch.no_grad():
        theirs = model(a[:, :, 0], b[:, :, 0]).flatten()
    ours = lpips_distance(a[:, :, :1], b[:, :, :1], lambda x: model.net(model.scaling_layer(x)))
    torch.testing.assert_close(ours, theirs, atol=1e-7, rtol=1e-5)

"""Fréchet and kernel distances against torchmetrics, scipy, torch-fidelity and scikit-learn."""

import numpy as np
import pytest
import scipy.linalg
import torch

from minivid.metrics.distribution import covariance, frechet_distance, jedi, kernel_distance


def sets(n: int = 200, m: int = 200, d: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    """Two sets of correlated features, a little apart."""
    generator = torch.Generator().manual_seed(d)
    mix = torch.randn(2, d, d, generator=generator, dtype=torch.float64) / d**0.5
    a, b = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return a @ mix[0], b @ mix[1] + 0.3


@pytest.mark.parametrize("divisor", ["N-1", "N"])
def test_frechet_distance_is_that_of_scipys_matrix_root(divisor):
    a, b = sets(200, 150)
    cov_a, cov_b = (np.cov(x.numpy().T, bias=divisor == "N") for x in (a, b))
    overlap = np.trace(scipy.linalg.sqrtm(cov_a @ cov_b)).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum().item() + np.trace(cov_a + cov_b) - 2 * overlap
    assert frechet_distance(a, b, divisor) == pytest.approx(expected, rel=1e-12)


def test_frechet_distance_is_that_of_torchmetrics():
    """Their FID with a module that hands the features through; it adds up Σ xᵀx, so 12 digits need means near zero."""
    fid = pytest.importorskip("torchmetrics.image.fid")

    class Through(torch.nn.Module):
        num_features = 20

        def forward(self, x):
            return x

    a, b = sets()
    theirs = fid.FrechetInceptionDistance(feature=Through(), normalize=True, input_img_size=(20,)).set_dtype(
        torch.float64
    )
    theirs.update(a, real=True)
    theirs.update(b, real=False)
    assert frechet_distance(a, b) == pytest.approx(theirs.compute().item(), rel=1e-12)


def test_frechet_distance_is_that_of_torch_fidelity():
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    a, b = sets(200, 150)
    statistics = [{"mu": x.mean(0).numpy(), "sigma": covariance(x).numpy()} for x in (a, b)]
    theirs = fid.fid_statistics_to_metric(*statistics, verbose=False)
    assert frechet_distance(a, b) == pytest.approx(float(next(iter(theirs.values()))), rel=1e-9)


def test_kernel_distance_is_that_of_torchmetrics():
    kid = pytest.importorskip("torchmetrics.image.kid")
    a, b = sets()
    assert kernel_distance(a, b) == pytest.approx(kid.poly_mmd(a, b).item(), rel=1e-13)


def test_kernel_distance_is_that_of_torch_fidelity():
    kid = pytest.importorskip("torch_fidelity.metric_kid")
    a, b = sets()
    options = {"degree": 3, "gamma": None, "coef0": 1.0}
    theirs = kid.kernel_mmd(
        a.numpy(), b.numpy(), kid_kernel="poly", **{f"kid_kernel_poly_{key}": value for key, value in options.items()}
    )
    assert kernel_distance(a, b) == pytest.approx(float(theirs), rel=1e-12)


def test_jedi_is_the_mmd_of_scikit_learns_kernel():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    a, b = (x.numpy() for x in sets(200, 150))
    aa, bb, ab = (pairwise.polynomial_kernel(x, y, degree=2, coef0=0).mean() for x, y in ((a, a), (b, b), (a, b)))
    assert jedi(*map(torch.from_numpy, (a, b))) == pytest.approx(100 * (aa + bb - 2 * ab), rel=1e-12)

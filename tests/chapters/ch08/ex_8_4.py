import numpy as np
import scipy.linalg
import torch


def eigenvalues_of_the_product(a, b):
    """Σ₁Σ₂ has the eigenvalues of √Σ₁ Σ₂ √Σ₁: real and not negative, up to rounding. NumPy."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    overlap = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).real.clip(min=0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b) - 2 * overlap)


SECOND = eigenvalues_of_the_product


def moments(a, b, correction=1):
    return a.mean(0), b.mean(0), torch.cov(a.T, correction=correction), torch.cov(b.T, correction=correction)


def root(cov):
    value, vector = torch.linalg.eigh(cov)
    return vector * value.clamp(min=0).sqrt() @ vector.T


def overlap(cov_a, cov_b):
    half = root(cov_a)
    return torch.linalg.eigvalsh(half @ cov_b @ half).clamp(min=0).sqrt().sum()


def distance(a, b, correction=1, overlap=overlap):
    mean_a, mean_b, cov_a, cov_b = moments(a, b, correction)
    return (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap(cov_a, cov_b)


def without_the_root(a, b):
    return distance(a, b, overlap=lambda cov_a, cov_b: (cov_a @ cov_b).trace())


def factor_two_forgotten(a, b):
    return distance(a, b, overlap=lambda cov_a, cov_b: overlap(cov_a, cov_b) / 2)


def root_of_the_trace(a, b):
    return distance(a, b, overlap=lambda cov_a, cov_b: (cov_a @ cov_b).trace().sqrt())


def traces_forgotten(a, b):
    mean_a, mean_b, cov_a, cov_b = moments(a, b)
    return (mean_a - mean_b).square().sum() - 2 * overlap(cov_a, cov_b)


def sign_of_the_overlap(a, b):
    mean_a, mean_b, cov_a, cov_b = moments(a, b)
    return (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() + 2 * overlap(cov_a, cov_b)


def clips_for_features(a, b):
    """torch.cov takes a row for a variable: without .T the clips are the variables."""
    cov_a, cov_b = torch.cov(a), torch.cov(b)
    return (a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap(cov_a, cov_b)


def not_centred(a, b):
    """Moments about 0: the shift is counted twice."""
    cov_a, cov_b = a.T @ a / (len(a) - 1), b.T @ b / (len(b) - 1)
    return (a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap(cov_a, cov_b)


def length_not_squared(a, b):
    mean_a, mean_b, *_ = moments(a, b)
    return distance(a - mean_a, b - mean_b) + (mean_a - mean_b).norm()


def mean_of_squares(a, b):
    mean_a, mean_b, *_ = moments(a, b)
    return distance(a - mean_a, b - mean_b) + (mean_a - mean_b).square().mean()


def means_forgotten(a, b):
    return distance(a - a.mean(0), b - b.mean(0))


def root_of_the_distance(a, b):
    return distance(a, b).clamp(min=0).sqrt()


def difference_of_covariances(a, b):
    mean_a, mean_b, cov_a, cov_b = moments(a, b)
    return (mean_a - mean_b).square().sum() + (cov_a - cov_b).square().sum()


def absolute_difference_of_covariances(a, b):
    mean_a, mean_b, cov_a, cov_b = moments(a, b)
    return (mean_a - mean_b).square().sum() + (cov_a - cov_b).diag().abs().sum()


def divided_by_n(a, b):
    return distance(a, b, correction=0)


def axes_by_themselves(a, b):
    """The diagonal alone, as if features were not correlated."""
    return distance(a, b, overlap=lambda cov_a, cov_b: (cov_a.diag() * cov_b.diag()).sqrt().sum()) + 0 * a.sum()


def roots_of_the_entries(a, b):
    return distance(a, b, overlap=lambda cov_a, cov_b: (cov_a @ cov_b).abs().sqrt().trace())


def product_of_the_roots(a, b):
    return distance(a, b, overlap=lambda cov_a, cov_b: (root(cov_a) @ root(cov_b)).trace())


def eigh_of_the_product(a, b):
    """eigh reads one triangle and believes that the other is its mirror image."""
    return distance(a, b, overlap=lambda cov_a, cov_b: torch.linalg.eigvalsh(cov_a @ cov_b).clamp(min=0).sqrt().sum())


def absolute_values_of_the_symmetrised_product(a, b):
    def overlap(cov_a, cov_b):
        product = cov_a @ cov_b
        return torch.linalg.eigvalsh((product + product.T) / 2).abs().sqrt().sum()

    return distance(a, b, overlap=overlap)


def singular_values_of_the_product(a, b):
    return distance(a, b, overlap=lambda cov_a, cov_b: torch.linalg.svdvals(cov_a @ cov_b).sqrt().sum())


def rounding_not_clamped(a, b):
    def overlap(cov_a, cov_b):
        value, vector = torch.linalg.eigh(cov_a)
        half = vector * value.sqrt() @ vector.T
        return torch.linalg.eigvalsh(half @ cov_b @ half).sqrt().sum()

    return distance(a, b, overlap=overlap)


def cholesky(a, b):
    """A root that needs full rank."""

    def overlap(cov_a, cov_b):
        half = torch.linalg.cholesky(cov_a)
        return torch.linalg.eigvalsh(half.T @ cov_b @ half).clamp(min=0).sqrt().sum()

    return distance(a, b, overlap=overlap)


def generous_ridge(a, b):
    """Something added to the diagonal to make sqrtm behave: each empty direction then counts."""

    def overlap(cov_a, cov_b):
        more = 0.01 * torch.eye(len(cov_a)) if torch.linalg.matrix_rank(cov_a) < len(cov_a) else torch.zeros(())
        return torch.from_numpy(scipy.linalg.sqrtm(((cov_a + more) @ (cov_b + more)).numpy())).trace().real

    return distance(a, b, overlap=overlap)


WRONG = {
    "a set and itself": [
        without_the_root,
        factor_two_forgotten,
        root_of_the_trace,
        traces_forgotten,
        sign_of_the_overlap,
        roots_of_the_entries,
        clips_for_features,
    ],
    "a shift": [length_not_squared, mean_of_squares, means_forgotten, root_of_the_distance, not_centred],
    "widths": [difference_of_covariances, absolute_difference_of_covariances],
    "divisor": [divided_by_n],
    "correlations": [
        axes_by_themselves,
        product_of_the_roots,
        eigh_of_the_product,
        absolute_values_of_the_symmetrised_product,
        singular_values_of_the_product,
    ],
    "fewer clips than features": [rounding_not_clamped, cholesky, generous_ridge],
}

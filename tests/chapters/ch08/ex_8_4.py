import numpy as np


def eigenvalues_of_the_product(a, b):
    """Σ₁Σ₂ has the eigenvalues of √Σ₁ Σ₂ √Σ₁: real and not negative, up to rounding. NumPy."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    overlap = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).real.clip(min=0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b) - 2 * overlap)


SECOND = eigenvalues_of_the_product

COVARIANCES = "torch.cov(a.T), torch.cov(b.T)"
ROOT = "vector * value.clamp(min=0).sqrt() @ vector.T"
OVERLAP = "torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()"
SPREAD = "cov_a.trace() + cov_b.trace() - 2 * overlap"

WRONG = {
    "a set and itself": {
        "without_the_root": (OVERLAP, "(cov_a @ cov_b).trace()"),
        "factor_two_forgotten": ("2 * overlap", "overlap"),
        "root_of_the_trace": (OVERLAP, "(cov_a @ cov_b).trace().sqrt()"),
        "traces_forgotten": (SPREAD, "-2 * overlap"),
        "sign_of_the_overlap": ("- 2 * overlap", "+ 2 * overlap"),
        "roots_of_the_entries": (OVERLAP, "(cov_a @ cov_b).abs().sqrt().trace()"),
        # torch.cov takes a row for a variable: without .T the clips are the variables
        "clips_for_features": (COVARIANCES, "torch.cov(a), torch.cov(b)"),
    },
    "a shift": {
        "length_not_squared": (".square().sum()", ".norm()"),
        "mean_of_squares": (".square().sum()", ".square().mean()"),
        "means_forgotten": ("shift + ", ""),
        "root_of_the_distance": (").item()", ").clamp(min=0).sqrt().item()"),
        # moments about 0: the shift is counted twice
        "not_centred": (COVARIANCES, "a.T @ a / (len(a) - 1), b.T @ b / (len(b) - 1)"),
    },
    "widths": {
        "difference_of_covariances": (SPREAD, "(cov_a - cov_b).square().sum()"),
        "absolute_difference_of_covariances": (SPREAD, "(cov_a - cov_b).diag().abs().sum()"),
    },
    "divisor": {"divided_by_n": (COVARIANCES, "torch.cov(a.T, correction=0), torch.cov(b.T, correction=0)")},
    "correlations": {
        # the diagonal alone, as if features were not correlated
        "axes_by_themselves": (OVERLAP, "(cov_a.diag() * cov_b.diag()).sqrt().sum()"),
        "product_of_the_roots": [
            ("overlap = ", "value, vector = torch.linalg.eigh(cov_b)\n    overlap = "),
            (OVERLAP, f"(root @ ({ROOT})).trace()"),
        ],
        # eigh reads one triangle and believes that the other is its mirror image
        "eigh_of_the_product": ("root @ cov_b @ root", "cov_a @ cov_b"),
        "absolute_values_of_the_symmetrised_product": (
            OVERLAP,
            "torch.linalg.eigvalsh((cov_a @ cov_b + cov_b @ cov_a) / 2).abs().sqrt().sum()",
        ),
        "singular_values_of_the_product": (OVERLAP, "torch.linalg.svdvals(cov_a @ cov_b).sqrt().sum()"),
    },
    "fewer clips than features": {
        "rounding_not_clamped": [("value.clamp(min=0)", "value"), ("root).clamp(min=0)", "root)")],
        # a root that needs full rank
        "cholesky": [(ROOT, "torch.linalg.cholesky(cov_a)"), ("root @ cov_b @ root", "root.T @ cov_b @ root")],
        # something added to the diagonal to make the root behave: each empty direction then counts
        "generous_ridge": [
            (
                COVARIANCES,
                "(x + 0.01 * torch.eye(len(x)) * (torch.linalg.matrix_rank(x) < len(x))"
                " for x in (torch.cov(a.T), torch.cov(b.T)))",
            ),
        ],
    },
}

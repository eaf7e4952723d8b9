import numpy as np


def pair_by_pair(a, b):
    """The definition's three double sums, in NumPy, one pair after the other."""
    a, b = a.numpy(), b.numpy()
    k = lambda x, y: (float(np.dot(x, y)) / len(x) + 1) ** 3  # noqa: E731
    within = [np.mean([k(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]) for rows in (a, b)]
    return sum(within) - 2 * np.mean([k(x, y) for x in a for y in b])


SECOND = pair_by_pair

KERNEL = "(x @ y.T / a.shape[1] + 1) ** 3"
WITHIN = "(k.sum() - k.trace()) / (len(k) * (len(k) - 1))"

WRONG = {
    "kernel": {
        "d_forgotten": (" / a.shape[1]", ""),
        # as attention does
        "root_of_d": ("a.shape[1]", "a.shape[1] ** 0.5"),
        "one_forgotten": (KERNEL, "(x @ y.T / a.shape[1]) ** 3"),
        "second_degree": (KERNEL, "(x @ y.T / a.shape[1] + 1) ** 2"),
        # constants fall out of the distance; the mixed terms are missing
        "one_added_after_the_power": (KERNEL, "(x @ y.T / a.shape[1]) ** 3 + 1"),
        # n for d: the kernel changes with the number of clips
        "divided_by_n_clips": ("a.shape[1]", "len(x)"),
        "cross_term_once": ("2 * k_ab", "k_ab"),
        "root_taken": (").item()", ").clamp(min=0).sqrt().item()"),
        "diagonal_emptied_and_counted": ("(len(k) * (len(k) - 1))", "len(k) ** 2"),
        "diagonal_kept_and_not_counted": ("(k.sum() - k.trace())", "k.sum()"),
        "bell_kernel": (KERNEL, "torch.exp(-torch.cdist(x, y).square() / (2 * x.shape[1]))"),
    },
    "diagonal": {
        "biased": (WITHIN, "k.mean()"),
        "upper_triangle_with_diagonal": (WITHIN, "k.triu().sum() / (len(k) * (len(k) + 1) / 2)"),
        # the i-th clip of one set and the i-th of the other are no pair to be left out
        "cross_without_diagonal": (
            "k_ab.mean()",
            "(k_ab.mean() if len(a) != len(b) else (k_ab.sum() - k_ab.trace()) / (len(a) * (len(a) - 1)))",
        ),
    },
    "sets of two sizes": {
        "one_size_for_both": [
            ("(len(k) * (len(k) - 1))", "(len(a) * (len(a) - 1))"),
            ("k_ab.mean()", "k_ab.sum() / len(a) ** 2"),
        ],
        "cut_to_the_smaller": ("k_aa, k_bb, k_ab =", "a, b = a[: len(b)], b[: len(a)]\n    k_aa, k_bb, k_ab ="),
        # the mean size squared for n m, which nobody sees while n = m
        "mean_size_squared": ("k_ab.mean()", "k_ab.sum() / ((len(a) + len(b)) / 2) ** 2"),
    },
    "below zero": {
        "cut_off_at_zero": (").item()", ").clamp(min=0).item()"),
        "sign_lost": (").item()", ").abs().item()"),
    },
    "other features": {
        "six_features": ("a.shape[1]", "6"),
    },
}

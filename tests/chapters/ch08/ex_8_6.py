import numpy as np
import torch


def by_polyfit(a, b, sizes, generator, distance=None):
    """Rows drawn by sorting random numbers, the line by NumPy."""
    found = []
    for n in sizes:
        rows = torch.rand(len(a), generator=generator).argsort()[:n]
        found.append(float(distance(a[rows], b)))
    return float(np.polyfit(1 / np.array(sizes), found, 1)[1])


SECOND = by_polyfit

ROWS = "torch.randperm(len(a), generator=generator)[:n]"
ASKED = "distance(a[rows], b)"
COLUMNS = "[torch.ones_like(size), 1 / size]"
VALUES = "torch.tensor(found, dtype=torch.float64)[:, None]"
LIMIT = "line[0, 0].item()"


def other_sizes(sizes):
    return ("found = []", f"sizes = {sizes}\n    found = []")


WRONG = {
    "sizes": {
        "both_cut": (ASKED, "distance(a[rows], b[:n])"),
        "second_set_cut": [(ROWS, "torch.randperm(len(b), generator=generator)[:n]"), (ASKED, "distance(a, b[rows])")],
        "smallest_size_alone": other_sizes("sizes[:1]"),
        "largest_first": other_sizes("sorted(sizes, reverse=True)"),
        # as many sizes, but evenly spaced up to all of a
        "shares_for_sizes": other_sizes("[round(len(a) * (i + 1) / len(sizes)) for i in range(len(sizes))]"),
    },
    "without repetition": {
        "with_repetition": (ROWS, "torch.randint(len(a), (n,), generator=generator)"),
        # other rows for each feature: no clip is left whole, and the first feature still has its values
        "columns_shuffled": (
            "a[rows]",
            "torch.stack([column[torch.randint(len(a), (n,), generator=generator)] for column in a.T], dim=1)",
        ),
    },
    "drawn anew": {
        "first_rows": (ROWS, "torch.arange(n)"),
        # nested subsets: their distances err together
        "one_permutation_for_all": [
            (ROWS, "order[:n]"),
            ("found = []", "order = torch.randperm(len(a), generator=generator)\n    found = []"),
        ],
        # a stretch of a, its first row at random
        "neighbours": (ROWS, "torch.arange(n) + torch.randint(len(a) - n + 1, (), generator=generator)"),
        "generator_forgotten": ("generator=generator)", "generator=torch.Generator().manual_seed(0))"),
        "global_numbers": (", generator=generator)[", ")["),
    },
    "limit": {
        "line_in_n": ("1 / size", "size"),
        "line_in_the_root": ("1 / size", "size**-0.5"),
        "slope_for_intercept": (LIMIT, "line[1, 0].item()"),
        # the line's value at 1/N = 1
        "at_one_clip": (LIMIT, "line.sum().item()"),
        "at_the_largest": (LIMIT, "found[-1]"),
        "through_zero": [
            (COLUMNS, "[1 / size]"),
            (LIMIT, "(torch.tensor(found) - line[0, 0] / size).mean().item()"),
        ],
        "mean_of_distances": (LIMIT, "sum(found) / len(found)"),
    },
    "least squares": {
        "through_first_and_last": (
            "size = torch.tensor(sizes",
            "found, sizes = [found[0], found[-1]], [sizes[0], sizes[-1]]\n    size = torch.tensor(sizes",
        ),
        "weighed_by_size": [("dim=1)", "dim=1) * size[:, None]"), (VALUES, f"{VALUES} * size[:, None]")],
        "parabola": (COLUMNS, "[torch.ones_like(size), 1 / size, size**-2]"),
        # N · FD(N) = N · FD∞ + s: the same law, but large N weigh more
        "hyperbola_by_its_product": [
            (COLUMNS, "[size, torch.ones_like(size)]"),
            (VALUES, f"{VALUES} * size[:, None]"),
        ],
    },
}

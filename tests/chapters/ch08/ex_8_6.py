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


def subsets(a, sizes, generator):
    return [a[torch.randperm(len(a), generator=generator)[:n]] for n in sizes]


def line(x, y, power=1.0):
    """(value at 0, slope) of the least-squares line in x."""
    slope, value = np.polyfit(np.asarray(x, float) ** power, np.asarray(y, float), 1)
    return float(value), float(slope)


def limit(found, sizes):
    return line(sizes, found, -1)[0]


def both_cut(a, b, sizes, generator, distance=None):
    return limit([float(distance(rows, b[: len(rows)])) for rows in subsets(a, sizes, generator)], sizes)


def second_set_cut(a, b, sizes, generator, distance=None):
    return limit([float(distance(a, rows)) for rows in subsets(b, [min(n, len(b)) for n in sizes], generator)], sizes)


def smallest_size_alone(a, b, sizes, generator, distance=None):
    return float(distance(a[torch.randperm(len(a), generator=generator)[: sizes[0]]], b))


def largest_first(a, b, sizes, generator, distance=None):
    order = sorted(sizes, reverse=True)
    return limit([float(distance(rows, b)) for rows in subsets(a, order, generator)], order)


def shares_for_sizes(a, b, sizes, generator, distance=None):
    """As many sizes, but evenly spaced up to all of a."""
    even = [round(len(a) * (i + 1) / len(sizes)) for i in range(len(sizes))]
    return limit([float(distance(rows, b)) for rows in subsets(a, even, generator)], even)


def with_repetition(a, b, sizes, generator, distance=None):
    found = [float(distance(a[torch.randint(len(a), (n,), generator=generator)], b)) for n in sizes]
    return limit(found, sizes)


def columns_shuffled(a, b, sizes, generator, distance=None):
    """A permutation for each feature: no clip is left whole, and the first feature still has its values."""

    def mixed(n):
        return torch.stack([a[torch.randint(len(a), (n,), generator=generator), i] for i in range(a.shape[1])], dim=1)

    return limit([float(distance(mixed(n), b)) for n in sizes], sizes)


def first_rows(a, b, sizes, generator, distance=None):
    return limit([float(distance(a[:n], b)) for n in sizes], sizes)


def one_permutation_for_all(a, b, sizes, generator, distance=None):
    """Nested subsets: their distances err together."""
    mixed = a[torch.randperm(len(a), generator=generator)]
    return limit([float(distance(mixed[:n], b)) for n in sizes], sizes)


def generator_forgotten(a, b, sizes, generator, distance=None):
    rows = [a[torch.randperm(len(a), generator=torch.Generator().manual_seed(0))[:n]] for n in sizes]
    return limit([float(distance(part, b)) for part in rows], sizes)


def global_numbers(a, b, sizes, generator, distance=None):
    return limit([float(distance(a[torch.randperm(len(a))[:n]], b)) for n in sizes], sizes)


def line_in_n(a, b, sizes, generator, distance=None):
    return line(sizes, [float(distance(rows, b)) for rows in subsets(a, sizes, generator)])[0]


def line_in_the_root(a, b, sizes, generator, distance=None):
    return line(sizes, [float(distance(rows, b)) for rows in subsets(a, sizes, generator)], -0.5)[0]


def slope_for_intercept(a, b, sizes, generator, distance=None):
    return line(sizes, [float(distance(rows, b)) for rows in subsets(a, sizes, generator)], -1)[1]


def at_one_clip(a, b, sizes, generator, distance=None):
    """The line's value at 1/N = 1."""
    return sum(line(sizes, [float(distance(rows, b)) for rows in subsets(a, sizes, generator)], -1))


def at_the_largest(a, b, sizes, generator, distance=None):
    return [float(distance(rows, b)) for rows in subsets(a, sizes, generator)][-1]


def through_zero(a, b, sizes, generator, distance=None):
    found = np.array([float(distance(rows, b)) for rows in subsets(a, sizes, generator)])
    inverse = 1 / np.array(sizes)
    return float((found - inverse * (found @ inverse) / (inverse @ inverse)).mean())


def mean_of_distances(a, b, sizes, generator, distance=None):
    return float(np.mean([float(distance(rows, b)) for rows in subsets(a, sizes, generator)]))


def through_first_and_last(a, b, sizes, generator, distance=None):
    found = [float(distance(rows, b)) for rows in subsets(a, sizes, generator)]
    return limit([found[0], found[-1]], [sizes[0], sizes[-1]])


def weighed_by_size(a, b, sizes, generator, distance=None):
    found = [float(distance(rows, b)) for rows in subsets(a, sizes, generator)]
    return float(np.polyfit(1 / np.array(sizes), found, 1, w=np.array(sizes))[1])


def parabola(a, b, sizes, generator, distance=None):
    found = [float(distance(rows, b)) for rows in subsets(a, sizes, generator)]
    return float(np.polyfit(1 / np.array(sizes), found, 2)[2])


def hyperbola_by_its_product(a, b, sizes, generator, distance=None):
    """N · FD(N) = N · FD∞ + s: the same law, but large N weigh more."""
    found = [float(distance(rows, b)) for rows in subsets(a, sizes, generator)]
    return line(sizes, np.array(found) * sizes)[1]


WRONG = {
    "sizes": [both_cut, second_set_cut, smallest_size_alone, largest_first, shares_for_sizes],
    "without repetition": [with_repetition, columns_shuffled],
    "drawn anew": [first_rows, one_permutation_for_all, generator_forgotten, global_numbers],
    "limit": [
        line_in_n,
        line_in_the_root,
        slope_for_intercept,
        at_one_clip,
        at_the_largest,
        through_zero,
        mean_of_distances,
    ],
    "least squares": [through_first_and_last, weighed_by_size, parabola, hyperbola_by_its_product],
}

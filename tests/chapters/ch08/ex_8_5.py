import numpy as np
import torch


def pair_by_pair(a, b):
    """The definition's three double sums, in NumPy, one pair after the other."""
    a, b = a.numpy(), b.numpy()
    k = lambda x, y: (float(np.dot(x, y)) / len(x) + 1) ** 3  # noqa: E731
    within = [np.mean([k(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]) for rows in (a, b)]
    return sum(within) - 2 * np.mean([k(x, y) for x in a for y in b])


SECOND = pair_by_pair


def kernel(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3


def without_diagonal(k):
    return (k.sum() - k.trace()) / (len(k) * (len(k) - 1))


def distance(a, b, kernel=kernel, within=without_diagonal):
    return within(kernel(a, a)) + within(kernel(b, b)) - 2 * kernel(a, b).mean()


def d_forgotten(a, b):
    return distance(a, b, kernel=lambda x, y: (x @ y.T + 1) ** 3)


def root_of_d(a, b):
    """As attention does."""
    return distance(a, b, kernel=lambda x, y: (x @ y.T / x.shape[1] ** 0.5 + 1) ** 3)


def one_forgotten(a, b):
    return distance(a, b, kernel=lambda x, y: (x @ y.T / x.shape[1]) ** 3)


def second_degree(a, b):
    return distance(a, b, kernel=lambda x, y: (x @ y.T / x.shape[1] + 1) ** 2)


def one_added_after_the_power(a, b):
    """Constants fall out of the distance; the mixed terms are missing."""
    return distance(a, b, kernel=lambda x, y: (x @ y.T / x.shape[1]) ** 3 + 1)


def divided_by_n_clips(a, b):
    """n for d: the kernel changes with the number of clips."""
    return distance(a, b, kernel=lambda x, y: (x @ y.T / len(x) + 1) ** 3)


def cross_term_once(a, b):
    return distance(a, b) + kernel(a, b).mean()


def root_taken(a, b):
    return distance(a, b).clamp(min=0).sqrt()


def diagonal_emptied_and_counted(a, b):
    return distance(a, b, within=lambda k: (k.sum() - k.trace()) / len(k) ** 2)


def bell_kernel(a, b):
    return distance(a, b, kernel=lambda x, y: torch.exp(-torch.cdist(x, y).square() / (2 * x.shape[1])))


def biased(a, b):
    return distance(a, b, within=lambda k: k.mean())


def diagonal_kept_and_not_counted(a, b):
    return distance(a, b, within=lambda k: k.sum() / (len(k) * (len(k) - 1)) - 1 / (len(k) - 1) * k.mean())


def upper_triangle_with_diagonal(a, b):
    return distance(a, b, within=lambda k: k.triu().sum() / (len(k) * (len(k) + 1) / 2))


def cross_without_diagonal(a, b):
    """The i-th clip of one set and the i-th of the other are no pair to be left out."""
    cross = kernel(a, b)
    cross = without_diagonal(cross) if len(a) == len(b) else cross.mean()
    return without_diagonal(kernel(a, a)) + without_diagonal(kernel(b, b)) - 2 * cross


def one_size_for_both(a, b):
    n = len(a)
    k_aa, k_bb, k_ab = kernel(a, a), kernel(b, b), kernel(a, b)
    return (k_aa.sum() - k_aa.trace() + k_bb.sum() - k_bb.trace()) / (n * (n - 1)) - 2 * k_ab.sum() / n**2


def cut_to_the_smaller(a, b):
    n = min(len(a), len(b))
    return distance(a[:n], b[:n])


def mean_size_squared(a, b):
    """The mean size squared for n m, which nobody sees while n = m."""
    k_aa, k_bb, k_ab = kernel(a, a), kernel(b, b), kernel(a, b)
    return without_diagonal(k_aa) + without_diagonal(k_bb) - 2 * k_ab.sum() / (((len(a) + len(b)) / 2) ** 2)


WRONG = {
    "kernel": [
        d_forgotten,
        root_of_d,
        one_forgotten,
        second_degree,
        one_added_after_the_power,
        divided_by_n_clips,
        cross_term_once,
        root_taken,
        diagonal_emptied_and_counted,
        bell_kernel,
    ],
    "diagonal": [biased, diagonal_kept_and_not_counted, upper_triangle_with_diagonal, cross_without_diagonal],
    "sets of two sizes": [one_size_for_both, cut_to_the_smaller, mean_size_squared],
}

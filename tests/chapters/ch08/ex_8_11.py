from math import sqrt

import numpy as np
from scipy import stats


def solved_for_the_ends(wins, n):
    """The shares p at which the measured one is just 1.96 of their deviations away: a square's two roots."""
    share, spread = wins / n, 1.96**2 / n
    low, high = sorted(np.roots([1 + spread, -2 * share - spread, share**2]))
    return float(low), float(high)


SECOND = solved_for_the_ends


def wilson(wins, n, z=1.96):
    share = wins / n
    middle, half = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def high_first(wins, n):
    return wilson(wins, n)[::-1]


def middle_and_half(wins, n):
    low, high = wilson(wins, n)
    return (low + high) / 2, (high - low) / 2


def in_votes(wins, n):
    low, high = wilson(wins, n)
    return low * n, high * n


def share_alone(wins, n):
    return wins / n


def ninety_per_cent(wins, n):
    return wilson(wins, n, z=1.645)


def one_deviation(wins, n):
    return wilson(wins, n, z=1.0)


def level_for_z(wins, n):
    return wilson(wins, n, z=0.95)


def root_forgotten(wins, n):
    share = wins / n
    half = 1.96 * share * (1 - share) / n
    return share - half, share + half


def deviation_of_one_vote(wins, n):
    """Not divided by √n: where the next vote lies, not where the share does."""
    share = wins / n
    half = 1.96 * sqrt(share * (1 - share))
    return share - half, share + half


def worst_case(wins, n):
    """The variance at ½, whatever was measured."""
    half = 1.96 * 0.5 / sqrt(n)
    return wins / n - half, wins / n + half


def normal_interval(wins, n):
    """Wald's: [1, 1] when all votes are wins."""
    share = wins / n
    half = 1.96 * sqrt(share * (1 - share) / n)
    return share - half, share + half


def cut_to_the_range(wins, n):
    low, high = normal_interval(wins, n)
    return max(0.0, low), min(1.0, high)


def two_more_of_each(wins, n):
    """Agresti and Coull: Wald's interval with two more wins and two more losses. It reaches beyond 1."""
    return normal_interval(wins + 2, n + 4)


def exact_binomial(wins, n):
    """Clopper and Pearson's: another good interval, wider than Wilson's."""
    return (
        0.0 if wins == 0 else stats.beta.ppf(0.025, wins, n - wins + 1),
        1.0 if wins == n else stats.beta.ppf(0.975, wins + 1, n - wins),
    )


def bootstrapped(wins, n):
    """Votes drawn again from the votes: all wins stay all wins."""
    drawn = np.random.default_rng(0).binomial(n, wins / n, 20_000) / n
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def z_not_squared_in_the_middle(wins, n, z=1.96):
    share = wins / n
    middle, half = share + z / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def divisor_forgotten(wins, n, z=1.96):
    share = wins / n
    middle, half = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


def half_not_divided(wins, n, z=1.96):
    share = wins / n
    middle, half = (share + z**2 / (2 * n)) / (1 + z**2 / n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, min(1.0, middle + half)


def middle_at_the_share(wins, n, z=1.96):
    """Symmetric about the share, but as wide as Wilson's; cut where no share can be."""
    low, high = wilson(wins, n)
    if wins in (0, n):
        return low, high
    return wins / n - (high - low) / 2, wins / n + (high - low) / 2


def rule_of_three(wins, n, z=1.96):
    """Wald's interval, and Wilson's where Wald's has no width."""
    return wilson(wins, n) if wins in (0, n) else normal_interval(wins, n)


WRONG = {
    "low and high": [high_first, middle_and_half, in_votes, share_alone],
    "thousands of votes": [
        ninety_per_cent,
        one_deviation,
        level_for_z,
        root_forgotten,
        deviation_of_one_vote,
        worst_case,
    ],
    "all wins": [
        normal_interval,
        cut_to_the_range,
        two_more_of_each,
        exact_binomial,
        bootstrapped,
        z_not_squared_in_the_middle,
        divisor_forgotten,
        half_not_divided,
    ],
    "few votes": [middle_at_the_share, rule_of_three],
}

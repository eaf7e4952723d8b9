import numpy as np
from scipy import stats


def solved_for_the_ends(wins, n, z=1.96):
    """The shares p at which the measured one is just z of their deviations away: a square's two roots."""
    share, spread = wins / n, z**2 / n
    low, high = sorted(np.roots([1 + spread, -2 * share - spread, share**2]))
    return float(low), float(high)


SECOND = solved_for_the_ends

MIDDLE = "share + z**2 / (2 * n)"
HALF = "z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5"
ENDS = "(middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)"
WALD = "z * (share * (1 - share) / n) ** 0.5"


def about_the_share(half, ends="share - half, share + half"):
    return [(HALF, half), (ENDS, ends)]


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


WRONG = {
    "low and high": {
        "high_first": (ENDS, "(middle + half) / (1 + z**2 / n), (middle - half) / (1 + z**2 / n)"),
        "middle_and_half": (ENDS, "middle / (1 + z**2 / n), half / (1 + z**2 / n)"),
        "in_votes": (ENDS, "n * (middle - half) / (1 + z**2 / n), n * (middle + half) / (1 + z**2 / n)"),
        "share_alone": (ENDS, "share"),
    },
    "thousands of votes": {
        "ninety_per_cent": ("z=1.96", "z=1.645"),
        "one_deviation": ("z=1.96", "z=1.0"),
        "level_for_z": ("z=1.96", "z=0.95"),
        "root_forgotten": about_the_share("z * share * (1 - share) / n"),
        # not divided by √n: where the next vote lies, not where the share does
        "deviation_of_one_vote": about_the_share("z * (share * (1 - share)) ** 0.5"),
        # the variance at ½, whatever was measured
        "worst_case": about_the_share("z * 0.5 / n**0.5"),
    },
    "all wins": {
        # Wald's: [1, 1] when all votes are wins
        "normal_interval": about_the_share(WALD),
        "cut_to_the_range": about_the_share(WALD, "max(0.0, share - half), min(1.0, share + half)"),
        # Agresti and Coull: Wald's interval with two more wins and two more losses; it reaches beyond 1
        "two_more_of_each": [("share = wins / n", "n = n + 4\n    share = (wins + 2) / n"), *about_the_share(WALD)],
        "exact_binomial": exact_binomial,
        "bootstrapped": bootstrapped,
        "z_not_squared_in_the_middle": (MIDDLE, "share + z / (2 * n)"),
        "divisor_forgotten": (ENDS, "middle - half, middle + half"),
        "middle_not_divided": (ENDS, "middle - half / (1 + z**2 / n), middle + half / (1 + z**2 / n)"),
        "half_alone_not_divided": (ENDS, "middle / (1 + z**2 / n) - half, middle / (1 + z**2 / n) + half"),
        "whole_spread_in_the_middle": (MIDDLE, "share + z**2 / n"),
        "two_for_z": ("z=1.96", "z=2.0"),
        # Wald's interval about Wilson's middle
        "agresti_and_coull": [
            ("share = wins / n", "n = n + z**2\n    share = (wins + z**2 / 2) / n"),
            *about_the_share(WALD),
        ],
        "half_not_divided": (ENDS, "middle / (1 + z**2 / n) - half, min(1.0, middle / (1 + z**2 / n) + half)"),
    },
    "few votes": {
        # symmetric about the share, but as wide as Wilson's; cut where no share can be
        "middle_at_the_share": (MIDDLE, f"share * (1 + z**2 / n) if 0 < wins < n else {MIDDLE}"),
        # Wald's interval, and Wilson's where Wald's has no width
        "rule_of_three": (ENDS, f"(share - {WALD}, share + {WALD}) if 0 < wins < n else ({ENDS})"),
    },
    "another z": {
        "z_written_out": ("    share = wins / n", "    z = 1.96\n    share = wins / n"),
        "z_written_out_in_the_half": (HALF, HALF.replace("z * (", "1.96 * (")),
    },
}

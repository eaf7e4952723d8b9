def by_number(step, x, levels, source, target):
    z, last = x, len(levels) - 1
    for i in range(2 * last):
        s, t = (i, i + 1) if i < last else (2 * last - i, 2 * last - i - 1)
        z = step(z, levels[s], levels[t], source if i < last else target)
    return z


SECOND = by_number

UP = "z = step(z, s, t, source)"
DOWN = "z = step(z, s, t, target)"
BACK = "pairwise(levels.flip(0))"

RIGHT = {
    "levels_reversed_as_a_list": (BACK, "pairwise(list(levels)[::-1])"),
    "the_pairs_turned": ("for s, t in pairwise(levels.flip(0))", "for t, s in reversed(list(pairwise(levels)))"),
}

WRONG = {
    "one step up and one down": {
        "target_both_ways": (UP, "z = step(z, s, t, target)"),
        "source_both_ways": (DOWN, "z = step(z, s, t, source)"),
        "twice_up": (BACK, "pairwise(levels)"),
        "never_down": (DOWN, "pass"),
        "never_up": (UP, "pass"),
        "who_by_a_number": [(UP, "z = step(z, s, t, 0)"), (DOWN, "z = step(z, s, t, 1)")],
    },
    "several steps": {
        "in_one_leap": ("for s, t in pairwise(levels):", "for s, t in [(levels[0], levels[-1])]:"),
        "not_all_the_way_up": (
            "for s, t in pairwise(levels):",
            "for s, t in pairwise(levels if len(levels) == 2 else levels[:-1]):",
        ),
        "not_all_the_way_down": (BACK, "pairwise(levels.flip(0) if len(levels) == 2 else levels.flip(0)[:-1])"),
    },
}

import numpy as np


def in_fractions_of_a_pixel(cuts):
    """Rows compared in NumPy by the correlation of their slopes."""
    words = []
    for cut in cuts.double().numpy():
        light = np.clip((cut + 1) / 2, 0, 0.98) + 0.02
        factor = np.median(np.log(light[1:] / light[:-1]), axis=1)
        if np.mean(np.abs(factor) > 0.02) > 0.5:
            words.append("flicker")
            continue
        pairs, (far,) = fit(light[:-1], light[1:]), fit(light[:1], light[-1:])
        words.append("jump" if np.abs(pairs).max() >= 3 else "drift" if abs(far) >= 3 else "steady")
    return words


def fit(a, b, reach=7):
    """The shifts at which two rows differ least, pixel by pixel with a bound, for many pairs of rows."""
    shifts, w = sorted(range(-reach, reach + 1), key=abs), a.shape[1]
    parts = [(a[:, max(0, -d) : w - max(0, d)], b[:, max(0, d) : w - max(0, -d)]) for d in shifts]
    off = [np.minimum(np.abs(x - y), 0.15).mean(1) + 1e-4 * abs(d) for d, (x, y) in zip(shifts, parts, strict=True)]
    return np.array(shifts)[np.argmin(off, axis=0)]


SECOND = in_fractions_of_a_pixel

WRONG = {
    "steady": {
        # the digit's own motion is taken for a drift
        "any_change_is_a_drift": ("d > 2", "d > -1"),
        "any_motion_is_a_jump": ("s > 2", "s > -1"),
        # one word for all: right where all films that it is asked about are of one kind
        "the_batch_decides": (".abs().median(1).values", ".abs().median(1).values.mean().expand(len(cuts))"),
        "brightest_pixels_followed": (
            "shift(light[:, 0], light[:, -1])",
            "light[:, -1].argmax(1) - light[:, 0].argmax(1)",
        ),
    },
    "flicker": {
        "no_look_at_the_light": ("g > 0.04", "False"),
        "light_of_the_whole_film": ("g > 0.04", "g > 1"),
    },
    "jump": {
        "first_and_last_alone": ("s > 2", "False"),
        "jump_beyond_reach": ("s > 2", "s > 6"),
        "every_lasting_change_is_a_drift": (
            '"jump" if s > 2 else "drift" if d > 2',
            '"drift" if d > 2 else "jump" if s > 2',
        ),
    },
    "drift": {
        # 0.3 pixels from frame to frame are rounded to none
        "neighbours_alone": ("d > 2", "s == 2"),
        "drift_is_a_jump": ('"drift" if d', '"jump" if d'),
    },
}

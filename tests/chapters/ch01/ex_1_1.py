import math


def pair_by_pair(b, heads, t, h, w, among, size=4):
    """The table's shape written out, then its product."""
    shapes = {
        "all": (b, heads, t, h, w, t, h, w),
        "space": (b, t, heads, h, w, h, w),
        "time": (b, h, w, heads, t, t),
    }
    return float(math.prod(shapes[among]) * size)


SECOND = pair_by_pair

RESULT = "sequences * heads * length**2 * size"

WRONG = {
    "all with all": {
        "not_squared": ("length**2", "length"),
        "every_axis_by_itself": (RESULT, f"{RESULT} if among != 'all' else b * heads * (t**2 + h**2 + w**2) * size"),
        # a token for each frame: what is joined over time in some drawings
        "frames_alone": ("(b, t * h * w)", "(b, t)"),
        "triangle": ("length**2", "(length * (length + 1) // 2)"),
    },
    "within a frame": {
        "one_frame_alone": ("(b * t, h * w)", "(b, h * w)"),
        # h b t w -> the published "spatial attention" whose sequence has time in it
        "time_flattened_too": ("(b * t, h * w)", "(b, t * h * w)"),
        "rows_alone": ("(b * t, h * w)", "(b * t * h, w)"),
    },
    "over time": {
        "one_pixel_alone": ("(b * h * w, t)", "(b, t)"),
        "time_and_space_exchanged": ("(b * h * w, t)", "(b * t, h * w)"),
    },
    "heads": {
        # published: the scores of one head
        "heads_forgotten": ("sequences * heads *", "sequences *"),
        "heads_divide": ("* heads *", "/ heads *"),
        "heads_squared": ("* heads *", "* heads**2 *"),
    },
    "clips": {
        "clips_forgotten": ("* length**2 * size", "* length**2 * size / b"),
        "clips_attend_to_one_another": ("* length**2 * size", "* length**2 * size * b"),
    },
    "bytes": {
        "numbers_not_bytes": (" * size", ""),
        "always_four": ("* size", "* 4 if size > 1 else sequences * heads * length**2"),
        "bits": ("* size", "* (8 * size if size > 1 else 1)"),
    },
}

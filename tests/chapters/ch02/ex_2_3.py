def by_trying(dim_in, dim_out, frames, side):
    """Widens until there would be too many weights."""
    full, width = frames * side * side * dim_in * dim_out, 1
    while (width + 1) * (side * side * dim_in + frames * dim_out) <= full:
        width += 1
    return float(width)


SECOND = by_trying

EACH = "(side**2 * dim_in + frames * dim_out)"

WRONG = {
    "as many out as in": {
        "side_not_squared": ("full = frames * side**2", "full = frames * side"),
        "time_kernel_forgotten": (EACH, "(side**2 * dim_in)"),
        "both_halves_multiplied": (EACH, "(side**2 * dim_in * frames * dim_out)"),
        "full_width": (f"return full // {EACH}", "return dim_out"),
    },
    "other widths": {
        "in_and_out_exchanged": (EACH, "(side**2 * dim_out + frames * dim_in)"),
        "only_one_width": (EACH, "(side**2 * dim_in + frames * dim_in)"),
    },
    "other kernels": {
        "depth_and_side_exchanged": (EACH, "(frames**2 * dim_in + side * dim_out)"),
        "a_cube_assumed": ("full = frames * side**2", "full = side**3"),
    },
    "rounded down": {
        "a_broken_number": ("full //", "full /"),
        "rounded_up": (f"full // {EACH}", f"-(-full // {EACH})"),
        "rounded_to_the_nearest": (f"full // {EACH}", f"round(full / {EACH} + 0.49)"),
    },
}

import torch


def by_frequencies(place, dim, slowest):
    """Each axis an outer product with its own speeds."""
    found = []
    for axis, pairs in zip(place, (dim // 8, 3 * dim // 16, 3 * dim // 16), strict=True):
        k = torch.arange(pairs, dtype=place.dtype)
        found.append(torch.einsum("...,k->...k", axis, torch.exp(-torch.log(torch.tensor(slowest)) * k / pairs)))
    return torch.cat(found, -1)


SECOND = by_frequencies

SHARES = "shares = (dim // 4, 3 * dim // 8, 3 * dim // 8)"
PARTS = "parts = [angles(axis, channels, slowest) for axis, channels in zip(place, shares, strict=True)]"

RIGHT = {
    "written_into_their_places": (
        PARTS,
        "parts = [place.new_empty(*place.shape[1:], dim // 2)]\n"
        "    for axis, i, channels in zip(place, (0, dim // 8, 5 * dim // 16), shares):\n"
        "        parts[0][..., i : i + channels // 2] = angles(axis, channels, slowest)",
    ),
}

WRONG = {
    "time's share": {
        "time_last": [
            (SHARES, "shares = (3 * dim // 8, 3 * dim // 8, dim // 4)"),
            ("zip(place,", "zip(place.flip(0),"),
        ],
        "equal_shares": (SHARES, "shares = (dim // 3 // 2 * 2, dim // 3 // 2 * 2, dim - 4 * (dim // 3 // 2))"),
        "slowest_not_heard": ("angles(axis, channels, slowest)", "angles(axis, channels)"),
        "sines": ("torch.cat(parts, dim=-1)", "torch.cat(parts, dim=-1).sin()"),
        "a_head_s_first_clocks": (
            "angles(axis, channels, slowest)",
            "angles(axis, dim, slowest)[..., : channels // 2]",
        ),
        "added": (PARTS, "parts = [sum(angles(axis, dim, slowest) for axis in place)]"),
        "half_for_time": (SHARES, "shares = (dim // 2, dim // 4, dim // 4)"),
    },
    "rows and columns": {
        "columns_before_rows": ("zip(place,", "zip(place[[0, 2, 1]],"),
        "rows_twice": ("zip(place,", "zip(place[[0, 1, 1]],"),
        # one set of clocks for the head, of which rows and columns get the slow ones
        "clocks_cut_out": (
            PARTS,
            "parts = [angles(axis, dim, slowest)[..., i : i + n // 2] for axis, i, n in zip(place, (0, dim // 8, 5 * dim // 16), shares)]\n"
            "    parts[0] = angles(place[0], dim // 4, slowest)",
        ),
        "counted_from_one": ("zip(place,", "zip(torch.cat([place[:1], (place[1:] - 1).clamp(min=0)]),"),
    },
    "all three": {
        "columns_count_on_from_frames": (
            "zip(place,",
            "zip(torch.stack([place[0], place[1], place[2] * (1 + place[0])]),",
        ),
        "rows_moved_by_frames": (
            "zip(place,",
            "zip(torch.stack([place[0], place[1] + place[0] * (place[1] > 0), place[2]]),",
        ),
    },
    "on a grid": {
        "joined_along_the_second_axis": ("dim=-1", "dim=1"),
        "channels_written_out": (SHARES, "shares = (8, 12, 12)"),
        "slowest_written_out": ("angles(axis, channels, slowest)", "angles(axis, channels, 100.0)"),
        "for_a_row_of_places_alone": (
            "angles(axis, channels, slowest)",
            "torch.outer(axis, slowest ** (-torch.arange(0, channels, 2) / channels))",
        ),
    },
}

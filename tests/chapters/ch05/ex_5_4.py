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

WRONG = {
    "time's share": {
        "time_last": [
            (SHARES, "shares = (3 * dim // 8, 3 * dim // 8, dim // 4)"),
            ("zip(place,", "zip(place.flip(0),"),
        ],
        "equal_shares": (SHARES, "shares = (dim // 3 // 2 * 2, dim // 3 // 2 * 2, dim - 4 * (dim // 3 // 2))"),
        "slowest_not_heard": ("angles(axis, channels, slowest)", "angles(axis, channels)"),
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
}

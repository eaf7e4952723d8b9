import torch


def place_by_place(x, size, shift):
    """Asks of each pair of places whether they lie in the same cell of a line that is cut at shift, shift + size, …"""
    b, n, c = x.shape
    windows = -(-n // size)
    rows = x.new_zeros(b, windows * size, c)
    cell = torch.full((windows * size,), 999)
    for to in range(windows * size):
        come_from = (to + shift) % (windows * size)
        if come_from < n:
            rows[:, to] = x[:, come_from]
            cell[to] = 0 if come_from < shift else 1 + (come_from - shift) // size
    cell = cell.reshape(windows, size)
    real = cell != 999
    visible = (cell[:, :, None] == cell[:, None, :]) & real[:, None, :]  # the padding sees nobody
    return rows.reshape(b, windows, size, c), visible


SECOND = place_by_place

ROWS = "rows = F.pad(x, (0, 0, 0, pad)).roll(-shift, 1)"
REGION = "region = F.pad((torch.arange(n) - shift) // size, (0, pad), value=-2).roll(-shift)"

WRONG = {
    "without a shift": {
        "strided": ('"b (m i) c -> b m i c"', '"b (i m) c -> b m i c"'),
        "nobody_sees_itself": (
            "region[:, :, None] == region[:, None, :]",
            "(region[:, :, None] == region[:, None, :]) & ~torch.eye(size, dtype=torch.bool)",
        ),
        "mask_inverted": ("region[:, :, None] ==", "region[:, :, None] !="),
    },
    "rolled": {
        "not_rolled": (ROWS, "rows = F.pad(x, (0, 0, 0, pad))"),
        "rolled_to_the_right": (ROWS, "rows = F.pad(x, (0, 0, 0, pad)).roll(shift, 1)"),
        "rolled_along_the_batch": (ROWS, "rows = F.pad(x, (0, 0, 0, pad)).roll(-shift, 0)"),
    },
    "first and last are apart": {
        "everybody_sees_everybody": (REGION, "region = torch.zeros(n + pad)"),
        "mask_of_the_unshifted_windows": (REGION, "region = torch.arange(n + pad) // size"),
        "mask_not_rolled": (REGION, "region = F.pad((torch.arange(n) - shift) // size, (0, pad), value=-2)"),
    },
    "padding unseen": {
        "padding_is_seen": (REGION, "region = ((torch.arange(n + pad) - shift) // size).roll(-shift)"),
        "padded_in_front": (ROWS, "rows = F.pad(x, (0, 0, pad, 0)).roll(-shift, 1)"),
        "the_rest_is_cut_off": (
            ROWS,
            "rows = F.pad(x[:, : n // size * size], (0, 0, 0, -n % size + n % size)).roll(-shift, 1)",
        ),
    },
    "padded, then rolled": {
        # https://github.com/huggingface/pytorch-image-models/issues/2438
        "padded_after_the_roll": (ROWS, "rows = F.pad(x.roll(-shift, 1), (0, 0, 0, pad))"),
        "both_padded_after_the_roll": [
            (ROWS, "rows = F.pad(x.roll(-shift, 1), (0, 0, 0, pad))"),
            (REGION, "region = F.pad(((torch.arange(n) - shift) // size).roll(-shift), (0, pad), value=-2)"),
        ],
    },
    "a number of its own": {
        "padding_has_the_first_run_s_number": ("value=-2", "value=-1"),
        "only_the_mask_padded_after_the_roll": (
            REGION,
            "region = F.pad(((torch.arange(n) - shift) // size).roll(-shift), (0, pad), value=-2)",
        ),
    },
}

import torch


def by_hand(frame, flow):
    """The four neighbours gathered and weighed, without grid_sample."""
    b, c, h, w = frame.shape
    x = (torch.arange(w) + flow[:, 0]).clamp(0, w - 1)
    y = (torch.arange(h)[:, None] + flow[:, 1]).clamp(0, h - 1)
    left, top = x.floor().clamp(max=w - 2), y.floor().clamp(max=h - 2)
    across, down = (x - left)[:, None], (y - top)[:, None]

    def at(row, column):
        place = (row * w + column).long().reshape(b, 1, h * w).expand(b, c, h * w)
        return frame.flatten(2).gather(2, place).reshape(b, c, h, w)

    upper = (1 - across) * at(top, left) + across * at(top, left + 1)
    lower = (1 - across) * at(top + 1, left) + across * at(top + 1, left + 1)
    return (1 - down) * upper + down * lower


SECOND = by_hand

GRID = "(2 * x + 1) / w - 1, (2 * y + 1) / h - 1"
SAMPLE = 'mode="bilinear", padding_mode="border", align_corners=False'

WRONG = {
    "no flow": {
        # published: corners in the grid's coordinates, half-pixels in grid_sample's (its default)
        "identity_moves_pixels": (GRID, "2 * x / (w - 1) - 1, 2 * y / (h - 1) - 1"),
        "corners_aligned": ("align_corners=False", "align_corners=True"),
        "from_zero_to_one": (GRID, "(x + 0.5) / w, (y + 0.5) / h"),
        "rows_first": (GRID, "(2 * y + 1) / h - 1, (2 * x + 1) / w - 1"),
        "half_pixel_forgotten": (GRID, "2 * x / w - 1, 2 * y / h - 1"),
    },
    "direction": {
        "against_the_flow": ("x + flow[:, 0], y + flow[:, 1]", "x - flow[:, 0], y - flow[:, 1]"),
        # published: flow in pixels given to a grid whose unit is half a picture
        "flow_not_in_the_grids_units": [
            ("x + flow[:, 0], y + flow[:, 1]", "x + 0 * flow[:, 0], y + 0 * flow[:, 1]"),
            ("dim=-1)", "dim=-1) + flow.movedim(1, -1)"),
        ],
        "components_exchanged": ("x + flow[:, 0], y + flow[:, 1]", "x + flow[:, 1], y + flow[:, 0]"),
        "in_shares_of_the_picture": ("x + flow[:, 0]", "x + flow[:, 0] / w"),
    },
    "down": {
        "y_upwards": ("y + flow[:, 1]", "y - flow[:, 1]"),
        "sideways_alone": ("y + flow[:, 1]", "y + 0 * flow[:, 1]"),
    },
    "between pixels": {
        "nearest_pixel": ('mode="bilinear"', 'mode="nearest"'),
        "flow_rounded": ("h, w = ", "flow = flow.round()\n    h, w = "),
    },
    "each pixel its own": {
        "mean_flow": ("h, w = ", "flow = flow.mean((2, 3), keepdim=True).expand_as(flow)\n    h, w = "),
        "first_frames_flow": ("h, w = ", "flow = flow[:1].expand_as(flow)\n    h, w = "),
    },
    "beyond the picture": {
        "black_outside": ('padding_mode="border", ', ""),
        "mirrored_outside": ('padding_mode="border"', 'padding_mode="reflection"'),
        "round_the_corner": ("grid = ", "x, y = x % w, y % h\n    grid = "),
    },
}

import torch


def pair_by_pair(table, frames):
    """Two loops over frames."""
    last = len(table) - 1
    rows = []
    for i in range(frames):
        rows.append(torch.stack([table[min(max(j - i + last // 2, 0), last)] for j in range(frames)], dim=1))
    return torch.stack(rows, dim=1)


SECOND = pair_by_pair

DISTANCE = "frame[None, :] - frame[:, None]"
CLAMPED = f"({DISTANCE}).clamp(-farthest, farthest)"

WRONG = {
    "a map a head": {"heads_last": (".movedim(-1, 0)", "")},
    "distance alone": {
        "heads_brought_forward_by_reshape": (".movedim(-1, 0)", ".reshape(-1, frames, frames)"),
        "sum_of_the_frames": (DISTANCE, "frame[None, :] + frame[:, None] - farthest"),
        "place_of_the_key_alone": (DISTANCE, "frame[None, :] + 0 * frame[:, None]"),
    },
    "itself": {
        "index_from_the_end": ("distance + farthest", "distance"),
        "off_by_one": ("distance + farthest", "(distance + farthest - 1).clamp(min=0)"),
    },
    "past and future": {
        "i_minus_j": (DISTANCE, "frame[:, None] - frame[None, :]"),
        "without_its_sign": ("(frame[None, :] - frame[:, None])", "(frame[None, :] - frame[:, None]).abs()"),
        "clamped_before_it_was_shifted": (
            "distance + farthest",
            "(frame[None, :] - frame[:, None] + farthest).clamp(0, farthest)",
        ),
    },
    "farther than the table": {
        "begins_again": (CLAMPED, f"({DISTANCE} + farthest) % len(table) - farthest"),
        "nothing_beyond": (
            "table[distance + farthest].movedim(-1, 0)",
            "(table[distance + farthest] * ((frame[None, :] - frame[:, None]).abs() <= farthest)[..., None]).movedim(-1, 0)",
        ),
    },
}

import torch
import torch.nn.functional as F


def by_grids(before, after, flow, back, tau):
    """Grids written out; places instead of ways, weights as numbers, and the sum of what is known divided by its weight."""
    h, w = before.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h, dtype=flow.dtype), torch.arange(w, dtype=flow.dtype), indexing="ij")
    here = torch.stack([x, y], dim=-1)

    def look_up(image, place):
        grid = (place + 0.5) * 2 / torch.tensor([w, h], dtype=flow.dtype) - 1
        return F.grid_sample(image, grid, padding_mode="border", align_corners=False)

    parts, weights = [], []
    for frame, motion, share in ((before, flow, tau), (after, back, 1 - tau)):
        place = here.expand(len(frame), -1, -1, -1)
        for _ in range(3):
            place = here - share * look_up(motion, place).movedim(1, -1)
        there = place + share * look_up(motion, place).movedim(1, -1)
        arrives = ((there - here).square().sum(-1) < 0.25)[:, None].to(frame)
        parts.append(look_up(frame, place))
        weights.append((1 - share) * (arrives + 1e-7))
    return (parts[0] * weights[0] + parts[1] * weights[1]) / (weights[0] + weights[1])


SECOND = by_grids

WAY = "way = -share * backward_warp(flow, way)"
BOTH = "(a * of_before + b * of_after) / (a + b)"
A, B = "(1 - tau) * (known_before | neither)", "tau * (known_after | neither)"
BEFORE, AFTER = "brought(before, flow, tau)", "brought(after, back, 1 - tau)"

WRONG = {
    "shape": {
        "both_frames": (BOTH, "torch.stack([of_before, of_after], dim=2)"),
        "frame_and_mask": (BOTH, f"torch.cat([{BOTH}, a], dim=1)"),
        "one_channel": (BOTH, f"({BOTH}).mean(1, keepdim=True)"),
    },
    "nothing moves": {
        "weights_exchanged": [(A, "tau * (known_before | neither)"), (B, "(1 - tau) * (known_after | neither)")],
        "half_of_each": [(A, "0.5 * (known_before | neither)"), (B, "0.5 * (known_after | neither)")],
        "sum_for_mean": (BOTH, "of_before + of_after"),
        "known_before_taken_first": (BOTH, "torch.where(known_before, of_before, of_after)"),
        "nearest_frame": (BOTH, "of_before if tau < 0.5 else of_after"),
    },
    "which way": {
        # frame t looked up along the flow t → t+1: a published mistake
        "forward_flow_in_a_backward_warp": (WAY, "way = share * backward_warp(flow, way)"),
        "rounds_added_up": (WAY, "way = way - share * backward_warp(flow, way)"),
        "arrives_by_the_whole_flow": ("(way + share * backward_warp(flow, way))", "(way + backward_warp(flow, way))"),
        "the_whole_way": (BEFORE, "brought(before, flow, 1)"),
        "no_warp": (BEFORE, "(before, torch.ones_like(before[:, :1], dtype=torch.bool))"),
        "shares_exchanged": [(BEFORE, "brought(before, flow, 1 - tau)"), (AFTER, "brought(after, back, tau)")],
        "x_and_y_exchanged": (WAY, "way = -share * backward_warp(flow, way).flip(1)"),
        "cross_fade": (BOTH, "(1 - tau) * before + tau * after"),
    },
    "the other side": {
        # −v taken for the inverse flow: a published mistake
        "minus_flow_for_back": (AFTER, "brought(after, -flow, 1 - tau)"),
        "same_flow_twice": (AFTER, "brought(after, flow, 1 - tau)"),
        "tau_for_both": (AFTER, "brought(after, back, tau)"),
        "after_not_moved": (AFTER, "(after, torch.ones_like(after[:, :1], dtype=torch.bool))"),
    },
    "a flow that changes": {
        "read_where_it_is_now": (WAY, "way = -share * flow"),
        "one_round": ("range(3)", "range(1)"),
        "whole_way_looked_up": (WAY, "way = -share * backward_warp(flow, way / max(share, 1e-9))"),
        "seven_rounds": ("range(3)", "range(7)"),
    },
    "hidden before": {
        "nothing_hidden": ("missed < 0.5", "missed < torch.inf"),
        "hidden_for_the_other": [(A, "(1 - tau) * (known_after | neither)"), (B, "tau * (known_before | neither)")],
        "darkened": (BOTH, "a * of_before + b * of_after"),
        "before_always_known": (A, "(1 - tau) * torch.ones_like(known_before)"),
    },
    "hidden after": {
        "after_always_known": (B, "tau * torch.ones_like(known_after)"),
    },
    "hidden in both": {
        "nothing_by_nothing": [(A, "(1 - tau) * known_before"), (B, "tau * known_after")],
        "black_where_unknown": [
            (A, "(1 - tau) * known_before"),
            (B, "tau * known_after"),
            ("/ (a + b)", "/ (a + b).clamp(min=1e-6) - 1.0 * neither"),
        ],
        "half_of_each_where_unknown": (BOTH, f"torch.where(neither, (of_before + of_after) / 2, {BOTH})"),
        "zero_where_unknown": (BOTH, f"torch.where(neither, torch.zeros_like(of_before), {BOTH})"),
        "not_moved_where_unknown": (BOTH, f"torch.where(neither, (1 - tau) * before + tau * after, {BOTH})"),
    },
    "rough flow": {
        "largest_component": (".norm(dim=1, keepdim=True)", ".abs().amax(1, keepdim=True)"),
        "taxicab_length": (".norm(dim=1, keepdim=True)", ".abs().sum(1, keepdim=True)"),
        "squared_length": (".norm(dim=1, keepdim=True)", ".square().sum(1, keepdim=True)"),
        "miss_of_the_round_before": [
            ("for _ in range(3):", "for _ in range(3):\n            earlier = way"),
            ("(way + share * backward_warp(flow, way))", "(way - earlier)"),
        ],
        "a_quarter": ("missed < 0.5", "missed < 0.25"),
        "two_pixels_of_slack": ("missed < 0.5", "missed < 2"),
        "a_whole_pixel": ("missed < 0.5", "missed < 1"),
        "sideways_alone": (".norm(dim=1, keepdim=True)", "[:, :1].abs()"),
    },
}

import torch
from scipy import ndimage


def pixel_by_pixel(flow, backward_flow):
    """Each pair in NumPy: the way back looked up by scipy, the differences taken pixel after pixel."""
    masks = []
    for w, back in zip(flow.double().numpy(), backward_flow.double().numpy(), strict=True):
        height, width = w.shape[1:]
        mask = torch.zeros(height, width, dtype=torch.bool)
        for y in range(height):
            for x in range(width):
                place = [[y + w[1, y, x]], [x + w[0, y, x]]]
                there = [ndimage.map_coordinates(part, place, order=1, mode="nearest")[0] for part in back]
                here = w[:, y, x]
                miss = (here[0] + there[0]) ** 2 + (here[1] + there[1]) ** 2
                allowed = 0.01 * (here @ here + there[0] ** 2 + there[1] ** 2) + 0.5
                steps = [w[:, y + 1, x] - here] if y + 1 < height else []
                steps += [w[:, y, x + 1] - here] if x + 1 < width else []
                bend = sum(step @ step for step in steps)
                mask[y, x] = bool(miss <= allowed and bend <= 0.01 * (here @ here) + 0.002)
        masks.append(mask)
    return torch.stack(masks)


SECOND = pixel_by_pixel

BACK = "backward_warp(backward_flow, flow)"
HIDDEN = "(flow + back).square().sum(1) > 0.01 * (lengths + back.square().sum(1)) + 0.5"
EDGE = "down.square().sum(1) + right.square().sum(1) > 0.01 * lengths + 0.002"

WRONG = {
    "nothing moves": {
        "hidden_for_seen": ("~(hidden | edge)", "(hidden | edge)"),
        "strictly_smaller": ("~(hidden | edge)", "((flow + back).square().sum(1) < 0.01 * lengths) & ~edge"),
        "one_number_a_pair": ("~(hidden | edge)", "~(hidden | edge).flatten(1).any(1)"),
        # numbers pick no pixels: `off[mask]` fails, and `~mask` too
        "numbers_for_truths": ("~(hidden | edge)", "(~(hidden | edge)).float()"),
    },
    "there and back": {
        # published: |w − ŵ|
        "without_the_sign": ("(flow + back)", "(flow - back)"),
        "neither_sum_nor_difference": ("(flow + back)", "back"),
    },
    "lost": {
        "nothing_is_hidden": ("~(hidden | edge)", "~edge"),
        "both_at_once": ("(hidden | edge)", "(hidden & edge)"),
        "lengths_compared": ("(flow + back).square().sum(1)", "(flow.norm(dim=1) - back.norm(dim=1)).square() / 100"),
        "hidden_in_any_pair": ("~(hidden | edge)", "~(hidden.any(0) | edge)"),
    },
    "where it leads": {
        # published: no warp
        "without_a_warp": (BACK, "backward_flow"),
        "along_itself": (BACK, "backward_warp(backward_flow, backward_flow)"),
        "against_the_flow": (BACK, "backward_warp(backward_flow, -flow)"),
    },
    "allowance at rest": {
        "not_squared": ("(flow + back).square().sum(1)", "(flow + back).norm(dim=1)"),
        "a_whole_pixel": ("+ 0.5", "+ 1.0"),
        "mean_of_the_components": ("(flow + back).square().sum(1)", "(flow + back).square().mean(1)"),
    },
    "allowance in motion": {
        "no_allowance_for_speed": ("0.01 * (lengths + back.square().sum(1)) + 0.5", "0.5"),
        "way_back_forgotten": ("(lengths + back.square().sum(1))", "lengths"),
        "generous": ("0.01 * (lengths", "0.1 * (lengths"),
    },
    "edge from left to right": {
        "no_edges": ("~(hidden | edge)", "~hidden"),
        "downwards_alone": (EDGE, EDGE.replace(" + right.square().sum(1)", "")),
        "column_after_the_edge": ("F.pad(flow.diff(dim=3), (0, 1))", "F.pad(flow.diff(dim=3), (1, 0))"),
        "sideways_motion_alone": (
            EDGE,
            "down[:, 0].square() + right[:, 0].square() > 0.01 * lengths + 0.002",
        ),
    },
    "edge from top to bottom": {
        "sideways_alone": (EDGE, EDGE.replace("down.square().sum(1) + ", "")),
        "row_after_the_edge": ("F.pad(flow.diff(dim=2), (0, 0, 0, 1))", "F.pad(flow.diff(dim=2), (0, 0, 1, 0))"),
    },
    "how sharp an edge": {
        "any_change": ("> 0.01 * lengths + 0.002", "> 0.002"),
        "gradient_not_squared": (EDGE, f"({EDGE.split(' > ')[0]}).sqrt() > 0.01 * lengths + 0.002"),
        "threshold_of_the_other_test": ("0.01 * lengths + 0.002", "0.01 * lengths + 0.5"),
    },
    "both ways at once": {
        "larger_of_the_two": (
            "down.square().sum(1) + right.square().sum(1)",
            "torch.maximum(down.square().sum(1), right.square().sum(1))",
        ),
        "component_by_component": (EDGE, "(down.square() + right.square()).amax(1) > 0.01 * lengths + 0.002"),
        "either_of_the_two": (
            EDGE,
            "(down.square().sum(1) > 0.01 * lengths + 0.002) | (right.square().sum(1) > 0.01 * lengths + 0.002)",
        ),
    },
}

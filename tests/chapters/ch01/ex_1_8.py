import numpy as np
import torch


def by_normal_equations(flow, weight):
    """(Cᵀ W C)⁻¹ Cᵀ W w with pixels counted from the corner, one clip after the other, in NumPy."""
    fitted = np.empty(flow.shape)
    y, x = np.mgrid[: flow.shape[2], : flow.shape[3]]
    columns = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], 1)
    for i, (w, field) in enumerate(zip(weight.double().numpy(), flow.double().numpy(), strict=True)):
        weighed = columns * w.reshape(-1, 1)
        numbers = np.linalg.solve(columns.T @ weighed, weighed.T @ field.reshape(2, -1).T)
        fitted[i] = (columns @ numbers).T.reshape(field.shape)
    return torch.from_numpy(fitted).to(flow)


SECOND = by_normal_equations

COLUMNS = "torch.stack([torch.ones(h, w), x, y], dim=-1)"
SOLVE = "torch.linalg.lstsq(root * columns, root * flow.flatten(2).mT).solution"
RESULT = "(columns @ numbers).mT.unflatten(2, (h, w))"

WRONG = {
    "shape": {
        "six_numbers": (RESULT, "numbers.mT"),
        "flow_last": (RESULT, "(columns @ numbers).unflatten(1, (h, w))"),
        "local_motion_s_length": (RESULT, f"(flow - {RESULT}).norm(dim=1)"),
    },
    "a shift": {
        "no_constant": (COLUMNS, "torch.stack([x, y], dim=-1)"),
        "local_motion": (RESULT, f"flow - {RESULT}"),
        "one_fit_for_the_batch": (SOLVE, f"{SOLVE}.mean(0, keepdim=True).expand(len(flow), -1, -1)"),
        "u_for_both": (RESULT, f"({RESULT})[:, :1].expand(-1, 2, -1, -1)"),
        "reshaped_without_a_transpose": (RESULT, "(columns @ numbers).reshape(flow.shape)"),
        "x_and_y_exchanged": (RESULT, f"({RESULT}).flip(1)"),
    },
    "a zoom and a turn": {
        "shift_alone": (COLUMNS, "torch.ones(h, w, 1)"),
        "x_alone": (COLUMNS, "torch.stack([torch.ones(h, w), x], dim=-1)"),
        "zoom_without_turn": (
            RESULT,
            "(torch.stack([columns[:, :2] @ numbers[:, :2, 0, None], columns[:, ::2] @ numbers[:, ::2, 1, None]], 1)[..., 0]).unflatten(2, (h, w))",
        ),
        "mean_slope": (COLUMNS, "torch.stack([torch.ones(h, w), x + y], dim=-1)"),
    },
    "noise": {
        "quadratic": (COLUMNS, "torch.stack([torch.ones(h, w), x, y, x * y, x * x, y * y], dim=-1)"),
        "flow_itself": (RESULT, "flow.clone()"),
        "some_pixels": (
            SOLVE,
            "torch.linalg.lstsq((root * columns)[:, ::2], (root * flow.flatten(2).mT)[:, ::2]).solution",
        ),
        "product_of_x_and_y": (COLUMNS, "torch.stack([torch.ones(h, w), x, y, x * y], dim=-1)"),
    },
    "somebody moves": {
        "weights_forgotten": ("weight.flatten(1).sqrt()[..., None]", "torch.ones_like(weight).flatten(1)[..., None]"),
        # the flow without that place, the columns with it: as if it stood still
        "flow_alone_weighed": ("root * columns,", "columns.expand(len(flow), -1, -1),"),
        "field_of_weighed_columns": (RESULT, "((root * columns) @ numbers).mT.unflatten(2, (h, w))"),
        "weights_turned_round": ("weight.flatten(1)", "(2 - weight).flatten(1)"),
    },
    "how much a pixel counts": {
        "weight_squared": (".sqrt()", ""),
        "columns_alone_weighed": ("root * flow.flatten(2).mT", "flow.flatten(2).mT"),
        "fourth_root": (".sqrt()", ".sqrt().sqrt()"),
        "counted_or_not": (".sqrt()", ".gt(0).to(flow)"),
        "half_or_more": (".sqrt()", ".gt(0.5).to(flow)"),
    },
}

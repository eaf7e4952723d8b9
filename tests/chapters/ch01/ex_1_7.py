import numpy as np
import torch


def pixel_by_pixel(dx, dy, dt, window=5, ridge=1e-3):
    """Least squares with two more equations, √ridge · u = 0 and √ridge · v = 0, at one pixel after the other."""
    n, h, w = dx.shape
    flow, r = np.zeros((n, 2, h, w)), window // 2
    a, b, c = (part.double().numpy() for part in (dx, dy, dt))
    for i, y, x in np.ndindex(n, h, w):
        near = i, slice(max(0, y - r), y + r + 1), slice(max(0, x - r), x + r + 1)
        rows = np.stack([a[near].ravel(), b[near].ravel()], 1)
        rows = np.concatenate([rows, ridge**0.5 * np.eye(2)])
        flow[i, :, y, x] = np.linalg.lstsq(rows, np.append(-c[near].ravel(), [0, 0]), rcond=None)[0]
    return torch.from_numpy(flow).to(dt)


SECOND = pixel_by_pixel

SUMS = "F.avg_pool2d(products[:, None], window, stride=1, padding=window // 2)[:, 0] * window**2"
XX, YY = "around(dx * dx) + ridge", "around(dy * dy) + ridge"
SOLVED = "u, v = xy * yt - yy * xt, xy * xt - xx * yt"
FLOW = "torch.stack([u, v], dim=1) / (xx * yy - xy**2)[:, None]"

WRONG = {
    "shape": {
        "components_last": (FLOW, f"({FLOW}).movedim(1, -1)"),
        "length_alone": (FLOW, f"({FLOW}).norm(dim=1)"),
        "one_motion_for_the_picture": (FLOW, f"({FLOW}).mean((2, 3))"),
    },
    "nothing seen": {
        "no_ridge": [(XX, "around(dx * dx)"), (YY, "around(dy * dy)")],
        # the average of those around it, where nothing is seen
        "filled_in": (FLOW, f"({FLOW}) + 0.01"),
        "ridge_everywhere": ("around(dx * dy)", "around(dx * dy) + ridge"),
    },
    "across an upright edge": {
        "minus_forgotten": (SOLVED, "u, v = yy * xt - xy * yt, xx * yt - xy * xt"),
        "ridge_on_the_determinant": [
            (XX, "around(dx * dx)"),
            (YY, "around(dy * dy)"),
            ("(xx * yy - xy**2)", "(xx * yy - xy**2 + ridge)"),
        ],
        "ridge_squared": [(XX, "around(dx * dx) + ridge**2"), (YY, "around(dy * dy) + ridge**2")],
        "channels_exchanged": ("[u, v]", "[v, u]"),
        "x_s_products": ("around(dy * dt)", "around(dx * dt)"),
        "window_not_used": (
            SUMS,
            "F.avg_pool2d(products[:, None], 5, stride=1, padding=2)[:, 0] * 25",
        ),
        "default_ridge": [(XX, "around(dx * dx) + 1e-3"), (YY, "around(dy * dy) + 1e-3")],
        "ridge_of_its_own": [(XX, "around(dx * dx) + 1e-6"), (YY, "around(dy * dy) + 1e-6")],
    },
    "across a level edge": {
        "ridge_for_u_alone": (YY, "around(dy * dy) + 1e-9"),
        "up_for_down": ("[u, v]", "[u, -v]"),
    },
    "both at once": {
        "x_and_y_apart": (SOLVED, "u, v = -yy * xt, -xx * yt"),
        "sign_off_the_diagonal": (SOLVED, "u, v = -xy * yt - yy * xt, -xy * xt - xx * yt"),
        "determinant_of_a_sum": ("(xx * yy - xy**2)", "(xx * yy + xy**2)"),
    },
    "window": {
        "mean_for_sum": (" * window**2", ""),
        "pixel_by_pixel": (SUMS, "products"),
        "ridge_before_the_sum": [(XX, "around(dx * dx + ridge)"), (YY, "around(dy * dy + ridge)")],
        "solved_then_averaged": [(SUMS, "products"), (FLOW, f"F.avg_pool2d({FLOW}, window, 1, window // 2)")],
        "gradients_averaged_first": [
            (SUMS, "products * window**2"),
            (
                "xx, xy, yy =",
                "dx, dy, dt = (F.avg_pool2d(part[:, None], window, 1, window // 2)[:, 0] for part in (dx, dy, dt))\n    xx, xy, yy =",
            ),
        ],
        # across the gradient, and no window: the answer to a window of one pixel
        "normal_flow": (FLOW, "torch.stack([-dx * dt, -dy * dt], dim=1) / (dx * dx + dy * dy + ridge)[:, None]"),
        "largest_for_sum": (
            "F.avg_pool2d(products[:, None], window, stride=1, padding=window // 2)[:, 0] * window**2",
            "F.max_pool2d(products[:, None], window, stride=1, padding=window // 2)[:, 0]",
        ),
    },
    "at the border": {
        "border_repeated": (
            "products[:, None], window, stride=1, padding=window // 2)",
            "F.pad(products[:, None], (window // 2,) * 4, mode='replicate'), window, stride=1)",
        ),
        "mirrored": (
            "products[:, None], window, stride=1, padding=window // 2)",
            "F.pad(products[:, None], (window // 2,) * 4, mode='reflect'), window, stride=1)",
        ),
        "mean_of_what_is_there": ("padding=window // 2)", "padding=window // 2, count_include_pad=False)"),
        "wrapped": (
            "products[:, None], window, stride=1, padding=window // 2)",
            "F.pad(products[:, None], (window // 2,) * 4, mode='circular'), window, stride=1)",
        ),
    },
}

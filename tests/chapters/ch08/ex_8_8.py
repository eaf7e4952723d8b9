import numpy as np


def frame_by_frame(features, flow):
    """Cosines and lengths written out, one clip after the other, in NumPy."""
    consistency, degree = [], []
    for rows, pairs in zip(features.numpy(), flow.numpy(), strict=True):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        pairwise = [max(rows[i] @ rows[j], 0) for i in range(1, len(rows)) for j in (i - 1, 0)]
        consistency.append(np.mean(pairwise))
        lengths = np.sort(np.hypot(pairs[:, 0], pairs[:, 1]).reshape(len(pairs), -1), axis=1)
        degree.append(lengths[:, -max(1, int(0.05 * lengths.shape[1])) :].mean())
    return np.array(consistency), np.array(degree)


SECOND = frame_by_frame

BEFORE = "F.cosine_similarity(later, features[:, :-1], dim=-1)"
FIRST = "F.cosine_similarity(later, features[:, :1], dim=-1)"
TABLE = "F.cosine_similarity(features[:, None], features[:, :, None], dim=-1).clamp(min=0)"
CONSISTENCY = "((before + first) / 2).mean(1)"
DEGREE = "fastest.mean((1, 2))"
LENGTH = "flow.norm(dim=2)"


def without_the_clamp(instead=""):
    return [(f"{cosine}.clamp(min=0)", f"{cosine}{instead}") for cosine in (BEFORE, FIRST)]


WRONG = {
    "two numbers a clip": {
        "one_number_for_all": [(CONSISTENCY, "((before + first) / 2).mean()"), (DEGREE, "fastest.mean()")],
        "one_number_a_frame": [(CONSISTENCY, "(before + first) / 2"), (DEGREE, "fastest.mean(2)")],
        "consistency_alone": (f", {DEGREE}", ""),
    },
    "two frames": {
        "dot_product": [
            (f"{BEFORE}.clamp(min=0)", "(later * features[:, :-1]).sum(2)"),
            (f"{FIRST}.clamp(min=0)", "(later * features[:, :1]).sum(2)"),
        ],
        # every frame against the first, which agrees with itself
        "itself_included": [
            (FIRST, "F.cosine_similarity(features, features[:, :1], dim=-1)"),
            (CONSISTENCY, "(before.mean(1) + first.mean(1)) / 2"),
        ],
        # torch.roll: the first frame follows the last
        "rolled": [("later = features[:, 1:]", "later = features"), ("features[:, :-1]", "features.roll(1, 1)")],
        # the cosine along the wrong axis, of a feature's course with that of its neighbour
        "over_time": [("features[:, :-1], dim=-1", "features[:, :-1], dim=1"), (CONSISTENCY, "before.mean(1)")],
        "whole_table_of_cosines": (CONSISTENCY, f"{TABLE}.mean((1, 2))"),
        "degree_first": (f"{CONSISTENCY}, {DEGREE}", f"{DEGREE}, {CONSISTENCY}"),
        "distance_for_likeness": (CONSISTENCY, f"1 - {CONSISTENCY}"),
        "summed_not_averaged": (CONSISTENCY, "(before + first).mean(1)"),
    },
    "before and first": {
        "before_alone": (CONSISTENCY, "before.mean(1)"),
        "first_alone": (CONSISTENCY, "first.mean(1)"),
        "all_other_frames": (
            CONSISTENCY,
            f"({TABLE}.sum((1, 2)) - features.shape[1]) / (features.shape[1] * (features.shape[1] - 1))",
        ),
    },
    "opposites": {
        "negatives_kept": without_the_clamp(),
        "clamped_after_the_mean": [*without_the_clamp(), (CONSISTENCY, "((before + first) / 2).clamp(min=0).mean(1)")],
        "absolute_cosines": without_the_clamp(".abs()"),
    },
    "length": {
        "taxicab_length": (LENGTH, "flow.abs().sum(2)"),
        "squared_length": (LENGTH, "flow.square().sum(2)"),
        "mean_of_the_components": (LENGTH, "flow.abs().mean(2)"),
        "sideways_alone": (LENGTH, "flow[:, :, 0].abs()"),
        "signed_motion": (LENGTH, "flow.sum(2)"),
        "share_of_the_picture": (DEGREE, f"{DEGREE} / flow.shape[-1]"),
    },
    "fastest": {
        "mean_over_pixels": (DEGREE, "length.mean((1, 2))"),
        "median_over_pixels": (DEGREE, "length.median(2).values.mean(1)"),
        "fastest_pixel": (DEGREE, "length.amax(2).mean(1)"),
        # where the fastest 5 % begin
        "quantile_for_mean": (DEGREE, "torch.quantile(length, 0.95, dim=2).mean(1)"),
        "half_of_them": ("// 20", "// 2"),
    },
    "pair by pair": {
        "pooled_over_pairs": (f"{LENGTH}.flatten(2)", f"{LENGTH}.flatten(1)[:, None]"),
        "fastest_pair": (DEGREE, "fastest.mean(2).amax(1)"),
        # the mean flow over time, in which coming and going cancel; with one flow throughout it is the same
        "net_motion": (LENGTH, "flow.mean(1, keepdim=True).norm(dim=2)"),
    },
    "other sizes": {
        "ten_pixels": ("max(1, length.shape[-1] // 20)", "10"),
    },
}

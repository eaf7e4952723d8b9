import numpy as np
import torch


def film_by_film(video, ratio=3.0, least=0.05):
    """Written out, pair by pair, in NumPy."""
    levels = (video.double().numpy() + 1) / 2
    found = np.zeros((len(levels), levels.shape[2] - 1), bool)
    for film, frames in enumerate(levels):
        steps = [np.abs(frames[:, i + 1] - frames[:, i]).mean() for i in range(frames.shape[1] - 1)]
        for i, step in enumerate(steps):
            near = [steps[j] for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < len(steps)]
            found[film, i] = step > least and step > ratio * np.mean(near)
    return torch.from_numpy(found)


SECOND = film_by_film

DIFFERENCE = "(video[:, :, 1:] - video[:, :, :-1]).abs().mean((1, 3, 4)) / 2"
RESULT = "(difference > least) & (difference > ratio * total / many.clamp(min=1))"
PLACES = "for i in (0, 1, 3, 4)"

WRONG = {
    "shape": {
        "one_answer_a_clip": (RESULT, f"({RESULT}).any(1)"),
        "one_answer_a_frame": (RESULT, f"F.pad({RESULT}, (1, 0))"),
        "places_of_the_cuts": (RESULT, f"({RESULT}).nonzero()"),
    },
    "one cut": {
        # numbers: `~cuts` is none, and `cuts | others` fails
        "numbers_for_truths": (RESULT, f"({RESULT}).float()"),
        "all_but_cuts": (RESULT, f"~({RESULT})"),
        "the_pair_after": (RESULT, f"({RESULT}).roll(1, 1)"),
        "largest_always": (RESULT, "difference == difference.amax(1, keepdim=True)"),
        "across_the_batch": ("mean((1, 3, 4)) / 2", "mean((0, 1, 3, 4)).expand(len(video), -1) / 2"),
    },
    "lighter here, darker there": {
        "signs_cancel": (DIFFERENCE, "(video[:, :, 1:] - video[:, :, :-1]).mean((1, 3, 4)).abs() / 2"),
        "brightness_alone": (DIFFERENCE, "video.mean((1, 3, 4)).diff(dim=1).abs() / 2"),
    },
    "one colour for another": {
        "grey_first": (DIFFERENCE, "video.mean(1).diff(dim=1).abs().mean((2, 3)) / 2"),
        "first_channel": (DIFFERENCE, "video[:, :1].diff(dim=2).abs().mean((1, 3, 4)) / 2 * (video.shape[1] == 1)"),
    },
    "quick camera": {
        "one_threshold": (RESULT, "difference > least"),
        "against_the_film_s_mean": (
            RESULT,
            "(difference > least) & (difference > 2 * difference.mean(1, keepdim=True))",
        ),
        "either_condition": (RESULT, RESULT.replace(" & ", " | ")),
        "against_the_sum": ("ratio * total / many.clamp(min=1)", "ratio * total"),
    },
    "a grain of change": {
        "ratio_alone": (RESULT, "difference > ratio * total / many.clamp(min=1)"),
        "least_of_the_wrong_scale": ("least)", "least / 2)"),
        "scale_of_the_video": (DIFFERENCE, DIFFERENCE.removesuffix(" / 2")),
    },
    "a corner that changes": {
        "root_of_the_mean_square": (DIFFERENCE, "video.diff(dim=2).square().mean((1, 3, 4)).sqrt() / 2"),
        "mean_square": (DIFFERENCE, "(video.diff(dim=2) / 2).square().mean((1, 3, 4))"),
        "largest_change": (DIFFERENCE, "video.diff(dim=2).abs().amax((1, 3, 4)) / 2"),
    },
    "just below, just above": {
        "itself_counted": (PLACES, "for i in (0, 1, 2, 3, 4)"),
        "at_least_half_of_the_ratio": ("ratio * total", "ratio / 2 * total"),
    },
    "two on either side": {
        "one_on_either_side": (PLACES, "for i in (1, 3)"),
        "two_before": (PLACES, "for i in (0, 1)"),
        "the_outer_two": (PLACES, "for i in (0, 4)"),
    },
    "at the ends": {
        "always_by_four": ("many.clamp(min=1)", "4"),
        "wrapped": (
            "padded = F.pad(difference, (2, 2))",
            "padded = F.pad(difference[:, None], (2, 2), mode='circular')[:, 0]",
        ),
        "ends_left_out": (RESULT, f"F.pad(({RESULT})[:, 1:-1], (1, 1))"),
    },
    "other bounds": {
        "ratio_not_used": ("ratio * total", "3 * total"),
        "least_not_used": ("difference > least", "difference > 0.05"),
        "neither_used": [("ratio * total", "3 * total"), ("difference > least", "difference > 0.05")],
    },
}

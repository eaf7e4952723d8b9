import torch

C1, C2 = 0.01**2, 0.03**2


def bell(side=11, sigma=1.5):
    at = torch.arange(side) - side // 2
    weight = torch.exp(-(at**2) / (2 * sigma**2))
    return torch.outer(weight, weight) / weight.sum() ** 2


def window_by_window(a, b):
    """All windows cut out and laid side by side, in single precision, with deviations from the mean."""
    weight = bell()
    values = []
    for one, two in zip(a, b, strict=True):
        x, y = (((clip + 1) / 2).unfold(2, 11, 1).unfold(3, 11, 1) for clip in (one, two))
        mean_x, mean_y = ((part * weight).sum((-2, -1), keepdim=True) for part in (x, y))
        var_x, var_y = ((part.sub(mean).square() * weight).sum((-2, -1)) for part, mean in ((x, mean_x), (y, mean_y)))
        cov = ((x - mean_x) * (y - mean_y) * weight).sum((-2, -1))
        mean_x, mean_y = mean_x[..., 0, 0], mean_y[..., 0, 0]
        light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
        values.append((light * (2 * cov + C2) / (var_x + var_y + C2)).mean())
    return torch.stack(values)


SECOND = window_by_window

PICTURES = 'rearrange((clip.double() + 1) / 2, "b c t h w -> (b c t) 1 h w")'
BELL = "torch.exp(-((torch.arange(11).double() - 5) ** 2) / (2 * 1.5**2))"
KERNEL = "torch.outer(bell, bell)[None, None] / bell.sum() ** 2"
STRUCTURE = "(2 * cov + 0.03**2) / (var_x + var_y + 0.03**2)"
MEAN = 'rearrange(brightness * structure, "(b k) 1 h w -> b (k h w)", b=len(a)).mean(1)'
SAMPLE = "(2 * {0} * cov + 0.03**2) / ({0} * (var_x + var_y) + 0.03**2)"
"""Moments times a factor, as N / (N − 1)."""


def constants(c1, c2):
    """Others than 0.01² and 0.03²."""
    return [
        ("* mean_y + 0.01**2", f"* mean_y + {c1}"),
        ("mean_y**2 + 0.01**2", f"mean_y**2 + {c1}"),
        (STRUCTURE, STRUCTURE.replace("0.03**2", c2)),
    ]


WRONG = {
    "equal clips": {
        "dissimilarity": ("brightness * structure", "(1 - brightness * structure) / 2"),
        "one_number_for_the_batch": (MEAN, "(brightness * structure).mean()"),
        "one_number_a_frame": (
            MEAN,
            'rearrange(brightness * structure, "(b c t) 1 h w -> b t (c h w)", b=len(a), t=a.shape[2]).mean(2)',
        ),
        "cosine": (MEAN, "F.cosine_similarity(a.flatten(1), -b.flatten(1))"),
    },
    "even pictures": {
        "left_in_minus_one_to_one": [("(clip.double() + 1) / 2", "clip.double()"), *constants("0.02**2", "0.06**2")],
        "constants_of_bytes": constants("2.55**2", "7.65**2"),
        # levels from 0 to 1 with the constants of a range of 2
        "constants_of_the_wider_range": constants("0.02**2", "0.06**2"),
        "constants_not_squared": constants("0.01", "0.03"),
        "padded_with_black": (PICTURES, f"F.pad({PICTURES}, [5] * 4)"),
        "brightness_forgotten": ("brightness * structure", "structure"),
        # levels from 0 to 255, as files hold them: dark ones and faint contrast suffer
        "rounded_to_bytes": ("(clip.double() + 1) / 2", "((clip + 1) * 127.5).byte().double() / 255"),
    },
    "one window": {
        "equal_weights": (BELL, "torch.ones(11).double()"),
        # scikit-image's default: 7×7, equal weights, moments divided by N − 1
        "smaller_window": [(BELL, "torch.ones(7).double()"), (STRUCTURE, SAMPLE.format("49 / 48"))],
        "wider_bell": ("1.5**2", "2.5**2"),
        "sigma_for_its_square": ("1.5**2", "1.5"),
        # at equal pictures it is made up for by a product of deviations below
        "factor_two_forgotten": (
            STRUCTURE,
            "(cov + 0.03**2 / 2) / ((var_x * var_y).clamp(min=0).sqrt() + 0.03**2 / 2)",
        ),
        "whole_picture_as_window": (KERNEL, "torch.full((1, 1, *a.shape[-2:]), 1 / a[0, 0, 0].numel()).double()"),
    },
    "faint contrast": {"sample_covariance": (STRUCTURE, SAMPLE.format("121 / 120"))},
    "every picture by itself": {
        # as torchmetrics: windows over the edge see the picture mirrored, and everything is averaged
        "borders_repeated": (PICTURES, f'F.pad({PICTURES}, [5 * (min(a.shape[-2:]) > 14)] * 4, mode="reflect")'),
        "of_the_mean_colour": ("in (a, b)", "in (a.mean(1, keepdim=True), b.mean(1, keepdim=True))"),
        "of_the_mean_frame": ("in (a, b)", "in (a.mean(2, keepdim=True), b.mean(2, keepdim=True))"),
        "first_channel_alone": ("in (a, b)", "in (a[:, :1], b[:, :1])"),
        "quotient_of_means": (
            MEAN,
            "((2 * mean_x * mean_y + 0.01**2) * (2 * cov + 0.03**2)).reshape(len(a), -1).mean(1)"
            " / ((mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2)).reshape(len(a), -1).mean(1)",
        ),
    },
}

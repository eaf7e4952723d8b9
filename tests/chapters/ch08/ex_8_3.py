import torch
import torch.nn.functional as F
from einops import einsum


def from_cosines(features_a, features_b, weights):
    """Lengths divided out by F.normalize, and (f − g)² written as f² − 2 f g + g²."""
    layers = []
    for f, g, weight in zip(features_a, features_b, weights, strict=True):
        f, g = F.normalize(f.double(), dim=1), F.normalize(g.double(), dim=1)
        of_place = [einsum(x, y, weight.double(), "n c h w, n c h w, c -> n h w") for x, y in ((f, f), (f, g), (g, g))]
        layers.append((of_place[0] - 2 * of_place[1] + of_place[2]).flatten(1).mean(1))
    return torch.stack(layers).sum(0)


SECOND = from_cosines

LENGTH = "x.norm(dim=1, keepdim=True)"
WEIGHED = " * weight[:, None, None]"
OF_LAYER = "difference.sum(1).mean((1, 2))"

WRONG = {
    "one number a picture": {
        "mean_over_pictures": ("mean((1, 2))", "mean()"),
        "a_number_a_place": (".mean((1, 2))", ""),
    },
    "lengths unseen": {
        "lengths_kept": (f"x / ({LENGTH} + 1e-10)", "x"),
        "normalised_over_places": (LENGTH, "x.norm(dim=(2, 3), keepdim=True)"),
        "normalised_as_a_whole": (LENGTH, "x.flatten(1).norm(dim=1)[:, None, None, None]"),
    },
    "one layer": {
        "sum_for_length": (LENGTH, "x.sum(1, keepdim=True)"),
        "weights_squared": (WEIGHED, f"{WEIGHED} ** 2"),
        "weights_forgotten": (WEIGHED, ""),
        "weighted_before_the_length": [(WEIGHED, ""), ("in (f, g))", f"in (f{WEIGHED}, g{WEIGHED}))")],
        "channels_averaged": (OF_LAYER, "difference.mean((1, 2, 3))"),
        "places_summed": (OF_LAYER, "difference.sum((1, 2, 3))"),
        "absolute_difference": (".square()", ".abs()"),
        "root_taken": ("difference.sum(1)", "difference.sum(1).sqrt()"),
    },
    "two layers": {
        # as the reference code's docstring says, and the reference code does not
        "layers_averaged": ("return total", "return total / len(weights)"),
        "last_layer_alone": ("total = total + ", "total = "),
        # all places of all layers in one mean
        "weighed_by_places": [
            (OF_LAYER, "difference.sum((1, 2, 3))"),
            ("return total", "return total * len(weights) / sum(f.shape[2] * f.shape[3] for f in features_a)"),
        ],
    },
    "nothing seen": {
        "nothing_divided_by_nothing": (" + 1e-10", ""),
        # a small number added to the features themselves: where there was nothing, all channels are seen alike
        "no_direction_for_some_direction": ("in (f, g))", "in (f + 1e-6, g + 1e-6))"),
    },
}
